"""The rate over the run and of now: a bounded part of the files is read, and what is unknown is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlperf_tui.records import Record, Step, encode
from mlperf_tui.report import pace as pacing
from mlperf_tui.report.build import build
from mlperf_tui.report.pace import POINTS, now, pace
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
    """Half as fast in its second half."""
    assert pace(session(tmp_path / "s")) == (100.0,) * 12 + (50.0,) * 12


def test_from_the_minutes_of_a_longer_one(tmp_path: Path) -> None:
    """All ranks together."""
    folder = session(tmp_path / "s", ranks=2, steps=1440, slow_from=720)
    roller = Roller(folder, "h")
    roller.roll()
    roller.close()
    points = [point for point in pace(folder) if point is not None]
    assert len(points) == POINTS
    assert points[:6] == pytest.approx([200.0] * 6)
    assert points[-6:] == pytest.approx([100.0] * 6)


def test_of_a_long_file_only_places_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And they tell the same."""
    folder = session(tmp_path / "s", steps=2400, slow_from=1200)
    monkeypatch.setattr(pacing, "WHOLE_BYTES", 1000)
    found = pace(folder)
    assert len(found) == POINTS
    assert found[:10] == (100.0,) * 10
    assert found[-10:] == (50.0,) * 10


def test_of_many_minutes_only_some_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole ones: none is torn in reading."""
    folder = session(tmp_path / "s", steps=6000, slow_from=9000)
    roller = Roller(folder, "h")
    roller.roll()
    roller.close()
    monkeypatch.setattr(pacing, "WHOLE_BYTES", 1000)
    assert pace(folder) == (100.0,) * POINTS


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
    assert set(pace(folder)) <= {100.0, None}


def test_now_is_the_last_steps_of_all_ranks(tmp_path: Path) -> None:
    """Summed; unknown once nothing has come for a minute, and before anything has."""
    folder = session(tmp_path / "s", ranks=3, steps=1000, slow_from=500)
    end = 500 * SECOND + 1000 * SECOND
    assert now(folder, end + SECOND) == pytest.approx(150.0)
    assert now(folder, end + 61 * SECOND) is None
    assert now(Folder(tmp_path / "none"), 0) is None


def test_now_is_unknown_as_long_as_one_rank_is(tmp_path: Path) -> None:
    """A rank that tells no samples is not taken for one that does nothing."""
    folder = session(tmp_path / "s", ranks=2)
    silent: list[Record] = [Step(400 * SECOND, 0)]
    (folder.path / "steps-1-0.jsonl").write_text("".join(encode(record) + "\n" for record in silent))
    assert now(folder, 400 * SECOND) is None
