"""NCF's model, recipe and metric, each by itself."""

from __future__ import annotations

import pytest
import torch

from tests.workloads.ncf_helpers import (
    CPU,
    NoStop,
    options,
)
from workloads.common.options import Options, Refusal
from workloads.common.precision import resolve
from workloads.ncf.data import load, synthetic
from workloads.ncf.evaluate import batch_hit_rate, hit_rate
from workloads.ncf.model import NeuMF, flop_per_sample, parameters
from workloads.ncf.recipe import REFERENCE, SCALES, TINY, choose, fit, target
from workloads.ncf.task import NCF


def test_reference_is_neumf_on_ml_20m() -> None:
    """The sum by hand for 138,493 users and 26,744 items, layers 256-256-128-64 and 64 factors.

    The shapes are those of mlcommons/training, recommendation/pytorch/neumf.py: the embeddings of each side are 64
    wide for the factorisation and half of 256 for the MLP; a layer between each two sizes; one output of 64 + 64.
    """
    embeddings = (138_493 + 26_744) * (64 + 256 // 2)
    mlp = (256 * 256 + 256) + (256 * 128 + 128) + (128 * 64 + 64)
    predict = (64 + 64) * 1 + 1
    assert embeddings + mlp + predict == 31_832_577
    with torch.device("meta"):
        model = NeuMF(REFERENCE.users, REFERENCE.items, REFERENCE.factors, REFERENCE.layers)
    assert parameters(model) == 31_832_577


def test_flop_per_sample() -> None:
    """Three times two for each weight of a matrix; embeddings are looked up, not multiplied."""
    assert flop_per_sample(64, (256, 256, 128, 64)) == 3 * 2 * (256 * 256 + 256 * 128 + 128 * 64 + 128)


def test_both_sides_count() -> None:
    """Without its last bias, the logit is the factors' product and the MLP's output, each by its own weights."""
    model = NeuMF(3, 4, 2, (4, 2))
    users, items = torch.tensor([2, 0]), torch.tensor([1, 3])
    product = model.mf_user.weight[users] * model.mf_item.weight[items]
    hidden = model.mlp(torch.cat((model.mlp_user.weight[users], model.mlp_item.weight[items]), 1))
    weights = model.predict.weight[0]
    expected = product @ weights[:2] + hidden @ weights[2:] + model.predict.bias
    assert torch.allclose(model(users, items), expected)


def test_the_optimiser_is_nvidias() -> None:
    """Adam with the betas of MLPerf v0.5's entry, the rate constant."""
    task = NCF(synthetic(TINY, CPU, Options("synthetic")), resolve("fp32", CPU), None)
    known = task.optimiser.defaults
    assert (known["betas"], known["eps"], known["weight_decay"]) == ((0.25, 0.5), 1e-8, 0)
    assert {task.schedule(n) for n in (0, 10, 10**6)} == {TINY.lr}
    assert (REFERENCE.lr, REFERENCE.batch, REFERENCE.negatives) == (0.0045, 1_048_576, 999)


def test_the_recipe_fits() -> None:
    """The scale by device and data; a batch that was asked for is kept or refused, any other shrinks to the data."""
    assert [choose(options(), kind).scale for kind in ("cpu", "cuda")] == ["tiny", "small"]
    assert choose(options("--data", "ml-20m"), "cuda") == REFERENCE
    assert fit(TINY, options(), 100).batch == 100
    asked = options("--batch", "500")
    with pytest.raises(Refusal, match="a batch of 500 is more than the 100 training samples"):
        fit(choose(asked, "cpu"), asked, 100)
    assert [target(options("--data", data), TINY) for data in ("clicks", "synthetic", "ml")] == [0.7, None, 0.635]
    assert target(options("--target", "0.4"), TINY) == 0.4


def test_every_scale_is_named_after_itself() -> None:
    """As the options name them; smaller in every size."""
    tiny, small, reference = (SCALES[name] for name in ("tiny", "small", "reference"))
    for size in ("factors", "batch", "users", "items", "negatives"):
        assert getattr(tiny, size) <= getattr(small, size) <= getattr(reference, size)


def test_hit_rate_by_hand() -> None:
    """Three users with twelve candidates: the click is first, tenth and eleventh; two of three are hits."""
    scores = torch.arange(12, 0, -1).repeat(3, 1).float()
    clicked = torch.zeros(3, 12, dtype=torch.bool)
    clicked[0, 0] = clicked[1, 9] = clicked[2, 10] = True
    assert float(batch_hit_rate(scores, clicked)) == pytest.approx(2 / 3)


class ByItem(torch.nn.Module):
    """Scores an item by its number, whoever asks."""

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return items.float()


class Alike(torch.nn.Module):
    """The same score for all."""

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(items))


def test_the_evaluation_weighs_users_alike() -> None:
    """Batches of two and of one: the mean is over the three users; a stop leaves no value."""
    items = torch.arange(20).repeat(3, 1)
    clicked = torch.zeros(3, 20, dtype=torch.bool)
    clicked[0, 19] = clicked[1, 3] = clicked[2, 4] = True
    users = torch.arange(3)
    batches = [(users[None, part], items[None, part], clicked[None, part]) for part in (slice(0, 2), slice(2, 3))]
    fp32 = resolve("fp32", CPU)
    assert hit_rate(ByItem(), batches, fp32, NoStop()) == 1 / 3
    stopped = NoStop()
    stopped.asked = 15
    assert hit_rate(ByItem(), batches, fp32, stopped) is None


def test_a_model_that_likes_all_alike_gains_nothing() -> None:
    """Ties are broken by place, and the click's place is by chance: 10 of 100, not 1."""
    data = load(options(), TINY, CPU, 0)
    assert data.held_out is not None
    assert hit_rate(Alike(), data.held_out, resolve("fp32", CPU), NoStop()) == pytest.approx(0.1, abs=0.03)
