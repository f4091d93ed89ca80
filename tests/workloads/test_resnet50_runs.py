"""Whole runs of the ResNet-50 workload on the CPU, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mlperf_logging.compliance_checker import mlp_compliance

from mlperf_tui.records import About, Clock, Late, Mark, Record, Step, decode
from tests.workloads.programs import COMMAND, QUICK, ROOT, environment, keys, marks, run
from tests.workloads.test_resnet50_parts import mini_imagenet


def records(directory: Path) -> list[Record]:
    """All that rank 0 wrote; each line must be a record."""
    lines = (directory / "steps-0-0.jsonl").read_bytes().splitlines()
    decoded = [decode(line) for line in lines]
    assert None not in decoded
    return [record for record in decoded if record is not None]


def losses(directory: Path) -> list[float | None]:
    """By step."""
    return [record.loss for record in records(directory) if isinstance(record, Late)]


SHORT = (*QUICK, "--epochs", "1", "--precision", "amp")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One epoch, 44 steps, in a session directory, shared by the tests that only read it."""
    directory = tmp_path_factory.mktemp("session")
    return run(*SHORT, MLPERF_TUI_STEPS=str(directory)), directory


Short = tuple[subprocess.CompletedProcess[str], Path]


def test_a_short_run_ends_well(short: Short) -> None:
    """Exit code 0, nothing on stderr, one line for people; the target wasn't reached, so run_stop says aborted."""
    done, _ = short
    assert (done.returncode, done.stderr) == (0, "")
    assert "amp-bf16, batch 32, on CPU" in done.stdout
    assert any(line.startswith("epoch 1  step 44  loss ") and "top-1" in line for line in done.stdout.splitlines())
    assert marks(done.stdout)[-1]["metadata"]["status"] == "aborted"


def test_the_official_checker_accepts_it(short: Short, tmp_path: Path) -> None:
    """MLPerf's own compliance checker, ruleset 4.0.0, open division."""
    log = tmp_path / "result_0.txt"
    log.write_text(short[0].stdout)
    checker = mlp_compliance.make_checker("training", "4.0.0", quiet=False, werror=False)
    accepted = mlp_compliance.main(str(log), "training_4.0.0/common.yaml", checker)[0]
    assert accepted, (checker.not_overwritable, checker.overwritable)


def test_what_it_leaves_in_the_session(short: Short) -> None:
    """Every line is a record: who it is, before run_start; each step with its time, loss and rate; the marks."""
    done, directory = short
    found = records(directory)
    steps = [record for record in found if isinstance(record, Step)]
    late = [record for record in found if isinstance(record, Late)]
    assert isinstance(found[0], Clock)
    assert [step.n for step in steps] == [record.n for record in late] == list(range(44))
    assert all(step.samples == 32 and step.data_s is not None and step.host_s for step in steps)
    assert all(record.loss and record.lr for record in late)
    said = [record for record in found if isinstance(record, Mark)]
    assert [mark.key for mark in said] == keys(done.stdout)
    order = [type(record) if isinstance(record, About) else getattr(record, "key", None) for record in found]
    assert order.index(About) < order.index("run_start")


def test_what_it_says_of_itself(short: Short) -> None:
    """The About record holds the plan as it was resolved."""
    about = next(record for record in records(short[1]) if isinstance(record, About))
    assert (about.precision, about.scale, about.data) == ("amp-bf16", "tiny", "digits (scikit-learn, 1,797 images)")
    assert (about.metric, about.direction, about.target) == ("top-1", "up", 0.95)
    assert (about.samples_per_step, about.steps_per_epoch, about.epochs) == (32, 44, 1)
    assert about.parameters == 5_887_754
    assert about.device is not None
    assert about.device.startswith("CPU, ")
    assert about.tf32 == {"matmul": False, "conv": False}


def test_it_learns(short: Short) -> None:
    """The last ten losses are lower than the first ten."""
    values = [loss for loss in losses(short[1]) if loss is not None]
    assert sum(values[-10:]) < sum(values[:10])


def course(directory: Path, seed: str) -> list[float | None]:
    """The losses of a few steps of the short run."""
    directory.mkdir()
    run(*SHORT, "--steps", "3", "--seed", seed, MLPERF_TUI_STEPS=str(directory))
    return losses(directory)


def test_one_seed_one_course(short: Short, tmp_path: Path) -> None:
    """Two runs with one seed have the same losses, through shuffling and augmentation in a worker; another differs.

    The short one had the seed that is the default.
    """
    with ThreadPoolExecutor() as pool:
        again, other = pool.map(course, [tmp_path / name for name in "ab"], ["1", "2"])
    assert len(again) == 3
    assert losses(short[1])[:3] == again != other


def test_a_target_ends_it_with_success(tmp_path: Path) -> None:
    """An easy target is reached by the first evaluation: no second epoch, status success."""
    done = run(*QUICK, "--data", str(mini_imagenet(tmp_path / "mini")), "--target", "0.05", "--workers", "0")
    assert done.returncode == 0
    assert keys(done.stdout).count("epoch_start") == 1
    assert marks(done.stdout)[-1]["metadata"]["status"] == "success"


def test_minutes_end_it() -> None:
    """A limit in minutes ends training, not the evaluation after it; exit code 0."""
    done = run(*QUICK, "--minutes", "0.0001", "--batch", "64")
    assert done.returncode == 0
    assert "epoch 1  step 1  loss " in done.stdout
    assert keys(done.stdout)[-5:] == ["epoch_stop", "eval_start", "eval_accuracy", "eval_stop", "run_stop"]


def test_a_folder_is_trained_on(tmp_path: Path) -> None:
    """Twelve images in ImageNet's layout: the batch fits itself to them, red and blue are told apart or not."""
    done = run(*QUICK, "--data", str(mini_imagenet(tmp_path / "mini")), "--epochs", "2", "--workers", "0")
    assert (done.returncode, done.stderr) == (0, "")
    said = {mark["key"]: mark["value"] for mark in marks(done.stdout)}
    assert (said["train_samples"], said["eval_samples"], said["global_batch_size"]) == (12, 12, 12)
    assert 0 <= said["eval_accuracy"] <= 1


def test_a_broken_image_ends_it_with_its_name(tmp_path: Path) -> None:
    """Met in a loader's worker in mid-training: one sentence, exit code 1, and MLPerf's log is closed."""
    broken = mini_imagenet(tmp_path / "mini") / "train" / "red" / "3.JPEG"
    broken.write_bytes(b"no image")
    done = run(*QUICK, "--data", str(tmp_path / "mini"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"can't read the image {broken}" in done.stderr
    assert keys(done.stdout)[-1] == "run_stop"


def test_synthetic_needs_no_scikit_learn() -> None:
    """It runs where neither scikit-learn nor Pillow is, evaluates nothing, and has no target."""
    hidden = "import sys, runpy; sys.modules.update(sklearn=None); sys.argv[0] = 'x'; " + (
        "runpy.run_module('workloads.resnet50', run_name='__main__')"
    )
    options = ("--data", "synthetic", "--steps", "2", "--batch", "4", "--device", "cpu")
    done = run(*options, program=[COMMAND[0], "-c", hidden])
    assert (done.returncode, done.stderr) == (0, "")
    assert "eval_start" not in keys(done.stdout)
    assert "data: synthetic" in done.stdout


def started(*options: str, **env: str) -> tuple[subprocess.Popen[str], str]:
    """A run that has begun its first epoch, in a session of its own, and what it printed until then."""
    program: subprocess.Popen[str] = subprocess.Popen(
        [*COMMAND, *QUICK, *options],
        cwd=ROOT,
        env=environment(**env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    printed = ""
    while "epoch_start" not in printed:
        line = program.stdout.readline()
        assert line, program.communicate()
        printed += line
    return program, printed


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_step_and_says_aborted(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """To the program and its loaders alike, as a terminal does: run_stop aborted, no traceback from anyone."""
    program, printed = started(MLPERF_TUI_STEPS=str(tmp_path))
    time.sleep(1.0)
    signal_group(program.pid, number)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (code, "")
    last: dict[str, Any] = marks(printed + out)[-1]
    assert (last["key"], last["metadata"]["status"]) == ("run_stop", "aborted")
    found = records(tmp_path)
    assert len([r for r in found if isinstance(r, Step)]) == len([r for r in found if isinstance(r, Late)])


def signal_group(group: int, number: signal.Signals) -> None:
    """To every process of the group that `started` made."""
    os.killpg(group, number)


def test_a_second_signal_ends_it_at_once() -> None:
    """While a loader makes training wait, the first TERM can't end the step; the second does not ask."""
    program, _ = started("--scale", "reference", "--batch", "64")
    for _ in range(2):
        program.send_signal(signal.SIGTERM)
        time.sleep(0.5)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (143, "")
    assert "run_stop" not in out


def test_a_signal_before_training_ends_it_quietly() -> None:
    """While torch is still loading there is no run to close: exit code 143 and no traceback."""
    program = subprocess.Popen(
        [*COMMAND, *QUICK], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(1.0)
    program.send_signal(signal.SIGTERM)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (143, "")
    assert "run_start" not in out
