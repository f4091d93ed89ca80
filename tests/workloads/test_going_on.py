"""Runs that go on from a checkpoint, runs of several batches a step, and runs that give the same bits each time."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mlperf_tui.records import Late, decode
from tests.workloads.programs import QUICK, marks, run
from tests.workloads.test_resnet50_parts import mini_imagenet
from workloads.common import checkpoint
from workloads.common.device import pick
from workloads.common.options import Options, Refusal
from workloads.common.refusals import refuse_early
from workloads.resnet50.__main__ import main


def losses(folder: Path) -> list[float | None]:
    """Of a session's first rank, by step."""
    lines = (folder / "steps-0-0.jsonl").read_bytes().splitlines()
    return [record.loss for line in lines if isinstance(record := decode(line), Late)]


def weights(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / checkpoint.NAME, weights_only=True)["model"]
    return state


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_it_goes_on_bit_for_bit(tmp_path: Path) -> None:
    """Twice, within an epoch of six steps and at its end: the same losses and weights as without a break."""
    quick = (*QUICK, "--data", str(mini_imagenet(tmp_path / "data")), "--batch", "2", "--epochs", "5")
    parts = tmp_path / "parts"
    for steps, more in (("3", ()), ("6", ("--resume", str(parts))), ("9", ("--resume", str(parts / "last.pt")))):
        done = run(
            *(*quick, "--steps", steps, *more, "--checkpoint", str(parts)),
            MLPERF_TUI_STEPS=made(tmp_path, steps),
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert "resumed after step 6\n" in done.stdout
    done = run(*quick, "--steps", "9", "--checkpoint", str(tmp_path / "whole"), MLPERF_TUI_STEPS=made(tmp_path, "all"))
    whole = losses(tmp_path / "steps-all")
    assert len(whole) == 9
    assert [loss for steps in ("3", "6", "9") for loss in losses(tmp_path / f"steps-{steps}")] == whole
    assert same(weights(tmp_path / "whole"), weights(parts))


def made(root: Path, name: str) -> str:
    folder = root / f"steps-{name}"
    folder.mkdir()
    return str(folder)


def test_what_is_no_checkpoint_of_this_run(tmp_path: Path) -> None:
    """Nothing there, something else, and one of a run with other options, whose first difference is named."""
    with pytest.raises(Refusal, match="there is no checkpoint"):
        checkpoint.load(tmp_path)
    (tmp_path / "last.pt").write_bytes(b"PK\3\4 nothing")
    with pytest.raises(Refusal, match="can't be read as a checkpoint"):
        checkpoint.load(tmp_path)
    torch.save({"model": {}}, tmp_path / "last.pt")
    with pytest.raises(Refusal, match="no checkpoint of mlperf-tui's"):
        checkpoint.load(tmp_path / "last.pt")
    with pytest.raises(Refusal, match="made with seed 1, and this run has 2"):
        checkpoint.refuse_unlike({"batch": 32, "seed": 1}, {"batch": 32, "seed": 2})


def test_one_that_is_cut_short_leaves_the_one_before(tmp_path: Path) -> None:
    """It is written beside the old one and takes its place when it is whole."""
    checkpoint.save(tmp_path, {"made_with": {}, "taken": 1})

    class Unwritable:
        def __reduce__(self) -> str:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        checkpoint.save(tmp_path, {"made_with": {}, "taken": Unwritable()})
    assert checkpoint.load(tmp_path)["taken"] == 1


def test_a_checkpoint_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    """It is said in a line, and training goes on to its end."""
    (tmp_path / "file").write_text("in the way")
    words = ("--data", "synthetic", "--steps", "2", "--checkpoint", str(tmp_path / "file"))
    done = run(*QUICK, *words, program=[sys.executable, "-m", "workloads.ncf"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "no checkpoint after step 2: " in done.stdout


def test_more_ranks_than_gpus_is_said_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """So also by the first one, which alone speaks."""
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(Refusal, match="--gpus 4 is more than the GPUs here: torch sees 2"):
        pick("auto")


def test_several_ranks_on_one_gpu_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the options alone, whoever started them; one process may choose its GPU."""
    options = Options("digits", device="cuda:0")
    refuse_early(options)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(Refusal, match="--device cuda:0 would have 2 processes share a GPU: use --device cuda"):
        refuse_early(options)
    refuse_early(replace(options, device="cuda"))


def test_two_batches_make_the_step_of_one(tmp_path: Path) -> None:
    """NCF has no batch statistics: two batches of 512 give the gradient of one of 1,024, up to rounding."""
    found = []
    for name, more in (("one", ("--batch", "1024")), ("two", ("--batch", "512", "--accumulate", "2"))):
        words = ("--data", "synthetic", *more, "--steps", "2", "--checkpoint", str(tmp_path / name))
        done = run(*QUICK, *words, program=[sys.executable, "-m", "workloads.ncf"])
        assert (done.returncode, done.stderr) == (0, "")
        said = {mark["key"]: mark["value"] for mark in marks(done.stdout)}
        found.append((said["global_batch_size"], said["gradient_accumulation_steps"]))
    assert found == [(1024, 1), (1024, 2)]


def test_a_batch_of_a_step_that_is_too_large() -> None:
    """The refusal says how many batches a step has."""
    with pytest.raises(Refusal, match=r"a batch of 400 × 4 a step is more than the 1,437 training images"):
        main(["--batch", "400", "--accumulate", "4", "--device", "cpu"])


def test_deterministic_and_search_exclude_each_other() -> None:
    """cuDNN's search may end with another algorithm each time."""
    with pytest.raises(Refusal, match="exclude each other"):
        main(["--deterministic", "--cudnn-benchmark"])
