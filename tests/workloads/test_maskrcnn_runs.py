"""Whole runs of the Mask R-CNN workload on the CPU, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mlperf_logging.compliance_checker import mlp_compliance

from mlperf_tui.records import About, Late, decode
from tests.workloads.programs import QUICK, keys, marks, run
from tests.workloads.test_detection import mini_coco
from workloads.common.options import Refusal
from workloads.detection.layout import TRAIN
from workloads.maskrcnn.__main__ import main

PROGRAM = [sys.executable, "-m", "workloads.maskrcnn"]

Short = tuple[subprocess.CompletedProcess[str], Path]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Short:
    """Fifty steps and an evaluation, in a session directory, shared by the tests that only read it."""
    directory = tmp_path_factory.mktemp("session")
    return run(*QUICK, "--steps", "50", program=PROGRAM, MLPERF_TUI_STEPS=str(directory)), directory


def test_it_learns(short: Short) -> None:
    """In fifty steps on the shapes the loss falls, and next to nothing is found yet."""
    done, directory = short
    assert (done.returncode, done.stderr) == (0, "")
    records = [decode(line) for line in (directory / "steps-0-0.jsonl").read_bytes().splitlines()]
    losses = [record.loss for record in records if isinstance(record, Late) and record.loss is not None]
    assert len(losses) == 50
    assert sum(losses[-10:]) < 0.85 * sum(losses[:10])
    assert "ResNet cut to 1+1+1+1 blocks of 16 channels and more from scratch" in done.stdout
    said = {mark["key"]: mark["value"] for mark in marks(done.stdout)}
    assert all(0 <= said["eval_accuracy"][name] < 0.3 for name in ("BBOX", "SEGM"))
    about = next(record for record in records if isinstance(record, About))
    assert (about.metric, about.target, about.parameters, about.steps_per_epoch) == ("box AP", 0.65, 1_201_031, 200)


def test_the_official_checker_accepts_it(short: Short, tmp_path: Path) -> None:
    """MLPerf's own compliance checker, ruleset 3.1.0, the last one that has Mask R-CNN; open division."""
    log = tmp_path / "result_0.txt"
    log.write_text(short[0].stdout)
    checker = mlp_compliance.make_checker("training", "3.1.0", quiet=False, werror=False)
    accepted = mlp_compliance.main(str(log), "training_3.1.0/common.yaml", checker)[0]
    assert accepted, (checker.not_overwritable, checker.overwritable)


def test_its_keys_are_the_benchmarks(short: Short) -> None:
    """Those that the closed division asks of Mask R-CNN, each once."""
    said = keys(short[0].stdout)
    for key in (
        "global_batch_size",
        "opt_base_learning_rate",
        "opt_learning_rate_warmup_steps",
        "opt_learning_rate_warmup_factor",
        "num_image_candidates",
        "opt_learning_rate_decay_factor",
        "opt_learning_rate_decay_steps",
        "min_image_size",
        "max_image_size",
    ):
        assert said.count(key) == 1, key


def test_it_trains_on_cocos_files(tmp_path: Path) -> None:
    """Grey images, crowds and images without objects among them; five of six are trained on, all are evaluated."""
    options = ("--data", str(mini_coco(tmp_path / "mini")), "--batch", "2", "--epochs", "1", "--precision", "amp")
    done = run(*QUICK, *options, program=PROGRAM)
    assert (done.returncode, done.stderr) == (0, "")
    said = {mark["key"]: mark["value"] for mark in marks(done.stdout)}
    assert (said["train_samples"], said["eval_samples"], said["global_batch_size"]) == (5, 6, 2)
    assert 0 <= said["eval_accuracy"]["SEGM"] <= 1
    assert "epoch 1  step 2  loss " in done.stdout


def test_a_broken_image_ends_it_with_its_name(tmp_path: Path) -> None:
    """Met in a loader's worker: one sentence, exit code 1, and MLPerf's log is closed."""
    root = mini_coco(tmp_path / "mini")
    (root / TRAIN / "000000000003.jpg").write_bytes(b"no image")
    done = run(*QUICK, "--data", str(root), "--batch", "5", program=PROGRAM)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("can't read the image 000000000003.jpg")
    assert keys(done.stdout)[-1] == "run_stop"


def test_synthetic_needs_no_pycocotools() -> None:
    """It evaluates nothing and has no target."""
    hidden = "import sys, runpy; sys.modules.update(pycocotools=None); sys.argv[0] = 'x'; " + (
        "runpy.run_module('workloads.maskrcnn', run_name='__main__')"
    )
    options = ("--data", "synthetic", "--steps", "2", "--batch", "2", "--device", "cpu")
    done = run(*options, program=[sys.executable, "-c", hidden])
    assert (done.returncode, done.stderr) == (0, "")
    assert "eval_start" not in keys(done.stdout)


def test_what_can_not_be_is_refused(tmp_path: Path) -> None:
    """Before torch is loaded where options and data say it; a batch that the images can't fill when they are read."""
    with pytest.raises(Refusal, match="has no train2017"):
        main(["--data", str(tmp_path)])
    done = run(*QUICK, "--data", str(mini_coco(tmp_path / "mini")), "--batch", "6", program=PROGRAM)
    assert (done.returncode, done.stderr) == (2, "maskrcnn: a batch of 6 is more than the 5 training images\n")
