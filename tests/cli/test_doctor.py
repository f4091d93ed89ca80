"""`doctor` as a person calls it, on machines as pynvml tells them from the small fake of NVIDIA's library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.records import Source
from tests.conftest import ROOT
from tests.nvml.build import environment
from tests.nvml.play import TICK, play, scenario

FAR_TOO_SHORT = "from mlperf_tui.doctor import nvml\nnvml.PATIENCE_S = 0.5\nfrom mlperf_tui.cli import main\nmain()"
FULL = {
    "torch": "2.9.0", "cuda": "13.0", "gpus": 8, "archs": ["sm_80", "sm_90"], "nccl": True,
    "gloo": True, "python": "3.11.7",
}  # fmt: skip


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """A Python that answers at once what one with torch would."""
    return python_that_says(tmp_path / "python", FULL)


def python_that_says(path: Path, told: dict[str, Any]) -> Path:
    path.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
    path.chmod(0o755)
    return path


def call(nvml_dir: Path | None, machine: str | Path, *words: str, code: str = "", **env: str) -> str:
    """What it prints there; it must end with 0."""
    start = ["-c", code] if code else ["-m", "mlperf_tui"]
    ended = subprocess.run(
        [sys.executable, *start, "doctor", *words],
        env={**os.environ, **(environment(nvml_dir, machine) if nvml_dir else {}), "COLUMNS": "80", **env},
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def told(nvml_dir: Path | None, machine: str | Path, python: Path, **how: str) -> dict[str, Any]:
    document = json.loads(call(nvml_dir, machine, "--format", "json", "--python", str(python), **how))
    assert isinstance(document, dict)
    return document


def of(document: dict[str, Any], room: str, what: str) -> list[dict[str, Any]]:
    return [one for one in document["findings"] if (one["room"], one["what"]) == (room, what)]


def only(document: dict[str, Any], room: str, what: str) -> dict[str, Any]:
    [found] = of(document, room, what)
    return found


@pytest.mark.parametrize(
    ("machine", "why"),
    [("none", "not loaded"), ("mismatch", "differ in version"), ("no-gpus", "shows no GPU")],
)
def test_without_gpus(nvml_dir: Path, stub: Path, machine: str, why: str) -> None:
    """The recorder's sentence, a remedy, nothing about links, and the rest of the machine all the same."""
    document = told(nvml_dir, machine, stub)
    driver = only(document, "gpus", "driver")
    assert driver["state"] == "missing"
    assert why in driver["says"]
    assert driver["remedy"]
    assert [one for one in document["findings"] if one["room"] == "links"] == []
    assert document["topology"] == {"gpus": [], "matrix": []}
    assert {one["room"] for one in document["findings"]} == {"gpus", "host", "torch", "sessions", "terminal"}


@pytest.mark.skipif(find_library("nvidia-ml") is not None, reason="this machine has the real library")
def test_without_nvml(stub: Path) -> None:
    """A machine that never saw an NVIDIA driver."""
    assert only(told(None, "", stub, LD_LIBRARY_PATH=""), "gpus", "driver")["says"] == "no NVIDIA driver here"


def test_one_gpu(nvml_dir: Path, stub: Path) -> None:
    """All series; no NVLink, no pairs, and no matrix in the text."""
    document = told(nvml_dir, "one-h100", stub)
    assert only(document, "gpus", "tensor_pct")["source"] == "GPM 5"
    assert only(document, "links", "nvlink")["state"] == "missing"
    assert of(document, "links", "peer_access") == []
    assert document["topology"]["matrix"] == [["X"]]
    assert "GPU0" not in call(nvml_dir, "one-h100", "--python", str(stub))


def test_eight_on_switches(nvml_dir: Path, stub: Path) -> None:
    """Eight that are alike take one line, and each pair has 18 links."""
    document = told(nvml_dir, "eight-h100", stub)
    assert [one["state"] for one in document["findings"] if one["room"] == "gpus"] == ["shown"] * 16
    assert only(document, "gpus", "cards")["says"].startswith("8 × NVIDIA H100 80GB HBM3, 79.6 GiB")
    assert only(document, "gpus", "busy_pct")["gpus"] == list(range(8))
    assert only(document, "links", "nvlink")["says"] == "18 links × 26.6 GB/s = 478.1 GB/s each way"
    assert only(document, "links", "peer_access")["says"] == "between all 28 pairs of GPUs"
    assert only(document, "torch", "gpus")["says"] == "torch sees 8, NVML shows 8"
    assert only(document, "torch", "build")["says"] == "has code for compute capability 9.0"
    assert only(document, "torch", "bf16")["state"] == "shown"
    assert {way for row in document["topology"]["matrix"] for way in row} == {"X", "NV18"}
    assert document["topology"]["gpus"][7]["bus"] == "00000000:17:00.0"
    assert call(nvml_dir, "eight-h100", "--python", str(stub)).count("NV18") == 8 * 7


def test_a_pair_on_pcie(nvml_dir: Path, stub: Path, tmp_path: Path) -> None:
    """Two sockets, no peer access, half of the lanes, and a slot that saves power."""
    lines = ("sockets = 2", "peer_status = 1", "pcie_width_now = 8", "pcie_generation_now = 1", "compute_mode = 3")
    document = told(nvml_dir, scenario(tmp_path / "pair.txt", "no-nvlink-a10", *lines), stub)
    assert document["topology"]["matrix"] == [["X", "SYS"], ["SYS", "X"]]
    assert only(document, "links", "peer_access")["state"] == "missing"
    assert only(document, "links", "pcie")["state"] == "partly"
    assert "8 of 16 lanes" in only(document, "links", "pcie")["says"]
    assert only(document, "links", "pcie_tx_bytes_per_s")["source"] == "PcieThroughput"
    assert only(document, "gpus", "sm_pct")["says"] == "GPM needs Hopper or newer"
    assert only(document, "gpus", "compute_mode")["state"] == "partly"
    idle = told(nvml_dir, scenario(tmp_path / "idle.txt", "no-nvlink-a10", "pcie_generation_now = 1"), stub)
    assert only(idle, "links", "pcie")["state"] == "shown"
    assert "power saving" in only(idle, "links", "pcie")["says"]


def test_mig(nvml_dir: Path, stub: Path) -> None:
    """What isn't shown is named; the rest is."""
    document = told(nvml_dir, "mig", stub)
    assert only(document, "gpus", "mig")["state"] == "partly"
    assert only(document, "gpus", "busy_pct")["says"] == "not supported while MIG is on"
    assert only(document, "gpus", "sm_pct")["state"] == "shown"


def test_a_lost_gpu_is_one_line(nvml_dir: Path, stub: Path, tmp_path: Path) -> None:
    """The others are as they were."""
    lost = scenario(tmp_path / "lost.txt", "eight-h100", "lost = 3 0")
    document = told(nvml_dir, lost, stub)
    others = [0, 1, 2, 4, 5, 6, 7]
    [good, bad] = of(document, "gpus", "cards")
    assert (good["gpus"], bad["gpus"], bad["state"]) == (others, [3], "missing")
    assert only(document, "gpus", "busy_pct")["gpus"] == others
    assert only(document, "gpus", "mig")["gpus"] == others
    assert "GPU 3: lost" in call(nvml_dir, lost, "--python", str(stub))


def test_a_library_of_another_branch(nvml_dir: Path, stub: Path, tmp_path: Path) -> None:
    """560.35 beside 560.94 is WSL's own way."""
    for library, state in (("12.560.35.02", "partly"), ("13.580.35.02", "shown")):
        machine = scenario(tmp_path / "x.txt", "one-h100", f"nvml = {library}")
        assert only(told(nvml_dir, machine, stub), "gpus", "driver")["state"] == state


def test_what_differs_is_said_by_index(nvml_dir: Path, stub: Path, tmp_path: Path) -> None:
    """Power is refused on GPU 2 alone."""
    odd = scenario(tmp_path / "odd.txt", "eight-h100", "refuse = nvmlDeviceGetPowerUsage 4 2")
    [shown, missing] = of(told(nvml_dir, odd, stub), "gpus", "power_w")
    assert shown["gpus"] == [0, 1, 3, 4, 5, 6, 7]
    assert (missing["gpus"], missing["says"]) == ([2], "no permission: it needs root")
    assert "root" in missing["remedy"]


@pytest.mark.parametrize(
    "hang", ["nvmlInitWithFlags", "nvmlDeviceGetName", "nvmlGpmSampleGet", "nvmlDeviceGetP2PStatus"]
)
def test_a_driver_that_hangs(nvml_dir: Path, stub: Path, tmp_path: Path, hang: str) -> None:
    """It is said, torch is not let at it, all else is looked at, and the process ends."""
    sick = scenario(tmp_path / "sick.txt", "eight-h100", f"hang = {hang}")
    document = told(nvml_dir, sick, stub, code=FAR_TOO_SHORT)
    assert only(document, "gpus", "driver")["says"] == "NVML did not answer within 0.5 s"
    assert only(document, "torch", "gpus")["state"] == "missing"
    assert only(document, "host", "memory")["state"] == "shown"


def test_workloads_ends_beside_a_driver_that_hangs(nvml_dir: Path, tmp_path: Path) -> None:
    """And says why no GPU counts."""
    sick = scenario(tmp_path / "sick.txt", "eight-h100", "hang = nvmlDeviceGetName")
    ended = subprocess.run(
        [sys.executable, "-c", FAR_TOO_SHORT, "workloads"],
        env={**os.environ, **environment(nvml_dir, sick)}, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "the NVIDIA driver doesn't answer within 0.5 s" in ended.stdout.replace("\n", " ")


def series_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each finding about a series, with the recorder's name of it."""
    for one in document["findings"]:
        if one["room"] in {"gpus", "links"} and one["what"].endswith(
            ("_pct", "_w", "_j", "_c", "_mhz", "_bytes", "_s")
        ):
            link = one["what"].startswith("nvlink_")
            yield (f"link.{one['what'].removeprefix('nvlink_')}" if link else f"gpu.{one['what']}"), one


@pytest.mark.parametrize("machine", ["eight-h100", "one-h100", "v100", "no-nvlink-a10", "mig"])
def test_it_says_what_a_recorder_would(nvml_dir: Path, stub: Path, machine: str) -> None:
    """The same sources, and the same reasons, for each series."""
    recorded = play(nvml_dir, machine, *TICK, "read-energy", "pass 1000", *TICK * 2, "read-until-pcie", "notes")
    found = dict(series_of(told(nvml_dir, machine, stub)))
    sources = {note.series: note.rung for note in recorded.notes if isinstance(note, Source)}
    shown = {series: one["source"] for series, one in found.items() if one["state"] == "shown"}
    assert len(found) >= 11
    assert shown == {series: rung for series, rung in sources.items() if series != "gpu.limits"}
    for series in found.keys() - shown.keys():
        assert [found[series]["says"]] == list(recorded.reasons(series).values())


@pytest.mark.parametrize(
    ("machine", "locale"),
    [
        ("none", "C"),
        ("one-h100", "C.UTF-8"),
        ("eight-h100", "C.UTF-8"),
        ("eight-h100", "C"),
        ("mig", "C"),
        ("v100", "C"),
    ],
)
def test_80_columns_are_enough(nvml_dir: Path, stub: Path, machine: str, locale: str) -> None:
    """In signs that the terminal has, with marks that are no colours."""
    text = call(nvml_dir, machine, "--python", str(stub), LC_ALL=locale, PYTHONUTF8="1")
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert text.isascii() == (locale == "C")
    assert ("  + memory " if locale == "C" else "  ✓ memory ") in text


def test_json_shape(nvml_dir: Path, stub: Path) -> None:
    """What other programs may rely on."""
    document = told(nvml_dir, "eight-h100", stub, LC_ALL="C")
    assert document.keys() == {"format", "findings", "topology"}
    assert document["format"] == 1
    assert " × " in only(document, "links", "nvlink")["says"]
    for one in document["findings"]:
        assert one.keys() == {"room", "what", "state", "says", "source", "remedy", "gpus"}
        assert one["state"] in {"shown", "partly", "missing"}
        assert one["says"]
        assert one["what"] == one["what"].lower()
        assert one["state"] == "shown" or one["remedy"] or one["room"] == "torch"
    assert len(document["topology"]["matrix"]) == len(document["topology"]["gpus"]) == 8


def test_torch_by_another_python(nvml_dir: Path, tmp_path: Path) -> None:
    """None in it, no such program, no CUDA in it, GPUs hidden, and a GPU that it has no code for."""
    bare = python_that_says(tmp_path / "bare", {"python": "3.12.1"})
    assert "has none" in only(told(nvml_dir, "one-h100", bare), "torch", "torch")["says"]
    gone = only(told(nvml_dir, "one-h100", tmp_path / "gone"), "torch", "torch")
    assert "no such program" in gone["says"]
    cpu = python_that_says(tmp_path / "cpu", {**FULL, "cuda": None, "gpus": 0, "nccl": False})
    document = told(nvml_dir, "one-h100", cpu)
    assert only(document, "torch", "gpus")["says"].startswith("this torch is built without CUDA")
    assert only(document, "torch", "ranks")["state"] == "shown"
    hidden = python_that_says(tmp_path / "hidden", {**FULL, "gpus": 2, "visible": "0,1"})
    assert "CUDA_VISIBLE_DEVICES=0,1" in only(told(nvml_dir, "eight-h100", hidden), "torch", "gpus")["says"]
    old = python_that_says(tmp_path / "old", {**FULL, "gpus": 1, "archs": ["sm_70", "sm_80"]})
    assert "no code for compute capability 9.0" in only(told(nvml_dir, "one-h100", old), "torch", "build")["says"]


def test_nothing_is_left_behind(nvml_dir: Path, stub: Path, tmp_path: Path) -> None:
    """Neither sessions nor what the write test made."""
    home = tmp_path / "home"
    home.mkdir()
    document = told(nvml_dir, "none", stub, MLPERF_TUI_SESSIONS=str(home / "sessions"))
    assert only(document, "sessions", "directory")["state"] == "shown"
    assert list(home.iterdir()) == []
