"""An experiment as an H100 ran it: fp32 against amp-fp16, four pairs in turns, on one batch."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlperf_tui.report.ab.build import build
from mlperf_tui.session.experiments import experiments
from tests.recorded import parts


def test_a_measured_experiment(tmp_path: Path) -> None:
    """Ratio, interval, evidence and reasons as they were on the day; nothing is held back or refused."""
    root = Path(shutil.copytree(parts.HERE / "ab-h100", tmp_path / "sessions"))
    [folder] = experiments(root)
    ab = build(folder)
    [comparison] = ab.comparisons
    speed, learning = comparison.speed, comparison.learning
    assert (ab.pairs, ab.refused, speed.conclusion, speed.settled) == (4, (), "faster", True)
    assert speed.looks[-1].ratio == pytest.approx(5.58, abs=0.01)
    assert speed.looks[-1].half_width < 0.005
    assert speed.mean_a == pytest.approx(886, abs=2)
    assert (learning.conclusion, "one batch" in learning.why) == ("cannot_tell", True)
    changed = {change.name: change for change in comparison.changes}
    tensor, memory = changed["tensor_pct"], changed["memory_allocated_peak_bytes"]
    assert tensor.clear
    assert tensor.a == pytest.approx(0.3, abs=0.1)
    assert tensor.b == pytest.approx(12.8, abs=0.5)
    assert memory.a is not None
    assert memory.b is not None
    assert memory.a / memory.b == pytest.approx(1.94, abs=0.02)
    assert "fp32: TF32 off" in ab.warnings
    assert not any("others held" in warning for warning in ab.warnings), "that was the pair before, on its way out"
    assert all(len(process.windows) == 2 and process.source == "GPU events" for process in ab.processes)
