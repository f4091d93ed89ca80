"""Short runs of NCF, in processes of their own or in this one."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from mlperf_logging.compliance_checker import mlp_parser
from mlperf_logging.mllog import constants

from mlperf_tui.records import About, Step
from mlperf_tui.steps import Steps
from tests.workloads.ncf_helpers import (
    CPU,
    NCF_COMMAND,
    NoStop,
    movielens,
    options,
)
from tests.workloads.programs import QUICK, keys, losses, marks, records, run
from workloads.common.precision import resolve
from workloads.common.setting import Setting
from workloads.common.training import Run
from workloads.ncf.data import load
from workloads.ncf.recipe import choose, target
from workloads.ncf.task import NCF


def ncf(*words: str, **env: str) -> CompletedProcess[str]:
    """The finished program."""
    return run(*QUICK, *words, program=NCF_COMMAND, **env)


Short = tuple[CompletedProcess[str], Path]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Short:
    """Two epochs in a session directory, shared by the tests that only read it."""
    directory = tmp_path_factory.mktemp("session")
    return ncf("--epochs", "2", "--precision", "amp", MLPERF_TUI_STEPS=str(directory)), directory


def test_a_short_run_learns(short: Short) -> None:
    """Exit code 0, nothing on stderr, the loss falls, HR@10 rises above chance and the target stays far."""
    done, directory = short
    assert (done.returncode, done.stderr) == (0, "")
    assert "NCF tiny, 16 factors, 122,001 parameters, amp-bf16, batch 1024, on CPU" in done.stdout
    assert "HR@10 among 99 negatives" in done.stdout
    values = losses(directory)
    assert sum(values[-50:]) < 0.8 * sum(values[:50])
    reached = [mark["value"] for mark in marks(done.stdout) if mark["key"] == "eval_accuracy"]
    assert 0.15 < reached[0] < reached[1] < 0.7
    assert marks(done.stdout)[-1]["metadata"]["status"] == "aborted"


def test_marks_in_order(short: Short, tmp_path: Path) -> None:
    """MLPerf's keys, Adam's between init_start and init_stop; its own parser reads the log.

    Its checker can't: it no longer has rules for NCF.
    """
    said = keys(short[0].stdout)
    values = {mark["key"]: mark["value"] for mark in marks(short[0].stdout)}
    init = said[said.index("init_start") + 1 : said.index("init_stop")]
    assert init == [
        "seed", "gradient_accumulation_steps", "global_batch_size", "opt_name", "opt_base_learning_rate",
        "opt_adam_beta_1", "opt_adam_beta_2", "opt_adam_epsilon", "train_samples", "eval_samples",
    ]  # fmt: skip
    epoch = ["epoch_start", "epoch_stop", "eval_start", "eval_accuracy", "eval_stop"]
    assert said[said.index("init_stop") + 1 :] == ["run_start", *epoch, *epoch, "run_stop"]
    assert (values["submission_benchmark"], values["opt_name"], values["global_batch_size"]) == ("ncf", "adam", 1024)
    assert (values["train_samples"], values["eval_samples"]) == (2000 * 39 * 5, 2000)
    log = tmp_path / "result_0.txt"
    log.write_text(short[0].stdout)
    lines, errors = mlp_parser.parse_file(str(log), ruleset="4.0.0")
    assert ([line.key for line in lines], errors) == (said, [])
    assert set(said) <= {value for name, value in vars(constants).items() if name.isupper()} | {
        f"{name}_{end}" for name in ("init", "run", "epoch", "eval") for end in ("start", "stop")
    }


def test_what_it_leaves_in_the_session(short: Short) -> None:
    """The plan as it was resolved, and each step."""
    found = records(short[1])
    about = next(record for record in found if isinstance(record, About))
    assert (about.precision, about.scale, about.parameters) == ("amp-bf16", "tiny", 122_001)
    assert (about.metric, about.direction, about.target) == ("HR@10", "up", 0.7)
    assert (about.samples_per_step, about.steps_per_epoch, about.epochs) == (1024, 380, 2)
    steps = [record for record in found if isinstance(record, Step)]
    assert [step.n for step in steps] == list(range(760))


def training(*words: str) -> Run[Any]:
    """A run in this process, ready to go."""
    asked = options(*words)
    data = load(asked, choose(asked, "cpu"), CPU, 0)
    setting = Setting(CPU, resolve("fp32", CPU), 0)
    return Run(asked, lambda: NCF(data, setting.precision, target(asked, data.recipe)), setting, Steps(), NoStop())


def course(seed: str) -> list[float]:
    """The losses of a few steps."""
    made = training("--seed", seed)
    losses = []
    for batch in islice(made.task.train, 4):
        made.gradients(batch, whole=True)
        losses.append(made.step().item())
    return losses


def test_one_seed_one_course() -> None:
    """The same losses again, from weights and negatives alike; another seed gives others."""
    first = course("7")
    assert len(first) == 4
    assert first == course("7") != course("8")


def test_a_folder_is_trained_on_to_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MovieLens' layout: an easy target is reached by the first evaluation, and the run is a success."""
    training("--data", str(movielens(tmp_path / "ml", "::")), "--target", "0.001").go()
    said = marks(capsys.readouterr().out)
    assert [mark["key"] for mark in said].count("epoch_start") == 1
    assert said[-1]["metadata"]["status"] == "success"
    values = {mark["key"]: mark["value"] for mark in said}
    assert (values["train_samples"], values["global_batch_size"], values["eval_samples"]) == (1200, 1024, 30)


def test_synthetic_needs_no_torchmetrics() -> None:
    """It runs without the metric's package, evaluates nothing, and has no target."""
    hidden = "import sys, runpy; sys.modules.update(torchmetrics=None); sys.argv[0] = 'x'; " + (
        "runpy.run_module('workloads.ncf', run_name='__main__')"
    )
    done = run("--data", "synthetic", "--steps", "3", "--device", "cpu", program=[sys.executable, "-c", hidden])
    assert (done.returncode, done.stderr) == (0, "")
    assert "eval_start" not in keys(done.stdout)
    assert "data: synthetic\n" in done.stdout


def test_a_refusal_is_one_sentence_and_comes_before_torch() -> None:
    """Exit code 2, nothing on stdout, one line on stderr; torch isn't loaded for it."""
    code = (
        "import sys, atexit; from workloads.common.program import run; from workloads.ncf.__main__ import main\n"
        "code = run('ncf', main, ['--data', 'nowhere']); print('torch' in sys.modules or 'numpy' in sys.modules)\n"
        "sys.exit(code)"
    )
    done = run(program=[sys.executable, "-c", code])
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "False\n", 1)
    assert done.stderr.startswith("ncf: no data folder nowhere")
