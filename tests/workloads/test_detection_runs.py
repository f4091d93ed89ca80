"""Whole runs of the detection workloads on the CPU, in processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from mlperf_tui.records import About
from tests.workloads.compliance import checked
from tests.workloads.programs import QUICK, keys, losses, records, run, told, without
from tests.workloads.test_detection import mini_coco
from workloads.common.options import Refusal
from workloads.detection.layout import TRAIN
from workloads.maskrcnn.__main__ import main as train_maskrcnn
from workloads.ssd.__main__ import main as train_ssd


@dataclass(frozen=True)
class Room:
    """A workload, and what only its runs say."""

    name: str
    main: Callable[[list[str]], int]
    fifty_steps: tuple[str, str]
    """Options for them, with an evaluation behind."""

    falls_to: float
    """The share of its first losses that the last ones stay below."""

    headline: str
    about: tuple[str, float, int, int]
    """Metric, target, parameters, steps an epoch."""

    ruleset: str
    """The last one of MLPerf's checker that means this benchmark."""

    keys: Sequence[str]
    """Those that the closed division asks of it."""

    synthetic_batch: str
    accuracies: Callable[[Any], list[float]]
    """Of what eval_accuracy has."""

    @property
    def program(self) -> list[str]:
        return [sys.executable, "-m", f"workloads.{self.name}"]


SSD = Room(
    name="ssd",
    main=train_ssd,
    fifty_steps=("--epochs", "1"),
    falls_to=0.8,
    headline="ResNet cut to 1+1+1 blocks of 16 channels and more from scratch, 1,520 boxes",
    about=("mAP", 0.6, 409_680, 50),
    ruleset="1.1.0",
    keys=(
        "global_batch_size",
        "model_bn_span",
        "max_samples",
        "opt_base_learning_rate",
        "opt_learning_rate_decay_boundary_epochs",
        "opt_learning_rate_warmup_factor",
        "opt_learning_rate_warmup_steps",
        "opt_weight_decay",
        "train_samples",
        "eval_samples",
    ),
    synthetic_batch="4",
    accuracies=lambda value: [value],
)
MASKRCNN = Room(
    name="maskrcnn",
    main=train_maskrcnn,
    fifty_steps=("--steps", "50"),
    falls_to=0.85,
    headline="ResNet cut to 1+1+1+1 blocks of 16 channels and more from scratch",
    about=("box AP", 0.65, 1_201_031, 200),
    ruleset="3.1.0",
    keys=(
        "global_batch_size",
        "opt_base_learning_rate",
        "opt_learning_rate_warmup_steps",
        "opt_learning_rate_warmup_factor",
        "num_image_candidates",
        "opt_learning_rate_decay_factor",
        "opt_learning_rate_decay_steps",
        "min_image_size",
        "max_image_size",
    ),
    synthetic_batch="2",
    accuracies=lambda value: [value["BBOX"], value["SEGM"]],
)
ROOMS = {room.name: room for room in (SSD, MASKRCNN)}

each = pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)


@dataclass(frozen=True)
class Short:
    """A run that is over, and its session."""

    room: Room
    done: CompletedProcess[str]
    session: Path


@pytest.fixture(scope="module", params=ROOMS.values(), ids=list(ROOMS))
def short(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Short:
    """Fifty steps and an evaluation, in a session directory, shared by the tests that only read it."""
    room, session = request.param, tmp_path_factory.mktemp("session")
    return Short(room, run(*QUICK, *room.fifty_steps, program=room.program, MLPERF_TUI_STEPS=str(session)), session)


def test_it_learns(short: Short) -> None:
    """In fifty steps on the shapes the loss falls, and little is found yet."""
    room, done = short.room, short.done
    assert (done.returncode, done.stderr) == (0, "")
    found = losses(short.session)
    assert len(found) == 50
    assert sum(found[-10:]) < room.falls_to * sum(found[:10])
    assert room.headline in done.stdout
    assert all(0 <= accuracy < 0.3 for accuracy in room.accuracies(told(done.stdout)["eval_accuracy"]))
    about = next(record for record in records(short.session) if isinstance(record, About))
    assert (about.metric, about.target, about.parameters, about.steps_per_epoch) == room.about


def test_the_official_checker_accepts_it(short: Short, tmp_path: Path) -> None:
    """MLPerf's own compliance checker, by the last ruleset that means this benchmark; open division."""
    accepted, complaints = checked(short.done.stdout, short.room.ruleset, tmp_path)
    assert accepted, complaints


def test_its_keys_are_the_benchmarks(short: Short) -> None:
    """Those that the closed division asks of it, each once."""
    said = keys(short.done.stdout)
    for key in short.room.keys:
        assert said.count(key) == 1, key


@each
def test_it_trains_on_cocos_files(room: Room, tmp_path: Path) -> None:
    """Grey images, crowds and images without objects among them; five of six are trained on, all are evaluated."""
    options = ("--data", str(mini_coco(tmp_path / "mini")), "--batch", "2", "--epochs", "1", "--precision", "amp")
    done = run(*QUICK, *options, program=room.program)
    assert (done.returncode, done.stderr) == (0, "")
    said = told(done.stdout)
    assert (said["train_samples"], said["eval_samples"], said["global_batch_size"]) == (5, 6, 2)
    assert all(0 <= accuracy <= 1 for accuracy in room.accuracies(said["eval_accuracy"]))
    assert "epoch 1  step 2  loss " in done.stdout


@each
def test_a_broken_image_ends_it_with_its_name(room: Room, tmp_path: Path) -> None:
    """Met in a loader's worker: one sentence, exit code 1, and MLPerf's log is closed."""
    root = mini_coco(tmp_path / "mini")
    (root / TRAIN / "000000000003.jpg").write_bytes(b"no image")
    done = run(*QUICK, "--data", str(root), "--batch", "5", program=room.program)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("can't read the image 000000000003.jpg")
    assert keys(done.stdout)[-1] == "run_stop"


@each
def test_synthetic_needs_no_pycocotools(room: Room) -> None:
    """It evaluates nothing and has no target."""
    options = ("--data", "synthetic", "--steps", "2", "--batch", room.synthetic_batch, "--device", "cpu")
    done = run(*options, program=without(f"workloads.{room.name}", "pycocotools"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "eval_start" not in keys(done.stdout)


@each
def test_what_can_not_be_is_refused(room: Room, tmp_path: Path) -> None:
    """Before torch is loaded where options and data say it; a batch that the images can't fill when they are read."""
    with pytest.raises(Refusal, match="has no train2017"):
        room.main(["--data", str(tmp_path)])
    done = run(*QUICK, "--data", str(mini_coco(tmp_path / "mini")), "--batch", "6", program=room.program)
    assert (done.returncode, done.stderr) == (2, f"{room.name}: a batch of 6 is more than the 5 training images\n")
