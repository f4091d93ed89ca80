"""`workloads` on machines with and without GPUs, as pynvml tells it from the small fake of NVIDIA's library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlperf_tui.catalog import WORKLOADS, Workload
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.launch import planning
from tests.conftest import ROOT
from tests.nvml.build import environment
from tests.nvml.play import scenario

KERNELS = ("deepbench-gemm", "deepbench-conv", "deepbench-rnn", "deepbench-allreduce")
TRAININGS = tuple(name for name in WORKLOADS if name not in KERNELS)


def said(nvml_dir: Path, machine: str | Path, columns: str = "160") -> str:
    """What the command prints there."""
    ended = subprocess.run(
        [sys.executable, "-m", "mlperf_tui", "workloads"],
        env={**os.environ, **environment(nvml_dir, machine), "COLUMNS": columns},
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ended.stdout


def fitting(output: str) -> dict[str, str]:
    """What fits, by workload."""
    heading, *lines = output.split("\n\n", maxsplit=1)[0].splitlines()
    start, end = heading.index("fits this machine"), heading.index("model")
    return {line.split()[0]: line[start:end].strip() for line in lines}


@pytest.mark.parametrize(
    ("machine", "why"), [("no-gpus", "it shows no GPU"), ("none", "the NVIDIA driver is not loaded")]
)
def test_without_a_gpu_it_is_tiny(machine: str, why: str, nvml_dir: Path) -> None:
    """And the reason why there is none is said; a kernel has a dash."""
    output = said(nvml_dir, machine)
    assert fitting(output) == {**dict.fromkeys(WORKLOADS, "tiny"), **dict.fromkeys(KERNELS, "–")}
    assert f"no GPU to train on ({why}" in output.replace("the NVIDIA driver is here, but ", "")
    assert "– for a kernel" in output


def test_on_80_gb_all_fit(nvml_dir: Path) -> None:
    """Eight cards: each process has one of them."""
    output = said(nvml_dir, "eight-h100")
    assert {name: fitting(output)[name] for name in TRAININGS} == dict.fromkeys(TRAININGS, "tiny small reference")
    assert "By its largest GPU, NVIDIA H100 80GB HBM3 with 79.6 GiB" in output
    assert "Too large" not in output


def test_on_a_small_card_some_do(nvml_dir: Path, tmp_path: Path) -> None:
    """8 GiB: 7.2 have no room in it beside a GiB to spare, and what doesn't fit is named with what it took."""
    output = said(nvml_dir, scenario(tmp_path / "small.txt", "no-nvlink-a10", "memory_mib = 8192"))
    fits = fitting(output)
    assert {name for name in TRAININGS if fits[name] == "tiny small"} == {"resnet50", "transformer", "gnmt"}
    assert fits["maskrcnn"] == "tiny small reference in amp"
    assert {fits[name] for name in ("ssd", "ncf", "dawn-resnet18", "dawn-drqa")} == {"tiny small reference"}
    for told in ("resnet50 21.4 GiB (256 images a batch)", "transformer 9.4 GiB (5,120 tokens a batch)"):
        assert told in output.replace("\n", " ")


def test_memory_that_is_not_told_is_a_dash(nvml_dir: Path, tmp_path: Path) -> None:
    """NVML's code 3, as of cards that share the host's memory."""
    output = said(nvml_dir, scenario(tmp_path / "x.txt", "one-h100", "refuse = nvmlDeviceGetMemoryInfo* 3 -1"))
    assert {name: fitting(output)[name] for name in TRAININGS} == dict.fromkeys(TRAININGS, "tiny small –")
    assert "how much memory NVIDIA H100 80GB HBM3 has is unknown" in output


@pytest.mark.parametrize("machine", ["no-gpus", "no-nvlink-a10", "eight-h100"])
def test_80_columns_are_enough(machine: str, nvml_dir: Path) -> None:
    """Two lines a workload then, and no word less."""
    narrow, wide = said(nvml_dir, machine, "80"), said(nvml_dir, machine)
    assert max(map(len, narrow.splitlines())) <= 80
    assert sorted(narrow.split()) == sorted(wide.split())


@pytest.mark.parametrize("workload", [one for one in WORKLOADS.values() if one.embedded], ids=lambda one: one.name)
def test_what_the_table_names_as_data_is_taken(workload: Workload) -> None:
    """The embedded one by its name, and noise; another workload's is a directory that isn't there."""
    for data in workload.embedded:
        planning._check_data(workload, data)
    with pytest.raises(MlperfTuiError, match=f"or `{workload.embedded[0]}` or `synthetic`$"):
        planning._check_data(workload, "nobody's")
