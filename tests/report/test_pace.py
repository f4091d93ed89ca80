"""The rate over the run: spaced by time, from a bounded part of the files, and blank where nothing was trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlperf_tui.records import HostReading, Step, encode
from mlperf_tui.report import pace as pacing
from mlperf_tui.report.build import build
from mlperf_tui.report.pace import POINTS, pace
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.rollup import Roller

RECORDED = Path(__file__).parent.parent / "recorded"
SECOND = 1_000_000_000


def session(path: Path, ranks: int = 1, steps: int = 240, slow_from: int = 120) -> Folder:
    """Steps of 1 s each with 100 samples; from one on they take twice as long."""
    folder = Folder(path)
    path.mkdir()
    for rank in range(ranks):
        t, lines = 0, []
        for n in range(steps):
            seconds = 1.0 if n < slow_from else 2.0
            t += int(seconds * SECOND)
            lines.append(encode(Step(t, n, 100, 0.25 * seconds, 0.75 * seconds)))
        (path / f"steps-{rank}-0.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_from_the_steps_of_a_short_run(tmp_path: Path) -> None:
    """Half as fast in the last two thirds of its time."""
    assert pace(session(tmp_path / "s")) == pytest.approx([100.0] * 8 + [50.0] * 16)


def test_where_it_stands_still_it_is_blank(tmp_path: Path) -> None:
    """At its end, as of now, and in between."""
    folder = session(tmp_path / "s", steps=120)
    assert pace(folder, 360 * SECOND) == pytest.approx([100.0] * 8 + [None] * 16)
    later = "".join(encode(Step((360 + n) * SECOND, 120 + n, 100, 0.25, 0.75)) + "\n" for n in range(1, 121))
    with folder.steps()[0].open("a") as file:
        file.write(later)
    assert pace(folder) == pytest.approx([100.0] * 6 + [None] * 12 + [100.0] * 6)


def test_from_the_minutes_of_a_longer_one(tmp_path: Path) -> None:
    """All ranks together."""
    folder = session(tmp_path / "s", ranks=2, steps=1440, slow_from=720)
    roller = Roller(folder, "h")
    roller.roll()
    roller.close()
    points = pace(folder)
    assert len(points) == POINTS
    assert points[:7] == pytest.approx([200.0] * 7)
    assert points[-15:] == pytest.approx([100.0] * 15)


def test_minutes_without_a_step_are_blank(tmp_path: Path) -> None:
    """The recorder goes on writing them."""
    folder = session(tmp_path / "s", steps=1440, slow_from=9000)
    with (folder.path / "readings-h-0.jsonl").open("w") as file:
        for second in range(1440, 2880, 10):
            file.write(encode(HostReading(second * SECOND)) + "\n")
    roller = Roller(folder, "h")
    roller.roll()
    roller.close()
    points = pace(folder, 2880 * SECOND)
    assert points[:11] == pytest.approx([100.0] * 11)
    assert points[13:] == (None,) * 11


def test_of_a_long_file_only_places_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And they tell the same."""
    folder = session(tmp_path / "s", steps=2400, slow_from=1200)
    monkeypatch.setattr(pacing, "WHOLE_BYTES", 1000)
    found = pace(folder)
    assert len(found) == POINTS
    assert found[:7] == pytest.approx([100.0] * 7)
    assert found[-15:] == pytest.approx([50.0] * 15)
    assert pace(folder, 7200 * SECOND) == pytest.approx([100.0] * 4 + [50.0] * 8 + [None] * 12)


def test_of_many_minutes_only_some_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole ones: none is torn in reading."""
    folder = session(tmp_path / "s", steps=6000, slow_from=9000)
    roller = Roller(folder, "h")
    roller.roll()
    roller.close()
    monkeypatch.setattr(pacing, "WHOLE_BYTES", 1000)
    assert pace(folder) == pytest.approx([100.0] * POINTS)


@pytest.mark.parametrize("name", ["cpu-digits", "eight-gpus", "failed", "gpu-lost", "sixteen-gpus", "one-h100"])
def test_every_recorded_session_has_one(tmp_path: Path, name: str) -> None:
    """Before its rollup is made, and after."""
    folder = Folder(Path(shutil.copytree(RECORDED / name, tmp_path / name)))
    before = pace(folder)
    build(folder)
    assert len(before) == len(pace(folder)) == POINTS


def test_two_points_are_no_line(tmp_path: Path) -> None:
    """Nor is nothing."""
    assert pace(session(tmp_path / "s", steps=2)) == ()
    assert pace(Folder(tmp_path / "none")) == ()


def test_torn_and_foreign_lines_are_left_out(tmp_path: Path) -> None:
    """The step before and the one after count."""
    folder = session(tmp_path / "s", steps=24)
    path = folder.steps()[0]
    path.write_text(path.read_text().replace('{"step":', '{"step":{torn\nnonsense\n{"step":', 1))
    assert {point if point is None else round(point, 6) for point in pace(folder)} <= {100.0, None}
