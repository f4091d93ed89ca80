"""Two processes that train one model over Gloo, started by torchrun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from mlperf_tui.records import About, Late, Mark, Record, Step, decode
from tests.workloads.programs import ROOT, environment, keys, marks, run
from tests.workloads.test_translation import parallel_text
from workloads.common.ranks import Ranks, ranks
from workloads.translation.lexicon import sentences

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
SEVERAL = (sys.executable, "-m", "workloads.common.several", "2")
NCF = ("workloads.ncf", "--device", "cpu", "--workers", "1")
CHECK = """
import torch, torch.distributed as dist
from workloads.common import training
from workloads.ncf.__main__ import main
class Run(training.Run):
    def go(self):
        super().go()
        mine = torch.cat([part.flatten() for part in self.task.model.state_dict().values()])
        first = mine.clone()
        dist.broadcast(first, 0)
        print("ALIKE" if torch.equal(mine, first) else "UNLIKE", flush=True)
training.Run = Run
main(["--device", "cpu", "--workers", "1", "--batch", "4096", "--steps", "12"])
"""


def records(folder: Path, rank: int) -> list[Record]:
    """All that a rank wrote."""
    return [record for line in (folder / f"steps-{rank}-0.jsonl").read_bytes().splitlines() if (record := decode(line))]


def test_ranks_are_torchruns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone without it."""
    for name in ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert ranks() == Ranks(0, 1, 1)
    for name, value in (("RANK", "5"), ("WORLD_SIZE", "8"), ("LOCAL_WORLD_SIZE", "4")):
        monkeypatch.setenv(name, value)
    assert ranks() == Ranks(5, 8, 4)


def test_two_ranks_have_one_model(tmp_path: Path) -> None:
    """Different samples, the same weights after twelve steps."""
    program = tmp_path / "check.py"
    program.write_text(CHECK)
    done = run(program=[*TORCHRUN, str(program)], PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ALIKE") == 2
    assert "UNLIKE" not in done.stdout


def test_two_ranks_in_a_session(tmp_path: Path) -> None:
    """A steps file each with its own losses and its exposed all-reduce; one of them speaks; they reach the target."""
    words = ("--batch", "2048", "--epochs", "3", "--target", "0.2")
    done = run(program=[*SEVERAL, *NCF, *words], MLPERF_TUI_STEPS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    said = keys(done.stdout)
    assert (said.count("run_start"), said.count("run_stop")) == (1, 1)
    assert marks(done.stdout)[-1]["metadata"]["status"] == "success"
    told = {mark["key"]: mark["value"] for mark in marks(done.stdout)}
    assert (told["global_batch_size"], told["submission_platform"][:2]) == (4096, "2x")
    first, second = (records(tmp_path, rank) for rank in (0, 1))
    abouts = [next(record for record in found if isinstance(record, About)) for found in (first, second)]
    assert [(about.rank, about.world, about.steps_per_epoch) for about in abouts] == [(0, 2, 95), (1, 2, 95)]
    counts = [[record.n for record in found if isinstance(record, Step)] for found in (first, second)]
    assert counts[0] == counts[1]
    assert len(counts[0]) in {95, 190, 285}
    lates = [[record for record in found if isinstance(record, Late)] for found in (first, second)]
    assert lates[0][5].loss != lates[1][5].loss
    assert all(late.exposed_allreduce_s is not None for late in lates[0][1:])
    assert not any(isinstance(record, Mark) for record in second)


def test_a_stop_ends_both_after_the_same_step(tmp_path: Path) -> None:
    """The signal reaches one of them only: the other one is told, and neither waits for ever."""
    command = [*SEVERAL, *NCF, "--batch", "1024", "--epochs", "1000", "--target", "1"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(MLPERF_TUI_STEPS=str(tmp_path)))
    wait_for_steps(tmp_path)
    os.kill(next(record.pid for record in records(tmp_path, 1) if isinstance(record, About)), signal.SIGTERM)
    assert process.wait(120) == 128 + signal.SIGTERM
    assert steps_of(tmp_path, 0) == steps_of(tmp_path, 1)
    stopped = [record for record in records(tmp_path, 0) if isinstance(record, Mark)][-1]
    assert (stopped.key, stopped.metadata) == ("run_stop", stopped.metadata | {"status": "aborted"})


def test_a_refusal_is_one_sentence() -> None:
    """Not one a rank, and no report; its exit code."""
    done = run("--batch", "999999", program=[*SEVERAL, *NCF])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ncf: a batch of 999,999 × 2 a step is more than the 390,000 training samples\n"


def test_a_rank_that_is_killed_is_named(tmp_path: Path) -> None:
    """The other one is ended too; the exit code is the signal's."""
    command = [*SEVERAL, *NCF, "--epochs", "1000", "--target", "1"]
    setting = environment(MLPERF_TUI_STEPS=str(tmp_path))
    process = subprocess.Popen(command, cwd=ROOT, env=setting, stderr=subprocess.PIPE, text=True)
    wait_for_steps(tmp_path)
    pids = [next(one.pid for one in records(tmp_path, rank) if isinstance(one, About)) for rank in (0, 1)]
    os.kill(pids[1], signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGKILL
    assert f"rank 1 (process {pids[1]}) ended first, with SIGKILL" in said
    assert not Path(f"/proc/{pids[0]}").exists()


def wait_for_steps(folder: Path) -> None:
    until = time.monotonic() + 120
    while not steps_of(folder, 1) > 5:
        assert time.monotonic() < until
        time.sleep(0.1)


def steps_of(folder: Path, rank: int) -> int:
    path = folder / f"steps-{rank}-0.jsonl"
    return path.read_bytes().count(b'{"step"') if path.exists() else 0


def test_two_ranks_go_on_bit_for_bit(tmp_path: Path) -> None:
    """Each with its own dice for dropout."""
    data = str(parallel_text(tmp_path, train=sentences()[0][:200]))
    quick = ("workloads.transformer", "--device", "cpu", "--workers", "1", "--batch", "128", "--data", data)
    for name, more in (("whole", ()), ("begun", ("--steps", "3")), ("rest", ("--resume", str(tmp_path / "begun")))):
        words = (*quick, "--steps", "6", *more, "--checkpoint", str(tmp_path / name))
        done = run(program=[*SEVERAL, *words], XDG_CACHE_HOME=str(tmp_path))
        assert done.returncode == 0, done.stderr
    whole, begun, rest = (
        torch.load(tmp_path / name / "last.pt", weights_only=True)["model"] for name in ("whole", "begun", "rest")
    )
    assert all(torch.equal(whole[name], rest[name]) for name in whole)
    assert not all(torch.equal(whole[name], begun[name]) for name in whole)
