"""Short runs of DrQA, in processes of their own or in this one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from mlperf_logging.mllog import constants

from mlperf_tui.records import About, Late, decode
from mlperf_tui.steps import Steps
from tests.workloads.drqa_helpers import CPU, DRQA_COMMAND, NoStop, glove, options, squad_folder
from tests.workloads.programs import QUICK, keys, marks, run
from workloads.common.precision import resolve
from workloads.common.setting import Setting
from workloads.common.training import Run
from workloads.dawn_drqa.data import load
from workloads.dawn_drqa.recipe import TINY, choose, target
from workloads.dawn_drqa.task import DrQA


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small steps on two threads wait for each other far longer than they compute when the cores are shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_it_learns(tmp_path: Path) -> None:
    """Some steps on the templates: the loss falls, the marks are MLPerf's, F1 is there and far from the target."""
    done = run(*QUICK, "--steps", "100", program=DRQA_COMMAND, MLPERF_TUI_STEPS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    records = [decode(line) for line in (tmp_path / "steps-0-0.jsonl").read_bytes().splitlines()]
    losses = [record.loss for record in records if isinstance(record, Late) and record.loss is not None]
    assert len(losses) == 100
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])
    about = next(record for record in records if isinstance(record, About))
    assert (about.scale, about.parameters, about.metric, about.target) == ("tiny", 249_441, "F1", 0.9)
    said = marks(done.stdout)
    values = {mark["key"]: mark["value"] for mark in said}
    assert (values["submission_benchmark"], values["opt_name"]) == ("dawn-drqa", "adamax")
    assert (values["train_samples"], values["eval_samples"], values["opt_gradient_clip_norm"]) == (4500, 300, 10)
    assert values["eval_accuracy"] < 0.6
    assert said[-1]["metadata"]["status"] == "aborted"
    assert "no POS or NER tags; embeddings of 48 from scratch, not GloVe's; data: templates (" in done.stdout
    assert set(keys(done.stdout)) <= {value for name, value in vars(constants).items() if name.isupper()} | {
        f"{name}_{end}" for name in ("init", "run", "epoch", "eval") for end in ("start", "stop")
    }


def training(*words: str, precision: str = "fp32") -> Run[Any]:
    """A run in this process, ready to go; tiny, with little data."""
    asked = options(*words)
    data = load(asked, replace(choose(asked, "cpu"), passages=40, held_out=5), CPU, 0)
    setting = Setting(CPU, resolve(precision, CPU), 0)
    return Run(asked, lambda: DrQA(data, setting.precision, target(asked)), setting, Steps(), NoStop())


def course(made: Run[Any], steps: int = 4) -> list[float]:
    """The losses of a few steps."""
    losses = []
    for batch in islice(made.task.train, steps):
        made.gradients(batch, whole=True)
        losses.append(made.step().item())
    return losses


def test_one_seed_one_course() -> None:
    """The same losses again; another seed gives others."""
    first = course(training("--seed", "7"), 3)
    assert len(first) == 3
    assert first == course(training("--seed", "7"), 3) != course(training("--seed", "8"), 3)


def test_bf16_is_near_fp32() -> None:
    """The same steps with autocast: losses that differ, by little."""
    full, half = course(training()), course(training(precision="amp-bf16"))
    assert full != half
    assert half == pytest.approx(full, rel=0.05)


def test_one_batch_is_learnt_by_heart() -> None:
    """Synthetic data are noise, and a reader that trains at all fits one batch of them."""
    asked = options("--data", "synthetic")
    recipe = replace(TINY, passage=10, question=3, batch=4, dropout=0.0, lr=0.02)
    setting = Setting(CPU, resolve("fp32", CPU), 0)
    made: Run[Any] = Run(
        asked, lambda: DrQA(load(asked, recipe, CPU, 0), setting.precision, None), setting, Steps(), NoStop()
    )
    losses = course(made, 40)
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("given", [False, True])
def test_a_folder_is_trained_on_to_a_target(given: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SQuAD's layout, with word vectors or without: an easy target is reached, and the run is a success."""
    folder = squad_folder(tmp_path / "squad")
    if given:
        glove(folder / "glove.840B.300d.txt", "Where", "was", "born", "?")
    training("--data", str(folder), "--target", "0.0001", "--batch", "8").go()
    out = capsys.readouterr().out
    assert marks(out)[-1]["metadata"]["status"] == "success"
    assert ("GloVe's embeddings of 300, the first 1,002 tuned" in out) == given
    assert {mark["key"]: mark["value"] for mark in marks(out)}["train_samples"] == 60


def test_synthetic_needs_no_torchmetrics() -> None:
    """It runs without the metric's package, evaluates nothing, and has no target."""
    hidden = "import sys, runpy; sys.modules.update(torchmetrics=None); sys.argv[0] = 'x'; " + (
        "runpy.run_module('workloads.dawn_drqa', run_name='__main__')"
    )
    words = ("--data", "synthetic", "--batch", "2", "--steps", "2", "--device", "cpu")
    done = run(*words, program=[sys.executable, "-c", hidden])
    assert (done.returncode, done.stderr) == (0, "")
    assert "eval_start" not in keys(done.stdout)
    assert "data: synthetic\n" in done.stdout


def test_a_refusal_is_one_sentence_and_comes_before_torch() -> None:
    """Exit code 2, nothing on stdout but our own, one line on stderr; torch isn't loaded for it."""
    code = (
        "import sys; from workloads.common.program import run; from workloads.dawn_drqa.__main__ import main\n"
        "code = run('dawn-drqa', main, ['--data', 'nowhere'])\n"
        "print('torch' in sys.modules or 'numpy' in sys.modules)\n"
        "sys.exit(code)"
    )
    done = run(program=[sys.executable, "-c", code])
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "False\n", 1)
    assert done.stderr.startswith("dawn-drqa: no data folder nowhere")
