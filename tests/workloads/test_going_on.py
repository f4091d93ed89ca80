"""Runs that go on from a checkpoint, runs of several batches a step, and runs that give the same bits each time."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mlperf_tui.records import About, Late, Mark, decode
from tests.workloads.programs import QUICK, marks, run, without
from tests.workloads.test_resnet50_parts import mini_imagenet
from workloads.common import checkpoint
from workloads.common.device import pick
from workloads.common.options import Options, Refusal
from workloads.common.places import NAME, refuse_places
from workloads.common.refusals import refuse_early, refuse_processes, refuse_workers
from workloads.resnet50.__main__ import main


def losses(folder: Path) -> list[float | None]:
    """Of a session's first rank, by step."""
    lines = (folder / "steps-0-0.jsonl").read_bytes().splitlines()
    return [record.loss for line in lines if isinstance(record := decode(line), Late)]


def weights(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / NAME, weights_only=True)["model"]
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
    assert resumed(tmp_path / "steps-3") is None
    assert resumed(tmp_path / "steps-9") == {"after_step": 6, "file": str(parts / NAME)}
    assert saved(tmp_path / "steps-9") == [(str(parts / NAME), {"step": 9})]
    done = run(*quick, "--steps", "9", "--checkpoint", str(tmp_path / "whole"), MLPERF_TUI_STEPS=made(tmp_path, "all"))
    whole = losses(tmp_path / "steps-all")
    assert len(whole) == 9
    assert [loss for steps in ("3", "6", "9") for loss in losses(tmp_path / f"steps-{steps}")] == whole
    assert same(weights(tmp_path / "whole"), weights(parts))


def made(root: Path, name: str) -> str:
    folder = root / f"steps-{name}"
    folder.mkdir()
    return str(folder)


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    """Nothing there, something else, half of one; no word of the program's own insides."""
    with pytest.raises(Refusal, match=r"there is no checkpoint \S*last.pt; name a file or folder"):
        checkpoint.load(tmp_path)
    checkpoint.save(tmp_path / "whole", {"made_with": {}, "model": torch.zeros(1000)})
    whole = (tmp_path / "whole" / NAME).read_bytes()
    for content in (b"", b"PK\3\4 nothing", b"words\n", whole[: len(whole) // 2]):
        (tmp_path / NAME).write_bytes(content)
        with pytest.raises(Refusal, match=r"last.pt can't be read: it is no checkpoint, or was cut off$"):
            checkpoint.load(tmp_path)
    torch.save({"model": {}}, tmp_path / NAME)
    with pytest.raises(Refusal, match="no checkpoint of mlperf-tui's"):
        checkpoint.load(tmp_path / NAME)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"batch": 512, "steps_per_epoch": 380}, "made with batch 1024, and this run has 512"),
        ({"gpus": 2, "steps_per_epoch": 95}, "made with gpus 1, and this run has 2"),
        ({"workload": "resnet50", "data": "digits", "seed": 2}, "made by ncf, and this is resnet50"),
        ({"steps_per_epoch": 1}, "made with steps per epoch 190, and this run has 1"),
        ({"new": 1}, "an older mlperf-tui made it, which did not note its new"),
    ],
)
def test_what_a_person_sets_is_named_first(changed: dict[str, Any], said: str) -> None:
    """Of all that differs; what follows from it comes last."""
    made_with = {"workload": "ncf", "data": "clicks", "batch": 1024, "gpus": 1, "seed": 1, "steps_per_epoch": 190}
    checkpoint.refuse_unlike(Path("ck"), made_with, made_with)
    with pytest.raises(Refusal, match=f"--resume ck: .*{said}"):
        checkpoint.refuse_unlike(Path("ck"), made_with, made_with | changed)


def test_a_checkpoint_of_another_run(tmp_path: Path) -> None:
    """By name where another workload made it; another batch as that, though the steps of an epoch differ too."""
    words = ("--data", "synthetic", "--scale", "tiny")
    ncf = [sys.executable, "-m", "workloads.ncf"]
    done = run(*QUICK, *words, "--steps", "1", "--checkpoint", str(tmp_path), program=ncf)
    assert (done.returncode, done.stderr) == (0, "")
    done = run(*QUICK, *words, "--batch", "512", "--resume", str(tmp_path), program=ncf)
    assert done.returncode == 2
    assert "it was made with batch 1024, and this run has 512" in done.stderr
    done = run(*QUICK, *words, "--resume", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == f"resnet50: --resume {tmp_path}: it was made by ncf, and this is resnet50\n"


def resumed(folder: Path) -> dict[str, Any] | None:
    """What a session's first rank said last of where it went on."""
    lines = (folder / "steps-0-0.jsonl").read_bytes().splitlines()
    return [record for line in lines if isinstance(record := decode(line), About)][-1].resumed


def saved(folder: Path, key: str = "checkpoint_saved") -> list[tuple[Any, dict[str, Any]]]:
    lines = (folder / "steps-0-0.jsonl").read_bytes().splitlines()
    marks = [record for line in lines if isinstance(record := decode(line), Mark)]
    return [(mark.value, mark.metadata) for mark in marks if mark.key == key]


def test_one_that_is_cut_short_leaves_the_one_before(tmp_path: Path) -> None:
    """It is written beside the old one and takes its place when it is whole."""
    checkpoint.save(tmp_path, {"made_with": {}, "taken": 1})

    class Unwritable:
        def __reduce__(self) -> str:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        checkpoint.save(tmp_path, {"made_with": {}, "taken": Unwritable()})
    assert checkpoint.load(tmp_path)["taken"] == 1


FULL = """
import resource, signal, sys
from workloads.common import checkpoint
from workloads.ncf.__main__ import main
def save(folder, state, save=checkpoint.save):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    save(folder, state)
checkpoint.save = save
sys.exit(main(sys.argv[1:]))
"""
"""A file may become so large: torch's zip writer then fails as it does on a full disk."""


def test_a_checkpoint_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    """It is said in a line and to the session, and training goes on to its end."""
    words = ("--data", "synthetic", "--steps", "2", "--checkpoint", str(tmp_path / "ck"))
    session = made(tmp_path, "full")
    done = run(*QUICK, *words, program=[sys.executable, "-c", FULL], MLPERF_TUI_STEPS=session)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no checkpoint after step 2: File too large; training goes on\n" in done.stdout
    assert saved(Path(session), "checkpoint_failed") == [("File too large", {"step": 2})]
    assert list((tmp_path / "ck").iterdir()) == [], "half a checkpoint keeps nothing of a full disk"
    assert saved(Path(session)) == []


def test_a_folder_that_cannot_be_saved_in(tmp_path: Path) -> None:
    """A file, one beneath a file, one that the kernel doesn't make; what can be made is not left behind."""
    file = tmp_path / "file"
    file.write_text("in the way")
    for folder, said in (
        (file, "it is no folder"),
        (file / "ck", r"nothing can be saved there \(Not a directory\)"),
        (Path("/proc/ck"), r"nothing can be saved there \(No such file or directory\)"),
    ):
        with pytest.raises(Refusal, match=rf"--checkpoint {folder}: {said}: name "):
            refuse_places(Options("digits", checkpoint=str(folder)))
    refuse_places(Options("digits", checkpoint=str(tmp_path / "new" / "ck")))
    assert sorted(tmp_path.iterdir()) == [file]


def test_an_earlier_runs_checkpoint_is_not_overwritten(tmp_path: Path) -> None:
    """Only who goes on from it saves there, by whichever name."""
    ours, other = tmp_path / "ours", tmp_path / "other"
    for folder in (ours, other):
        checkpoint.save(folder, {"made_with": {}})
    options = Options("digits", checkpoint=str(ours))
    for resume in (None, str(other)):
        with pytest.raises(Refusal, match=f"an earlier run's {ours}/last.pt is there: go on from it with --resume"):
            refuse_places(replace(options, resume=resume))
    (tmp_path / "link").symlink_to(ours)
    for resume in (str(ours), str(ours / NAME), str(tmp_path / "link")):
        refuse_places(replace(options, resume=resume))


@pytest.mark.parametrize("program", [("workloads.resnet50",), ("workloads.common.several", "2", "workloads.resnet50")])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--resume", "nothere"), "--resume nothere: there is no checkpoint nothere"),
        (("--checkpoint", "/proc/ck"), "--checkpoint /proc/ck: nothing can be saved there"),
        (("--workers", "100000"), "--workers 100000 is too many for the"),
    ],
)
def test_it_is_refused_before_torch_is_loaded(program: tuple[str, ...], words: tuple[str, ...], said: str) -> None:
    """Also by what starts several processes, which needs torch itself."""
    done = run(*program[1:], *words, program=without(program[0], "torch"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"resnet50: {said}")
    assert done.stderr.count("\n") == 1


def test_the_most_loader_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight a core, shared by the processes here, and sixteen on the smallest machine."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    refuse_workers(None, 1)
    refuse_workers(64, 1)
    refuse_workers(16, 8)
    with pytest.raises(Refusal, match=r"--workers 65 is too many for the 8 cores here: use at most 64$"):
        refuse_workers(65, 1)
    with pytest.raises(Refusal, match=r"at most 16$"):
        refuse_workers(17, 8)


def test_the_most_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two a core, and as many as a host has GPUs on the smallest machine; told before torch is loaded."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(32)))
    refuse_processes(64)
    with pytest.raises(Refusal, match=r"--gpus 65 is too many for the 32 cores here: use at most 64$"):
        refuse_processes(65)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    refuse_processes(16)
    done = run("999", "workloads.resnet50", program=without("workloads.common.several", "torch"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("resnet50: --gpus 999 is too many")


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
        assert ("; a step: batch × 2 accumulated\n" in done.stdout) == (name == "two")
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
