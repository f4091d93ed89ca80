"""What both translation workloads do alike, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from tests.workloads.translation_helpers import CPU, NoStop, Oracle
from workloads.common.lstm import State
from workloads.common.options import Options, Refusal
from workloads.common.precision import resolve
from workloads.gnmt import recipe as gnmt
from workloads.gnmt.__main__ import main as train_gnmt
from workloads.gnmt.data import load as load_gnmt
from workloads.gnmt.model import Decoded, Source
from workloads.gnmt.task import Translation as TranslationByGNMT
from workloads.transformer import recipe as transformer
from workloads.transformer.__main__ import main as train_transformer
from workloads.transformer.data import load as load_transformer
from workloads.transformer.packing import Packed
from workloads.transformer.task import Translation as TranslationByTransformer
from workloads.translation.data import SYNTHETIC_STEPS, Data
from workloads.translation.pieces import END, PAD
from workloads.translation.recipe import choose, target
from workloads.translation.task import Translator


class ToldGNMT(Oracle):
    """Its state counts pieces."""

    def encode(self, sources: torch.Tensor) -> Source:
        self.turn_to(len(sources))
        return Source(sources[:, :, None], sources[:, :, None], sources != PAD)

    def decode(self, last: torch.Tensor, source: Source, states: list[State] | None) -> Decoded:
        at = torch.zeros(1, len(last), 1) if states is None else states[0][0]
        said = self.say(at.flatten().int().tolist())
        return Decoded(said[:, None], source.seen[:, None].float(), [(at + 1, at)])


class ToldTransformer(Oracle):
    """It is given all the pieces so far."""

    def encode(self, source: Packed) -> torch.Tensor:
        self.turn_to(len(source.ids))
        return source.ids.unsqueeze(2)

    def decode(self, target: Packed, encoded: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
        return self.say([target.ids.shape[1] - 1] * len(encoded)).unsqueeze(1)


@dataclass(frozen=True)
class Room:
    """A workload: what its modules have, a small recipe, and the target of the benchmark."""

    main: Callable[[list[str]], int]
    load: Callable[[Options, Any, torch.device, int], Data[Any, Any]]
    task: type[Translator[Any, Any]]
    scales: Mapping[str, Any]
    ours: float
    """What the room says that the target is."""

    published: float
    micro: Any
    ids: Callable[[Any], Iterable[torch.Tensor]]
    """Every side's pieces in a batch."""

    oracle: type[Oracle]


ROOMS: Mapping[str, Room] = {
    "gnmt": Room(
        main=train_gnmt,
        load=load_gnmt,
        task=TranslationByGNMT,
        scales=gnmt.SCALES,
        ours=gnmt.WMT_TARGET,
        published=0.24,
        micro=replace(gnmt.TINY, hidden=16, layers=2, vocabulary=400, length=40, batch=80),
        ids=lambda batch: batch,
        oracle=ToldGNMT,
    ),
    "transformer": Room(
        main=train_transformer,
        load=load_transformer,
        task=TranslationByTransformer,
        scales=transformer.SCALES,
        ours=transformer.WMT_TARGET,
        published=0.25,
        micro=replace(transformer.TINY, hidden=16, filters=32, heads=2, layers=1, vocabulary=400, length=64, batch=128),
        ids=lambda batch: (batch.source.ids, batch.target.ids, batch.labels),
        oracle=ToldTransformer,
    ),
}

each = pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)


@each
def test_defaults_follow_machine_and_data(room: Room) -> None:
    """Tiny on a CPU; on a GPU small for the lexicon, and the real thing for a folder or synthetic data."""
    scales = room.scales
    assert choose(Options("lexicon"), "cpu", scales) == scales["tiny"]
    assert choose(Options("lexicon"), "cuda", scales) == scales["small"]
    assert choose(Options("folder"), "cuda", scales) == scales["reference"]
    assert choose(Options("synthetic"), "cuda", scales).scale == "reference"
    assert choose(Options("lexicon", epochs=3), "cpu", scales).epochs == 3
    expected = [0.8, room.published, None]
    assert [target(Options(data), room.ours) for data in ("lexicon", "folder", "synthetic")] == expected
    assert target(Options("lexicon", target=0.5), room.ours) == 0.5


@each
def test_synthetic_is_one_batch_on_the_device(room: Room) -> None:
    """The same tensors again and again, full to the last position; the seed decides what they hold."""
    data, again = (room.load(Options("synthetic", seed=3), room.micro, CPU, 0) for _ in range(2))
    batches = list(data.train)
    assert len(batches) == data.steps_per_epoch == SYNTHETIC_STEPS
    assert all(batch is batches[0] for batch in batches)
    assert batches[0].labels.shape == (2, room.micro.length)
    assert min(int(ids.min()) for ids in room.ids(batches[0])) > 3
    assert torch.equal(batches[0].labels, next(iter(again.train)).labels)


@dataclass(frozen=True)
class Loaded:
    """The embedded language pair, as a room has it for its small recipe."""

    room: Room
    data: Data[Any, Any]


@pytest.fixture(scope="module", params=ROOMS.values(), ids=list(ROOMS))
def lexicon(request: pytest.FixtureRequest) -> Loaded:
    """Shared by the tests, none of which trains on it."""
    return Loaded(request.param, request.param.load(Options("lexicon"), request.param.micro, CPU, 0))


def test_every_held_out_sentence_is_evaluated(lexicon: Loaded) -> None:
    """In order of length, each with its own reference, padded as far as the longest."""
    held = lexicon.data.held_out
    assert held is not None
    sources = torch.cat(list(held.batches))
    lengths = (sources != PAD).sum(1)
    assert len(sources) == len(held.references) == lexicon.data.held_out_pairs == 200
    assert bool((lengths.diff() >= 0).all())
    assert all(PAD not in ids[:length] and ids[length - 1] == END for ids, length in zip(sources, lengths, strict=True))


def test_every_other_sentence_is_trained_on_or_left_out(lexicon: Loaded) -> None:
    """Those that have no place in a row are told."""
    assert lexicon.data.train_pairs + lexicon.data.left_out == 8000


def test_the_metric_compares_each_with_its_own_reference(lexicon: Loaded) -> None:
    """Who says the references gets BLEU 1; who says them in another order gets little."""
    held = lexicon.data.held_out
    assert held is not None
    right = held.vocabulary.encode(held.references)
    data = replace(lexicon.data, recipe=replace(lexicon.data.recipe, extra=40))
    task = lexicon.room.task(data, resolve("fp32", CPU), None)

    def score(answers: list[list[int]]) -> float | None:
        task.model = lexicon.room.oracle(answers, data.vocabulary)
        return task.evaluate(NoStop())

    assert score(right) == pytest.approx(1)
    wrong = score(right[::-1])
    assert wrong is not None
    assert wrong < 0.2


def test_a_stop_ends_the_evaluation(lexicon: Loaded) -> None:
    """A translation that a signal cut short has no score."""
    stop = NoStop()
    stop.asked = 15
    assert lexicon.room.task(lexicon.data, resolve("fp32", CPU), None).evaluate(stop) is None


@each
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--precision", "tf32", "--device", "cpu"], "a CPU can't train in tf32"),
        (["--target", "25"], "between 0 and 1"),
        (["--data", "nowhere"], "no data folder nowhere"),
        (["--data", "synthetic", "--target", "0.2"], "nothing to evaluate"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_options_are_refused(room: Room, options: list[str], says: str) -> None:
    """By a sentence that names the wrong one."""
    with pytest.raises(Refusal) as refused:
        room.main(options)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
