"""Loss curves: bounded, in order, by samples of all ranks; of a long file from places in it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import About, Late, Record, Step, encode
from mlperf_tui.report.ab import losses
from mlperf_tui.report.ab.losses import MOST, Curve, sampled
from mlperf_tui.session.folder import Folder


def fed(count: int, most: int, world: int = 1) -> Curve:
    """Losses that are their own step number."""
    curve = Curve(most)
    curve.add(About(0, world, 0, 1))
    for n in range(count):
        curve.add(Step(n, n, 10, None, 1.0))
        curve.add(Late(n, loss=float(n)))
    return curve


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(2, 50), st.integers(1, 8))
def test_a_curve_is_bounded_and_even(count: int, most: int, world: int) -> None:
    """From the first loss on, the same distance between them; where there are few, all."""
    points = fed(count, most, world).points
    assert len(points) <= most
    assert len(points) >= min(count, most // 2)
    assert all(samples == 10 * world * (loss + 1) for samples, loss in points)
    assert len({later[1] - sooner[1] for sooner, later in pairwise(points)}) <= 1
    if count <= most:
        assert len(points) == count


def test_a_loss_that_is_no_number_is_left_out() -> None:
    """It is counted elsewhere."""
    curve = Curve()
    for n, loss in enumerate([1.0, math.nan, math.inf, 2.0]):
        curve.add(Step(n, n, 10))
        curve.add(Late(n, loss=loss))
    assert curve.points == ((10.0, 1.0), (40.0, 2.0))


def session(path: Path, steps: int) -> Folder:
    """One rank of two."""
    path.mkdir()
    lines: list[Record] = [About(0, 2, 0, 1)]
    for n in range(steps):
        lines += [Step(1000 * n, n, 10, 0.25, 0.75), Late(n, 0.5, round(2.0 * math.exp(-n / 3000), 5))]
    (path / "steps-0-0.jsonl").write_text("".join(encode(line) + "\n" for line in lines))
    return Folder(path)


def test_of_a_long_file_only_places_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They lie on the curve, all along it, and say the samples of both ranks."""
    folder = session(tmp_path / "s", 20_000)
    size = folder.steps()[0].stat().st_size
    assert size > losses.WHOLE_BYTES
    monkeypatch.setattr(losses, "BLOCKS", 20)
    points = sampled(folder).points
    assert 20 <= len(points) <= MOST
    assert all(loss == round(2.0 * math.exp(-(samples / 20 - 1) / 3000), 5) for samples, loss in points)
    assert list(points) == sorted(points)
    assert points[0][0] < 2_000
    assert points[-1][0] > 398_000


def test_a_short_file_is_read_whole(tmp_path: Path) -> None:
    """Every loss of it; and nothing where there is no file."""
    assert len(sampled(session(tmp_path / "s", 300)).points) == 300
    assert sampled(Folder(tmp_path / "none")).points == ()


def test_what_a_program_prints_counts_where_no_rank_writes(tmp_path: Path) -> None:
    """Its steps file is the recorder's."""
    folder = session(tmp_path / "s", 30)
    folder.steps()[0].rename(folder.printed)
    assert len(sampled(folder).points) == 30
