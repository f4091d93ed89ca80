"""DrQA's model, recipe and metric, each by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.workloads.drqa_helpers import CPU, NoStop, options
from workloads.common.options import Refusal
from workloads.common.precision import resolve
from workloads.dawn_drqa.data import load, synthetic
from workloads.dawn_drqa.evaluate import evaluate, f1, spans
from workloads.dawn_drqa.examples import FEATURES, Example
from workloads.dawn_drqa.model import Reader, TunedEmbedding, flop_per_question, parameters
from workloads.dawn_drqa.recipe import REFERENCE, SCALES, TINY, choose, fit, target
from workloads.dawn_drqa.task import DrQA

MINI = replace(TINY, embedding=8, hidden=6, dropout=0.0)


def lstm(inputs: int, hidden: int) -> int:
    """Weights of one layer in both directions: four gates, and two biases each as cuDNN has them."""
    return 2 * 4 * hidden * (inputs + hidden + 2)


def test_reference_is_drqas_reader() -> None:
    """The sum by hand for 90,000 words; nobody has published a count.

    Into the passage's first layer go a word's vector, the aligned question's and four features; into the others both
    directions of the layer below. All three layers' outputs make 3 · 2 · 128 = 768.
    """
    passage = lstm(300 + 300 + 4, 128) + 2 * lstm(256, 128)
    question = lstm(300, 128) + 2 * lstm(256, 128)
    rest = (300 * 300 + 300) + (768 + 1) + 2 * (768 * 768 + 768)
    assert passage + question + rest == 4_045_245
    with torch.device("meta"):
        model = Reader(REFERENCE, 90_000)
    assert parameters(model) == 90_000 * 300 + 4_045_245


def test_given_vectors_are_learnt_for_the_first_words_only() -> None:
    """Every id has its own vector; of four given ones two are learnt on, and only they count as parameters."""
    given = torch.arange(8.0).view(4, 2)
    model = TunedEmbedding(given, 2)
    ids = torch.tensor([[1, 3, 2, 0]])
    assert torch.equal(model(ids), given[ids])
    assert parameters(model) == 4
    model(ids).sum().backward()
    assert model.tuned.weight.grad is not None
    assert model.tuned.weight.grad.tolist() == [[0, 0], [1, 1]]  # the first one is padding
    with torch.device("meta"):
        assert parameters(Reader(REFERENCE, 5000, torch.empty(5000, 300))) == 1002 * 300 + 4_045_245


def test_the_question_is_aligned_by_likeness() -> None:
    """A word of the passage that is alike to one of the question's alone gets that one's vector; padding gets none."""
    model = Reader(replace(MINI, embedding=3), 9)
    with torch.no_grad():
        model.align.weight.copy_(torch.eye(3))
        model.align.bias.zero_()
    said = torch.tensor([[[100.0, 0, 0], [0, 100.0, 0]]])
    asked = torch.tensor([[[1.0, 0, 0], [0, 1.0, 0], [200.0, 200.0, 0]]])
    aligned = model.aligned(said, asked, torch.tensor([[False, False, True]]))
    assert torch.allclose(aligned, asked[:, :2])


def test_an_answer_does_not_hang_on_padding() -> None:
    """In evaluation the logits stay when the passage and the question are padded further, where they are -∞."""
    torch.manual_seed(1)
    model = Reader(MINI, 20).eval()
    passage, question = torch.randint(1, 20, (2, 7)), torch.randint(1, 20, (2, 4))
    features = torch.rand(2, 7, FEATURES)
    with torch.inference_mode():
        plain = model(passage, features, question)
        wide = model(*(torch.nn.functional.pad(x, p) for x, p in zip(
            (passage, features, question), ((0, 3), (0, 0, 0, 3), (0, 2)), strict=True)))  # fmt: skip
    for one, other in zip(plain, wide, strict=True):
        assert torch.allclose(one, other[:, :7], atol=1e-5)
        assert (other[:, 7:] == -torch.inf).all()


def test_flop_as_torch_counts_them() -> None:
    """On the meta device torch takes an LSTM apart, and its products are counted: all of them as by formula."""
    with torch.device("meta"):
        model = Reader(MINI, 20)
        ids = torch.zeros(1, 11, dtype=torch.long), torch.zeros(1, 5, dtype=torch.long)
        features = torch.zeros(1, 11, FEATURES)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(ids[0], features, ids[1])
    assert flop_per_question(MINI, 11, 5) == 3 * counter.get_total_flops()


def test_the_optimiser_is_the_entrys() -> None:
    """Adamax as torch has it, the rate constant; gradients are clipped at 10."""
    task = DrQA(synthetic(TINY, CPU, options()), resolve("fp32", CPU), None)
    assert isinstance(task.optimiser, torch.optim.Adamax)
    assert (task.optimiser.defaults["betas"], task.optimiser.defaults["eps"]) == ((0.9, 0.999), 1e-8)
    assert {task.schedule(n) for n in (0, 10, 10**6)} == {TINY.lr}
    assert task.clip_norm == 10
    assert (REFERENCE.lr, REFERENCE.batch, REFERENCE.dropout, REFERENCE.epochs) == (0.002, 128, 0.4, 40)


def test_the_recipe_fits() -> None:
    """The scale by device and data; a batch that was asked for is kept or refused, any other shrinks to the data."""
    assert [choose(options(), kind).scale for kind in ("cpu", "cuda")] == ["tiny", "small"]
    assert choose(options("--data", "squad"), "cuda") == REFERENCE
    assert fit(TINY, options(), 20).batch == 20
    asked = options("--batch", "50")
    with pytest.raises(Refusal, match="a batch of 50 is more than the 20 questions to train on"):
        fit(choose(asked, "cpu"), asked, 20)
    assert [target(options("--data", data)) for data in ("templates", "synthetic", "squad")] == [0.9, None, 0.75]
    assert target(options("--target", "0.73")) == 0.73


def test_every_scale_is_named_after_itself() -> None:
    """As the options name them; smaller in every size."""
    tiny, small, reference = (SCALES[name] for name in ("tiny", "small", "reference"))
    for size in ("embedding", "hidden", "dropout", "batch", "passage", "question", "passages", "people"):
        assert getattr(tiny, size) <= getattr(small, size) <= getattr(reference, size)


def test_the_likeliest_piece() -> None:
    """Never one that ends before it begins, never one of more than 15 words."""
    first, last = torch.zeros(3, 20), torch.zeros(3, 20)
    first[0, 4], last[0, 6] = 5, 5
    first[1, 7], last[1, 3] = 5, 4  # the best end stands before the best beginning
    last[1, 9] = 1
    first[2, 0], last[2, 15] = 5, 4  # sixteen words
    last[2, 14] = 1
    assert spans(first, last) == [(4, 6), (7, 9), (0, 14)]


def example(name: str, *answers: str) -> Example:
    """A question with these answers, about nothing."""
    nothing = np.zeros(0, np.int32)
    return Example(name, "", nothing.reshape(0, 2), nothing, nothing, 0, 0, answers, tuple(0 for _ in answers))


def test_f1_by_hand() -> None:
    """Articles and case don't count; the best of several answers does; a third of the words missed costs a fifth.

    The three: 1; precision 1 and recall 2/3, so 4/5; nothing in common, 0.
    """
    asked = [example("a", "Ashton"), example("b", "stone", "old stone mason"), example("c", "1901")]
    assert f1(["the ashton", "stone mason", "1902"], asked) == pytest.approx((1 + 4 / 5 + 0) / 3)


def test_a_model_that_has_not_learnt_answers_little() -> None:
    """Far below the target; a stop leaves no value."""
    torch.manual_seed(1)
    data = load(options(), replace(TINY, passages=30, held_out=30), CPU, 0)
    assert data.held_out is not None
    asked, fp32, stopped = data.held_out, resolve("fp32", CPU), NoStop()
    model = Reader(data.recipe, data.words)
    value = evaluate(model, asked.batches, asked.asked, fp32, NoStop())
    assert value is not None
    assert value < 0.2
    stopped.asked = 15
    assert evaluate(model, asked.batches, asked.asked, fp32, stopped) is None
