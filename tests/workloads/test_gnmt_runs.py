"""Whole runs of the GNMT workload on the CPU, in processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlperf_logging.compliance_checker import mlp_compliance

from mlperf_tui.records import About, Late, Record, decode
from tests.workloads.programs import QUICK, keys, marks, run
from tests.workloads.test_translation import parallel_text
from workloads.translation.lexicon import sentences

COMMAND = [sys.executable, "-m", "workloads.gnmt"]


def test_cheap_checks_come_before_torch() -> None:
    """A wrong data folder is told without loading torch or sentencepiece, so at once."""
    code = (
        "import sys; from workloads.gnmt.__main__ import main\n"
        "try: main(['--data', 'nowhere'])\n"
        "except Exception as error: print(type(error).__name__, 'torch' in sys.modules, 'sentencepiece' in sys.modules)"
    )
    assert run(program=[sys.executable, "-c", code]).stdout == "Refusal False False\n"


def test_a_refusal_is_one_sentence_and_exit_code_2() -> None:
    """At the edge of the program: nothing on stdout, one line on stderr, no traceback."""
    done = run("--batch", "101", "--device", "cpu", program=COMMAND)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("gnmt: --batch counts target tokens")


def records(directory: Path) -> Iterator[Record]:
    """All that rank 0 wrote."""
    for line in (directory / "steps-0-0.jsonl").read_bytes().splitlines():
        record = decode(line)
        assert record is not None
        yield record


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Sixty steps on the lexicon, in a session directory, shared by the tests that only read it."""
    directory = tmp_path_factory.mktemp("session")
    done = run(*QUICK, "--steps", "60", program=COMMAND, MLPERF_TUI_STEPS=str(directory))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, directory


def test_it_learns_and_is_scored(short: tuple[str, Path]) -> None:
    """The last ten losses are far below the first ten; an evaluation ends the run, far below the target."""
    losses = [record.loss for record in records(short[1]) if isinstance(record, Late) and record.loss is not None]
    assert len(losses) == 60
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])
    assert "epoch 1  step 60  loss " in short[0]
    said = {mark["key"]: mark["value"] for mark in marks(short[0])}
    assert 0 <= said["eval_accuracy"] < 0.2
    assert marks(short[0])[-1]["metadata"]["status"] == "aborted"


def test_what_it_leaves_in_the_session(short: tuple[str, Path]) -> None:
    """The About record and MLPerf's keys hold the plan as it was resolved; a sample is a target token."""
    about = next(record for record in records(short[1]) if isinstance(record, About))
    assert (about.precision, about.scale, about.metric, about.target) == ("fp32", "tiny", "BLEU", 0.8)
    said = {mark["key"]: mark for mark in marks(short[0])}
    assert (about.samples_per_step, about.parameters) == (16 * 28, 1_081_577)
    wanted = {"opt_name": "adam", "opt_learning_rate_decay_factor": 0.5, "opt_learning_rate_decay_steps": 4}
    wanted |= {"opt_learning_rate_alt_warmup_func": True, "opt_learning_rate_alt_decay_func": True}
    wanted |= {"train_samples": 7999, "eval_samples": 200, "global_batch_size": 16}
    assert {key: said[key]["value"] for key in wanted} == wanted
    assert said["max_sequence_length"]["metadata"]["method"] == "discard"


def test_the_official_checker_accepts_it(short: tuple[str, Path], tmp_path: Path) -> None:
    """MLPerf's own compliance checker: ruleset 0.7.0, the last with GNMT, open division.

    It demands MLPerf's own target too, and so short a run misses that and nothing else.
    """
    log = tmp_path / "result_0.txt"
    log.write_text(short[0])
    checker = mlp_compliance.make_checker("training", "0.7.0", quiet=False, werror=False)
    mlp_compliance.main(str(log), "training_0.7.0/common.yaml", checker)
    missed = "Failed checks for eval_accuracy : v['value'] >= 0.240 and v['value'] < 1"
    assert (checker.not_overwritable, checker.overwritable) == ([missed], {})


def course(directory: Path, seed: str) -> list[float | None]:
    """The losses of a few steps."""
    directory.mkdir()
    parallel_text(directory, train=sentences()[0][:200])
    options = ("--data", str(directory), "--steps", "3", "--seed", seed)
    run(*QUICK, *options, program=COMMAND, MLPERF_TUI_STEPS=str(directory), XDG_CACHE_HOME=str(directory))
    return [record.loss for record in records(directory) if isinstance(record, Late)]


def test_one_seed_one_course(tmp_path: Path) -> None:
    """Two runs with one seed have the same losses, through shuffling and dropout; another differs."""
    first, again, other = (course(tmp_path / name, seed) for name, seed in (("a", "7"), ("b", "7"), ("c", "8")))
    assert len(first) == 3
    assert first == again != other


def test_a_folder_is_trained_on(tmp_path: Path) -> None:
    """Three sentences of parallel text: the batch fits itself to them, and the vocabulary goes to the cache."""
    cache = tmp_path / "cache"
    options = ("--data", str(parallel_text(tmp_path)), "--epochs", "1", "--workers", "0")
    done = run(*QUICK[:2], *options, program=COMMAND, XDG_CACHE_HOME=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    said = {mark["key"]: mark["value"] for mark in marks(done.stdout)}
    assert (said["train_samples"], said["eval_samples"], said["global_batch_size"]) == (3, 1, 3)
    assert "pieces from the training text" in done.stdout.splitlines()[0]
    assert len(list(cache.rglob("*.model"))) == 1


def test_synthetic_needs_no_other_package() -> None:
    """It runs where neither sentencepiece nor sacrebleu is, evaluates nothing, and has no target; here in bf16."""
    hidden = "import sys, runpy; sys.modules.update(sentencepiece=None, sacrebleu=None); sys.argv[0] = 'x'; " + (
        "runpy.run_module('workloads.gnmt', run_name='__main__')"
    )
    options = ("--data", "synthetic", "--steps", "2", "--device", "cpu", "--precision", "amp")
    done = run(*options, program=[sys.executable, "-c", hidden])
    assert (done.returncode, done.stderr) == (0, "")
    assert "eval_start" not in keys(done.stdout)
    assert ", amp-bf16, batch " in done.stdout
    assert "100% filled)" in done.stdout
