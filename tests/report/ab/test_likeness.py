"""Like with like: each thing that identifies a run is refused where it differs, but for the factor."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.analysis.summary import Summary
from mlperf_tui.report.ab import likeness
from mlperf_tui.report.ab.likeness import FREE, SETTLED, factor_of, refusals
from mlperf_tui.report.build import build
from mlperf_tui.report.identity import IDENTITY
from mlperf_tui.session.folder import Folder

RECORDED = Path(__file__).parents[2] / "recorded"
Change = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """A run on a real card."""
    copied = shutil.copytree(RECORDED / "one-h100", tmp_path_factory.mktemp("sessions") / "s")
    return build(Folder(Path(copied)))


def changed(run: Summary, change: Change) -> Summary:
    """The run with other values in some of its parts."""
    parts: dict[str, Any] = {}
    for name, more in change.items():
        part = getattr(run, name)
        parts[name] = {**(part or {}), **more} if isinstance(part, dict) else dataclasses.replace(part, **more)
    return dataclasses.replace(run, **parts)


def other_gpu(run: Summary, count: int = 1, name: str = "NVIDIA A100") -> Summary:
    """On so many GPUs of another name."""
    return dataclasses.replace(run, gpus=tuple(dataclasses.replace(run.gpus[0], name=name) for _ in range(count)))


WORDS = ("python3", "-m", "workloads.resnet50", "--precision=amp-bf16")
CHANGES: list[tuple[str, Change, str]] = [
    ("torch", {"about": {"torch": "2.9.0"}}, "torch 2.11.0+cu130 in fp32, 2.9.0 in amp"),
    ("CUDA", {"about": {"cuda": "12.8"}}, "CUDA 13.0 in fp32, 12.8 in amp"),
    ("cuDNN", {"about": {"cudnn": 90000}}, "cuDNN 91900 in fp32, 90000 in amp"),
    ("batch", {"about": {"samples_per_step": 128}}, "batch 256 in fp32, 128 in amp"),
    ("ranks", {"about": {"world": 8}}, "ranks 1 in fp32, 8 in amp"),
    ("data", {"about": {"data": "imagenet"}}, "data synthetic in fp32, imagenet in amp"),
    ("scale", {"about": {"scale": "tiny"}}, "scale reference in fp32, tiny in amp"),
    ("workload", {"session": {"workload": "ncf"}}, "workload resnet50 in fp32, ncf in amp"),
    ("Python", {"plan": {"versions": {"mlperf-tui": "0.1.0", "python": "3.9"}}}, "Python 3.12.3 in fp32, 3.9 in amp"),
    ("commit", {"plan": {"git": {"commit": "abc", "dirty": False}}}, "commit unknown in fp32, abc in amp"),
    ("steps asked for", {"plan": {"steps": 9}}, "steps asked for 400 in fp32, 9 in amp"),
    ("options", {"plan": {"argv": (*WORDS, "--compile")}}, "options none in fp32, --compile in amp"),
    ("environment", {"plan": {"env_kept": {"OMP_NUM_THREADS": "4"}}}, "environment "),
    ("unit", {"throughput": {"unit": "tokens/s"}}, "unit images/s in fp32, tokens/s in amp"),
]


@pytest.mark.parametrize(("label", "change", "said"), CHANGES, ids=[label for label, _, _ in CHANGES])
def test_what_differs_is_refused_in_a_sentence(run: Summary, label: str, change: Change, said: str) -> None:
    """Each alone, with the value of either arm, whatever the factor does beside it."""
    other = changed(run, {"session": {"precision": "fp32"}})
    assert refusals([("fp32", other), ("amp", run)], "precision") == ()
    [found] = refusals([("fp32", other), ("amp", changed(run, change))], "precision")
    assert found.startswith(said)
    assert found.startswith(label)


def test_another_gpu_is_refused(run: Summary) -> None:
    """By its name."""
    [found] = refusals([("A", run), ("B", other_gpu(run))], "precision")
    assert found == "device 1 × NVIDIA H100 80GB HBM3 in A, 1 × NVIDIA A100 in B"


def test_identity_is_the_only_list(run: Summary, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is in it is compared, and what is added to it from then on; nothing else is free."""
    assert IDENTITY.keys() >= FREE | SETTLED
    assert {"precision", "device"} | {label for label, _, _ in CHANGES} <= IDENTITY.keys() - FREE
    monkeypatch.setitem(IDENTITY, "weather", lambda summary: summary.plan.get("note"))
    [found] = refusals([("A", changed(run, {"plan": {"note": "rain"}})), ("B", run)], "precision")
    assert found.startswith("weather rain in A")


@pytest.mark.parametrize("label", sorted(FREE))
def test_seed_and_host_are_free(run: Summary, label: str) -> None:
    """A container's host name says nothing of the machine."""
    change: dict[str, Change] = {"seed": {"plan": {"seed": 7}}, "host": {"session": {"host": "another"}}}
    assert refusals([("A", run), ("B", changed(run, change[label]))], "precision") == ()


FACTORS: list[tuple[str, Change]] = [
    ("precision", {"session": {"precision": "tf32"}, "about": {"tf32": {"matmul": True, "conv": True}}}),
    ("batch", {"about": {"samples_per_step": 128}}),
    ("compile", {"plan": {"argv": (*WORDS, "--compile")}}),
    ("compile", {"plan": {"argv": (*WORDS, "--compile", "--compile-mode=reduce-overhead")}}),
    ("workers", {"plan": {"argv": (*WORDS, "--workers=8")}}),
    ("cudnn_benchmark", {"plan": {"argv": (*WORDS, "--cudnn-benchmark")}}),
    ("data", {"about": {"data": "digits", "target": 0.95}}),
    ("torch", {"about": {"torch": "2.9.0"}}),
    ("steps", {"plan": {"steps": 9}}),
]


@pytest.mark.parametrize(("factor", "change"), FACTORS, ids=[factor for factor, _ in FACTORS])
def test_the_factor_and_what_follows_from_it_may_differ(run: Summary, factor: str, change: Change) -> None:
    """Between the arms; within an arm it may not."""
    other = changed(run, change)
    assert refusals([("A", run), ("B", other), ("B", other)], factor) == ()
    assert refusals([("A", run), ("B", other)], "another") != ()
    assert refusals([("A", run), ("A", other), ("B", other)], factor) != ()


def test_a_variable_may_differ_and_no_other(run: Summary) -> None:
    """By its name, with `env:` before it or without."""
    kept = run.plan["env_kept"]
    other = changed(run, {"plan": {"env_kept": {**kept, "OMP_NUM_THREADS": "4"}}})
    assert refusals([("A", run), ("B", other)], "env:OMP_NUM_THREADS") == ()
    assert refusals([("A", run), ("B", other)], "OMP_NUM_THREADS") == ()
    assert refusals([("A", run), ("B", other)], "env:NCCL_ALGO") != ()


def test_more_gpus_are_a_factor_but_other_ones_are_not(run: Summary) -> None:
    """Ranks follow."""
    more = changed(other_gpu(run, 4, run.gpus[0].name), {"about": {"world": 4}})
    assert refusals([("1", run), ("4", more)], "gpus") == ()
    assert refusals([("1", run), ("4", more)], "precision") != ()
    assert refusals([("1", run), ("4", other_gpu(run, 4))], "gpus") != ()


SEVERAL = ("python3", "-m", "workloads.common.several", "2", "workloads.resnet50", "--precision=amp-bf16")


def test_what_starts_several_processes_is_no_option(run: Summary) -> None:
    """More ranks are a factor, and nothing else of the command line differs; without one they are refused by count."""
    two = changed(run, {"plan": {"argv": SEVERAL}, "about": {"world": 2}})
    assert refusals([("1", run), ("2", two)], "gpus") == ()
    assert refusals([("1", run), ("2", two)], "precision") == ("ranks 1 in 1, 2 in 2",)
    assert refusals([("1", run), ("2", two), ("2", run)], "gpus") == ("ranks 2 and 1 in 2",)
    compiled = changed(two, {"plan": {"argv": (*SEVERAL, "--compile")}})
    assert refusals([("1", run), ("2", compiled)], "gpus") == ("options none in 1, --compile in 2",)
    assert factor_of([("A", run), ("B", two)]) is None


def test_ranks_on_a_cpu_share_its_threads(run: Summary) -> None:
    """As our workloads divide them; of another factor they are refused."""
    one, two = (
        changed(
            dataclasses.replace(run, gpus=()),
            {"about": {"world": ranks, "device": f"CPU, {threads} thread{'s' if threads > 1 else ''}"}},
        )
        for ranks, threads in ((1, 4), (2, 1))
    )
    assert refusals([("1", one), ("2", two)], "gpus") == ()
    assert len(refusals([("1", one), ("2", two)], "precision")) == 2


def test_where_something_is_written_is_no_option(run: Summary) -> None:
    """A checkpoint's directory may differ, also within an arm, and is no factor; what a run goes on from is one."""
    here, there = (changed(run, {"plan": {"argv": (*WORDS, f"--checkpoint=/tmp/my {name}")}}) for name in "ab")
    assert refusals([("A", run), ("A", there), ("B", here)], "nothing", made=False) == ()
    assert factor_of([("A", here), ("B", there)]) is None
    resumed = changed(run, {"plan": {"argv": (*WORDS, "--resume=/tmp/a")}})
    assert factor_of([("A", run), ("B", resumed)]) == "options"
    assert refusals([("A", run), ("B", resumed)], "nothing", made=False) == ("options none in A, --resume=/tmp/a in B",)


def test_a_command_differs_in_its_seed_alone(run: Summary) -> None:
    """Of stored runs; what an experiment has put together is not asked."""
    one, other, third = (
        changed(run, {"plan": {"kind": "command"}, "session": {"command": f"python train.py --seed={seed} --lr {lr}"}})
        for seed, lr in ((1, 0.1), (2, 0.1), (3, 0.2))
    )
    assert refusals([("A", one), ("B", other)], "nothing", made=False) == ()
    assert refusals([("A", one), ("B", third)], "nothing", made=False) != ()
    assert refusals([("A", one), ("B", third)], "lr") == ()
    assert factor_of([("A", one), ("B", other)]) is None
    assert factor_of([("A", one), ("B", third)]) == "command"


@pytest.mark.parametrize(
    ("label", "change"), [("precision", {"session": {"precision": "fp32"}}), ("commit", CHANGES[9][1])]
)
def test_what_stored_runs_vary_is_found(run: Summary, label: str, change: Change) -> None:
    """The factor is what a person varies on purpose; a version is not, and has to be named."""
    other = changed(run, change)
    assert factor_of([("A", run), ("B", other)]) == label
    assert factor_of([("A", run), ("B", changed(run, {"about": {"torch": "2.9.0"}}))]) is None
    assert set(likeness.CHOICES) <= IDENTITY.keys()
