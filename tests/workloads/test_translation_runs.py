"""Whole runs of the translation workloads on the CPU, in processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.records import About
from tests.workloads.compliance import checked
from tests.workloads.programs import QUICK, keys, losses, marks, records, run, told, without
from tests.workloads.test_translation import parallel_text
from workloads.translation.lexicon import sentences


@dataclass(frozen=True)
class Room:
    """A workload, and what only its runs say."""

    name: str
    cut_in_pieces: str
    """A `--batch` that isn't whole rows."""

    best: float
    """No BLEU after 60 steps is as good."""

    cost: tuple[int, int, float]
    """Samples a step, parameters, FLOP a sample."""

    marked: Mapping[str, Any]
    missed: str
    """The one complaint of MLPerf's checker about so short a run: its target."""

    of_200: tuple[str, ...]
    """Options for 200 sentences."""

    of_three: int
    """The batch, as MLPerf's log has it, that three sentences make."""

    synthetic: tuple[tuple[str, ...], str]
    """Options for synthetic data, and what the headline then says."""

    @property
    def program(self) -> list[str]:
        return [sys.executable, "-m", f"workloads.{self.name}"]


GNMT = Room(
    name="gnmt",
    cut_in_pieces="101",
    best=0.2,
    cost=(16 * 28, 1_081_577, 5_726_208),
    marked={
        "opt_name": "adam",
        "opt_learning_rate_decay_factor": 0.5,
        "opt_learning_rate_decay_steps": 4,
        "opt_learning_rate_alt_warmup_func": True,
        "opt_learning_rate_alt_decay_func": True,
        "train_samples": 7999,
        "eval_samples": 200,
        "global_batch_size": 16,
        "max_sequence_length": 28,
    },
    missed="Failed checks for eval_accuracy : v['value'] >= 0.240 and v['value'] < 1",
    of_200=(),
    of_three=3,
    synthetic=((), ", amp-bf16, batch 448 tokens (16 sentences, 100% filled)"),
)
TRANSFORMER = Room(
    name="transformer",
    cut_in_pieces="100",
    best=0.8,
    cost=(512, 787_968, 5_289_984),
    marked={
        "opt_name": "adam",
        "opt_adam_beta_1": 0.9,
        "opt_adam_beta_2": 0.997,
        "opt_adam_epsilon": 1e-9,
        "global_batch_size": 512,
        "train_samples": 8000,
        "eval_samples": 200,
        "max_sequence_length": 64,
    },
    missed="Failed checks for eval_accuracy : v['value'] >= 0.2500 and v['value'] < 1",
    of_200=("--batch", "128"),
    of_three=64,
    synthetic=(("--batch", "128"), "amp-bf16, batch 128 tokens (100% filled)"),
)
ROOMS = {room.name: room for room in (GNMT, TRANSFORMER)}

each = pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)


@each
def test_cheap_checks_come_before_torch(room: Room) -> None:
    """A wrong data folder is told without loading torch or sentencepiece, so at once."""
    code = (
        f"import sys; from workloads.{room.name}.__main__ import main\n"
        "try: main(['--data', 'nowhere'])\n"
        "except Exception as error: print(type(error).__name__, 'torch' in sys.modules, 'sentencepiece' in sys.modules)"
    )
    assert run(program=[sys.executable, "-c", code]).stdout == "Refusal False False\n"


@each
def test_a_refusal_is_one_sentence_and_exit_code_2(room: Room) -> None:
    """At the edge of the program: nothing on stdout, one line on stderr, no traceback."""
    done = run("--batch", room.cut_in_pieces, "--device", "cpu", program=room.program)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"{room.name}: --batch counts target tokens")


@dataclass(frozen=True)
class Short:
    """A run that is over: what it printed, and its session."""

    room: Room
    output: str
    session: Path


@pytest.fixture(scope="module", params=ROOMS.values(), ids=list(ROOMS))
def short(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Short:
    """Sixty steps on the lexicon, in a session directory, shared by the tests that only read it."""
    room, session = request.param, tmp_path_factory.mktemp("session")
    done = run(*QUICK, "--steps", "60", program=room.program, MLPERF_TUI_STEPS=str(session))
    assert (done.returncode, done.stderr) == (0, "")
    return Short(room, done.stdout, session)


def test_it_learns_and_is_scored(short: Short) -> None:
    """The last ten losses are far below the first ten; an evaluation ends the run, below the target."""
    found = losses(short.session)
    assert len(found) == 60
    assert sum(found[-10:]) < 0.9 * sum(found[:10])
    assert "epoch 1  step 60  loss " in short.output
    assert 0 <= told(short.output)["eval_accuracy"] < short.room.best
    assert marks(short.output)[-1]["metadata"]["status"] == "aborted"


def test_what_it_leaves_in_the_session(short: Short) -> None:
    """The About record and MLPerf's keys hold the plan as it was resolved; a sample is a target token."""
    about = next(record for record in records(short.session) if isinstance(record, About))
    assert (about.precision, about.scale, about.metric, about.target) == ("fp32", "tiny", "BLEU", 0.8)
    assert (about.samples_per_step, about.parameters, about.flop_per_sample) == short.room.cost
    said = {mark["key"]: mark for mark in marks(short.output)}
    assert {key: said[key]["value"] for key in short.room.marked} == short.room.marked
    assert said["max_sequence_length"]["metadata"]["method"] == "discard"


def test_the_official_checker_accepts_it(short: Short, tmp_path: Path) -> None:
    """MLPerf's own compliance checker: ruleset 0.7.0, the last with these two, open division.

    It demands MLPerf's own target too, and so short a run misses that and nothing else.
    """
    _, complaints = checked(short.output, "0.7.0", tmp_path)
    assert complaints == ([short.room.missed], {})


def course(room: Room, directory: Path, seed: str) -> list[float]:
    """The losses of a few steps."""
    directory.mkdir()
    parallel_text(directory, train=sentences()[0][:200])
    options = ("--data", str(directory), "--steps", "3", "--seed", seed, *room.of_200)
    more = {"MLPERF_TUI_STEPS": str(directory), "XDG_CACHE_HOME": str(directory)}
    run(*QUICK, *options, program=room.program, **more)
    return losses(directory)


@each
def test_one_seed_one_course(room: Room, tmp_path: Path) -> None:
    """Two runs with one seed have the same losses, through packing, shuffling and dropout; another differs."""
    with ThreadPoolExecutor(2) as pool:
        first, again, other = pool.map(partial(course, room), [tmp_path / name for name in "abc"], ["7", "7", "8"])
    assert len(first) == 3
    assert first == again != other


@each
def test_a_folder_is_trained_on(room: Room, tmp_path: Path) -> None:
    """Three sentences of parallel text: the batch fits itself to them, and the vocabulary goes to the cache."""
    cache = tmp_path / "cache"
    options = ("--data", str(parallel_text(tmp_path)), "--epochs", "1", "--workers", "0")
    done = run(*QUICK[:2], *options, program=room.program, XDG_CACHE_HOME=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    said = told(done.stdout)
    assert (said["train_samples"], said["eval_samples"], said["global_batch_size"]) == (3, 1, room.of_three)
    assert done.stdout.startswith("learning 1,000 pieces from the training text")
    assert len(list(cache.rglob("*.model"))) == 1


@each
def test_synthetic_needs_no_other_package(room: Room) -> None:
    """It runs where neither sentencepiece nor sacrebleu is, evaluates nothing, and has no target; here in bf16."""
    more, headline = room.synthetic
    options = ("--data", "synthetic", "--steps", "2", *more, "--device", "cpu", "--precision", "amp")
    done = run(*options, program=without(f"workloads.{room.name}", "sentencepiece", "sacrebleu"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "eval_start" not in keys(done.stdout)
    assert headline in done.stdout
