"""CUDA graphs: for which runs, of what, and that anything else runs as it always does. Recording itself needs a GPU."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from tests.workloads.tasks import task_of
from workloads.common.compiled import called
from workloads.common.graphs import Part, choice, own, record, wanted
from workloads.common.lstm import LSTM
from workloads.common.options import Options, parse, parser
from workloads.common.precision import resolve
from workloads.common.task import Task

GPU = torch.device("cuda")
FP32 = resolve("fp32", torch.device("cpu"))
PLAIN = Options(data="synthetic")


@pytest.mark.parametrize(
    ("options", "device", "world", "are"),
    [
        (PLAIN, GPU, 1, True),
        (replace(PLAIN, compile=True), GPU, 1, True),
        (replace(PLAIN, compile=True, compile_mode="reduce-overhead"), GPU, 1, False),
        (replace(PLAIN, cuda_graphs="off"), GPU, 1, False),
        (replace(PLAIN, deterministic=True), GPU, 1, False),
        (replace(PLAIN, accumulate=2), GPU, 1, False),
        (PLAIN, GPU, 2, False),
        (PLAIN, torch.device("cpu"), 1, False),
    ],
)
def test_graphs_are_recorded_where_that_is_safe(options: Options, device: torch.device, world: int, are: bool) -> None:
    """On a GPU, by one process, whose gradients are a single batch's; unless it is to be left, or torch makes them."""
    assert wanted(options, device, world) is are


def test_they_can_be_switched_off() -> None:
    """auto by default."""
    made = parser("x", "", "synthetic", "")
    assert parse(made, []).cuda_graphs == "auto"
    assert parse(made, ["--cuda-graphs=off"]).cuda_graphs == "off"


def test_the_headline_says_so() -> None:
    """By itself, or beside torch.compile."""
    assert called(compiled=False, mode=None, graphed=True) == "CUDA graphs"
    assert called(compiled=True, mode=None, graphed=True) == "compiled, CUDA graphs"
    assert called(compiled=False, mode=None) == ""


@pytest.fixture
def chosen() -> Callable[..., str]:
    """Which of the two runs, of a layer recorded for (2, 3) beside a pair of such."""
    layer = nn.Linear(3, 3)
    part = Part(layer, (torch.ones(2, 3), (torch.ones(2), torch.ones(2))))
    made = choice(part, lambda *_: "plain", lambda *_: "recorded")

    def ask(*given: Any, training: bool = True) -> str:
        layer.train(training)
        return str(made(*given))

    return ask


def test_only_training_in_the_shape_of_the_recording_is_launched_as_graphs(chosen: Callable[..., str]) -> None:
    """Not another shape, as an epoch's last batch may have; not an evaluation, nor what needs no gradients."""
    pair = (torch.zeros(2), torch.zeros(2))
    assert chosen(torch.zeros(2, 3), pair) == "recorded"
    assert chosen(torch.zeros(1, 3), pair) == "plain"
    assert chosen(torch.zeros(2, 3), (torch.zeros(2), torch.zeros(1))) == "plain"
    assert chosen(torch.zeros(2, 3), pair, None) == "plain"
    assert chosen(torch.zeros(2, 3), pair, training=False) == "plain"
    with torch.no_grad():
        assert chosen(torch.zeros(2, 3), pair) == "plain"


@pytest.fixture
def torchs(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """torch.cuda, to be stood in for: there is no GPU here."""
    monkeypatch.setattr(torch.cuda, "device", lambda _: nullcontext())
    return monkeypatch


def test_a_recording_that_fails_leaves_the_model_as_it_is(
    torchs: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run says why, and goes on."""

    def no_memory(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory\nand more of it")

    torchs.setattr(torch.cuda, "make_graphed_callables", no_memory)
    layer = nn.Linear(3, 3)
    assert record(Part(layer, (torch.ones(2, 3),)), FP32) is False
    assert "forward" not in vars(layer)
    assert capsys.readouterr().out == "no CUDA graphs: CUDA out of memory; kernels are launched one by one\n"


def test_what_is_recorded_on_has_memory_of_its_own() -> None:
    """A graph's inputs are written to: places that all rows share can't be, nor may the task's own tensors."""
    shared = torch.arange(3).expand(2, 3)
    mine = own(shared)
    mine.copy_(torch.zeros(2, 3))
    assert shared.tolist() == [[0, 1, 2]] * 2
    assert own(torch.zeros(2, requires_grad=True)).requires_grad
    assert own(None) is None


def test_a_recording_takes_the_place_of_what_was_recorded(torchs: pytest.MonkeyPatch) -> None:
    """Of training only: torch's own leaves the shape to its caller."""

    def stand_in(module: nn.Module, _like: object, *, allow_unused_input: bool) -> None:
        assert allow_unused_input
        assert not torch.is_autocast_cache_enabled()
        module.forward = lambda x: x + 7

    torchs.setattr(torch.cuda, "make_graphed_callables", stand_in)
    layer = nn.Identity()
    assert record(Part(layer, (torch.zeros(2),)), FP32)
    assert layer(torch.zeros(2)).tolist() == [7, 7]
    assert layer(torch.zeros(3)).tolist() == [0, 0, 0]
    layer.eval()
    assert layer(torch.zeros(2)).tolist() == [0, 0]


def task(room: str, data: str = "synthetic") -> Task[Any]:
    """A room's, at tiny scale on the CPU."""
    return task_of(room, Options(data=data, scale="tiny", precision="fp32", device="cpu", workers=0))


ROOMS = [(room, data) for room in ("gnmt", "transformer") for data in ("lexicon", "synthetic")] + [
    ("maskrcnn", "synthetic")
]


@pytest.mark.parametrize(("room", "data"), ROOMS, ids=[" ".join(one) for one in ROOMS])
def test_what_is_recorded_has_the_shape_of_each_batch(room: str, data: str) -> None:
    """The part is called with just such arguments."""
    made = task(room, data)
    [part] = made.graphed(compiled=False)
    called_with: list[tuple[Any, ...]] = []
    part.module.register_forward_pre_hook(lambda _module, given: called_with.append(given))
    made.model.train()
    made.loss(made.model, next(iter(made.train)))
    expected, found = (
        [(leaf.shape, leaf.dtype) for leaf in tree_leaves(given)] for given in (part.like, called_with[0])
    )
    assert found == expected


def test_a_compiled_gnmt_has_its_lstms_recorded() -> None:
    """All of them, as torch.compile leaves them out; each is called with what it was recorded for."""
    made = task("gnmt")
    parts = list(made.graphed(compiled=True))
    assert [part.module for part in parts] == [layer for layer in made.model.modules() if isinstance(layer, LSTM)]
    given: dict[nn.Module, tuple[Any, ...]] = {}
    for part in parts:
        part.module.register_forward_pre_hook(lambda module, inputs: given.update({module: inputs}))
    made.model.train()
    made.loss(made.model, next(iter(made.train)))
    for part in parts:
        assert [one.shape for one in given[part.module]] == [one.shape for one in part.like]


def test_images_of_any_size_are_not_recorded() -> None:
    """Nor compiled to graphs, which would be made anew for each size."""
    made = task("maskrcnn", "shapes")
    assert not made.graphed(compiled=False)
    assert made.compile_mode is None


@pytest.mark.parametrize("room", ["transformer", "maskrcnn"])
def test_where_torch_compile_makes_graphs_none_are_recorded(room: str) -> None:
    """Its own mode for it is the task's."""
    made = task(room)
    assert not made.graphed(compiled=True)
    assert made.compile_mode == "reduce-overhead"
