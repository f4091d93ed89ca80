"""Summaries of whole sessions from their files; `recorded/one-h100` was measured on a real card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlperf_tui.report.build import build, store
from mlperf_tui.report.listing import listing
from mlperf_tui.report.render import STYLES, render
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.rollup import minutes
from tests.recorded.test_make import GENERATED

RECORDED = Path(__file__).parent.parent / "recorded"


@pytest.fixture
def h100(tmp_path: Path) -> Folder:
    """A copy, since to look at a session may write its rollup."""
    return Folder(Path(shutil.copytree(RECORDED / "one-h100", tmp_path / "s-one-h100")))


def test_a_real_run(h100: Folder) -> None:
    """400 steps of ResNet-50 in amp-bf16: what the recorder on that machine had worked out, to its digits."""
    summary = build(h100)
    assert summary.session.status == "finished"
    assert summary.throughput.mean == pytest.approx(4010, abs=1)
    assert (summary.throughput.steps, summary.throughput.warmup_steps) == (399, 1)
    assert summary.throughput.step_time_ms is not None
    assert summary.throughput.step_time_ms.source == "GPU events"
    [gpu] = summary.gpus
    assert gpu.in_use
    assert gpu.tensor_pct is not None
    assert gpu.tensor_pct.mean == pytest.approx(11, abs=1)
    assert gpu.memory_allocated_peak_bytes == pytest.approx(11.0 * 2**30, rel=0.01)
    assert summary.energy.j_per_sample == pytest.approx(0.144, abs=0.001)
    assert "no NVLink" in summary.unknown["links"]


def test_the_rollup_is_remade_and_comes_to_the_same(h100: Folder) -> None:
    """Without one the raw files are read and it is written; then it is read: the summary is the same."""
    assert not minutes(h100)
    from_raw = render(h100, "json")
    assert minutes(h100)
    again, before = json.loads(render(h100, "json")), json.loads(from_raw)
    assert again["throughput"] == before["throughput"]
    assert again["quality"] == before["quality"]
    assert again["marks"] == before["marks"]


def test_the_gpus_in_use_alone_make_the_traffic(tmp_path: Path) -> None:
    """Four of eight: the others are another's."""
    folder = Folder(Path(shutil.copytree(RECORDED / "gpu-lost", tmp_path / "gpu-lost")))
    text = render(folder, "text")
    assert "mean of 4 (GPM); a GPU sends" in text


@pytest.mark.parametrize("name", [*GENERATED, "one-h100"])
@pytest.mark.parametrize("style", list(STYLES))
def test_every_recorded_session_in_every_style(tmp_path: Path, name: str, style: str) -> None:
    """No session is too odd for a summary."""
    folder = Folder(Path(shutil.copytree(RECORDED / name, tmp_path / name)))
    assert folder.plan().id in render(folder, style)


def test_stored_and_listed(h100: Folder) -> None:
    """summary.json is what `list` reads afterwards."""
    store(h100)
    [heading, line] = listing(h100.path.parent)
    assert heading.split()[:6] == ["session", "name", "status", "workload", "precision", "throughput"]
    assert "finished" in line
    assert "4,010 images/s" in line
