"""The screens as pictures, from recorded sessions: compared with those that a person has looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import Status
from mlperf_tui.viewer import export_svg
from mlperf_tui.viewer.feed import Feed
from mlperf_tui.viewer.messages import Fresh, Outcome
from mlperf_tui.viewer.panes.events import Events
from mlperf_tui.viewer.panes.gpus import Gpus
from mlperf_tui.viewer.panes.links import Links
from mlperf_tui.viewer.panes.output import Output
from mlperf_tui.viewer.panes.pane import ScrollPane
from mlperf_tui.viewer.panes.quality import Quality
from mlperf_tui.viewer.panes.threads import Threads
from mlperf_tui.viewer.panes.throughput import Throughput
from mlperf_tui.viewer.snapshot import Dump, Snapshot, Stack
from tests.viewer.app_of import RECORDED, app_of, ready, recorded, utc

SIZES = [(80, 24), (120, 36), (160, 48), (200, 60)]
Compare = Callable[..., bool]
of_each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def moment(name: str, seconds_before_end: float) -> Snapshot:
    """A recorded session as it was then."""
    utc()
    feed = Feed(Folder(RECORDED / name))
    end = feed.poll()
    feed.look(end.now - round(seconds_before_end * 1e9))
    return feed.poll()


def as_live(name: str, seconds_before_end: float) -> Snapshot:
    """The same, had one looked at it then."""
    return dataclasses.replace(moment(name, seconds_before_end), look=None, status=Status("running"))


@of_each_size
@pytest.mark.parametrize("name", ["cpu-digits", "one-h100", "eight-gpus", "sixteen-gpus", "failed"])
def test_a_session_at_its_end(snap_compare: Compare, name: str, size: tuple[int, int]) -> None:
    """With no GPU, one, eight and sixteen, and one that failed."""
    assert snap_compare(app_of(recorded(name)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES[1:3], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["two-h200", "two-h200-slowed"])
def test_two_real_gpus_at_their_end(snap_compare: Compare, name: str, size: tuple[int, int]) -> None:
    """Joined by NVLink: both alike, and one rank that the other waits for."""
    assert snap_compare(app_of(recorded(name)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["two-h200", "two-h200-slowed"])
def test_two_real_gpus_running(snap_compare: Compare, name: str, size: tuple[int, int]) -> None:
    """The same while they trained."""
    assert snap_compare(app_of(as_live(name, 4)), run_before=ready, terminal_size=size)


@of_each_size
@pytest.mark.parametrize("name", ["cpu-digits", "eight-gpus"])
def test_a_running_session(snap_compare: Compare, name: str, size: tuple[int, int]) -> None:
    """With the numbers of now, and what limits it."""
    assert snap_compare(app_of(as_live(name, 20)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", [(40, 10), (20, 6)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_tiny_terminal(snap_compare: Compare, size: tuple[int, int]) -> None:
    """What doesn't fit is left out whole."""
    assert snap_compare(app_of(as_live("eight-gpus", 20)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_pcie_where_there_is_no_nvlink(snap_compare: Compare, size: tuple[int, int]) -> None:
    """Two A10, without GPM: dashes."""
    assert snap_compare(app_of(as_live("a10-pcie", 20)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("name", ["limit-input", "limit-compute", "limit-memory", "limit-tiny-kernels"])
def test_what_limits_the_run(snap_compare: Compare, name: str) -> None:
    """In one word with its evidence."""
    assert snap_compare(app_of(as_live(name, 20)), run_before=ready, terminal_size=(160, 48))


@pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: f"{size[0]}x{size[1]}")
def test_looking_back(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The line of time with the cursor on it, the output of then."""
    assert snap_compare(app_of(moment("eight-gpus", 60)), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("pane", [Throughput, Quality, Gpus, Links, Threads, Output, Events])
def test_an_enlarged_pane(snap_compare: Compare, pane: type[ScrollPane]) -> None:
    """All that it has, and where it comes from."""
    app = app_of(as_live("eight-gpus", 20))

    async def enlarge(pilot: Pilot[Outcome]) -> None:
        await ready(pilot)
        app.main.query_one(pane).focus()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()

    assert snap_compare(app, run_before=enlarge, terminal_size=(120, 36))


def test_enlarged_dashes_have_reasons(snap_compare: Compare) -> None:
    """Of a card without GPM."""
    app = app_of(as_live("a10-pcie", 20))

    async def enlarge(pilot: Pilot[Outcome]) -> None:
        await ready(pilot)
        app.main.query_one(Gpus).focus()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()

    assert snap_compare(app, run_before=enlarge, terminal_size=(80, 24))


def test_a_dump(snap_compare: Compare) -> None:
    """Every thread's stack, by rank."""
    stacks = tuple(
        Stack(100 + rank, 100 + rank, f"rank {rank} main", rank, ("forward resnet.py:266", "step train.py:118"))
        for rank in range(3)
    )
    snapshot = as_live("eight-gpus", 20)
    told = dataclasses.replace(snapshot, dump=Dump(snapshot.now + 1, snapshot.wall_ns, stacks))

    async def dumped(pilot: Pilot[Outcome]) -> None:
        await ready(pilot)
        await pilot.press("d")
        pilot.app.post_message(Fresh(told))
        await pilot.pause()

    assert snap_compare(app_of(snapshot), run_before=dumped, terminal_size=(80, 24))


def test_a_lost_gpu(snap_compare: Compare) -> None:
    """With its alarm, and the GPUs that the run doesn't use."""
    assert snap_compare(app_of(recorded("gpu-lost")), run_before=ready, terminal_size=(120, 36))


def test_sixteen_gpus_scrolled(snap_compare: Compare) -> None:
    """The table's end, and where it stands."""
    app = app_of(as_live("sixteen-gpus", 20))
    keys = ["shift+tab", "shift+tab", "shift+tab", "pagedown"]
    assert snap_compare(app, press=keys, run_before=ready, terminal_size=(80, 24))


def test_help(snap_compare: Compare) -> None:
    """All keys."""
    assert snap_compare(
        app_of(as_live("eight-gpus", 20)), press=["question_mark"], run_before=ready, terminal_size=(80, 24)
    )


def test_the_stop_question(snap_compare: Compare) -> None:
    """What will happen, before it does."""
    assert snap_compare(app_of(as_live("eight-gpus", 20)), press=["S"], run_before=ready, terminal_size=(80, 24))


def test_frozen(snap_compare: Compare) -> None:
    """Said in words."""
    assert snap_compare(app_of(as_live("eight-gpus", 20)), press=["space"], run_before=ready, terminal_size=(80, 24))


@pytest.mark.parametrize("name", ["cpu-digits", "gpu-lost", "eight-gpus"])
@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_ascii(snap_compare: Compare, name: str, size: tuple[int, int]) -> None:
    """Where the locale is not UTF-8."""
    assert snap_compare(app_of(as_live(name, 10), ascii_only=True), run_before=ready, terminal_size=size)


@pytest.mark.parametrize("name", ["cpu-digits", "gpu-lost", "eight-gpus"])
def test_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """NO_COLOR: nothing is lost with it."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app_of(as_live(name, 10)), run_before=ready, terminal_size=(120, 36))


def test_the_exported_picture_is_the_screen() -> None:
    """Of the size that was asked for, with the session's own words."""
    svg = export_svg(Folder(RECORDED / "eight-gpus"), (100, 30))
    assert svg.startswith("<svg")
    assert "resnet50" in svg
    assert "tensor" in svg
