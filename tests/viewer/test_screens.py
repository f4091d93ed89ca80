"""The screens as pictures, from recorded sessions: compared with those that a person has looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer import export_svg
from tests.viewer.app_of import RECORDED, app_of, as_running, ready, recorded

SIZES = [(80, 24), (120, 36), (160, 48)]
Compare = Callable[..., bool]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["cpu-digits", "eight-gpus", "failed"])
def test_a_session_at_its_end(snap_compare: Compare, name: str, size: tuple[int, int]) -> None:
    """Finished on the CPU, stopped on eight GPUs, and failed."""
    assert snap_compare(app_of(recorded(name)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_running_session(snap_compare: Compare, size: tuple[int, int]) -> None:
    """With the numbers of now."""
    assert snap_compare(app_of(as_running(recorded("eight-gpus"))), run_before=ready, terminal_size=size)


def test_a_lost_gpu(snap_compare: Compare) -> None:
    """With its alarm, and the GPUs that the run doesn't use."""
    assert snap_compare(app_of(recorded("gpu-lost")), run_before=ready, terminal_size=(120, 36))


def test_sixteen_gpus_scrolled(snap_compare: Compare) -> None:
    """The table's end, and where it stands."""
    app = app_of(recorded("sixteen-gpus"))
    assert snap_compare(app, press=["shift+tab", "pagedown"], run_before=ready, terminal_size=(80, 24))


def test_help(snap_compare: Compare) -> None:
    """All keys."""
    assert snap_compare(
        app_of(as_running(recorded("eight-gpus"))), press=["question_mark"], run_before=ready, terminal_size=(80, 24)
    )


def test_the_stop_question(snap_compare: Compare) -> None:
    """What will happen, before it does."""
    assert snap_compare(
        app_of(as_running(recorded("eight-gpus"))), press=["S"], run_before=ready, terminal_size=(80, 24)
    )


def test_frozen(snap_compare: Compare) -> None:
    """Said in words."""
    assert snap_compare(
        app_of(as_running(recorded("eight-gpus"))), press=["space"], run_before=ready, terminal_size=(80, 24)
    )


def test_ascii(snap_compare: Compare) -> None:
    """Where the locale is not UTF-8."""
    assert snap_compare(app_of(recorded("gpu-lost"), ascii_only=True), run_before=ready, terminal_size=(120, 36))


def test_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR: nothing is lost with it."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app_of(recorded("gpu-lost")), run_before=ready, terminal_size=(120, 36))


def test_the_exported_picture_is_the_screen() -> None:
    """Of the size that was asked for, with the session's own words."""
    svg = export_svg(Folder(RECORDED / "eight-gpus"), (100, 30))
    assert svg.startswith("<svg")
    assert "resnet50" in svg
    assert "tensor" in svg
