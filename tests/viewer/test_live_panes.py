"""What links, threads and stacks look like."""

from __future__ import annotations

import dataclasses

import pytest

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.panes.footer import watching
from mlperf_tui.viewer.panes.host import timeline
from mlperf_tui.viewer.panes.links import Links, LinksLine
from mlperf_tui.viewer.panes.rows import Content, Room
from mlperf_tui.viewer.panes.rows import Look as Dim
from mlperf_tui.viewer.panes.threads import Threads
from mlperf_tui.viewer.panes.throughput import Throughput, limited
from mlperf_tui.viewer.snapshot import Cost, LinkNow, LinksNow, Look, ThreadNow, ThreadsNow
from tests.viewer.app_of import recorded

S = 1_000_000_000
EIGHT = recorded("eight-gpus")


def text(content: Content) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in [*content.head, *content.body])


def test_a_gpu_that_does_not_say_is_a_dash_and_not_in_the_sum() -> None:
    """The sum says of how many it is."""
    links = LinksNow("NVLink", (LinkNow(0, 100e9, 90e9, 478e9, 5.6e9), LinkNow(1)), "GPM")
    snapshot = dataclasses.replace(EIGHT, links=links)
    content = Links().content(snapshot, Room(42, 6))
    first, second = text(content).splitlines()[1:]
    assert first.split() == ["0", "100.0", "90.0", "21", "%", "5.60", "GB"]
    assert second.split() == ["1", "–", "–", "–", "–"]
    assert content.note == "all: sent 100.0, received 90.0 GB/s, 1 of 2 GPUs"
    assert "1 of 2 GPUs" in text(LinksLine().content(snapshot, Room(80, 1)))


def test_no_links_is_one_line_that_says_why() -> None:
    """In the recorder's words."""
    snapshot = dataclasses.replace(EIGHT, links=LinksNow(reason="no NVLink: not supported by this GPU"))
    assert text(Links().content(snapshot, Room(80, 6))).strip() == "no NVLink: not supported by this GPU"
    assert "no NVLink: not supported" in text(LinksLine().content(snapshot, Room(80, 1)))


def test_pcie_says_that_it_is_pcie() -> None:
    """In its heading, with what measures it."""
    found = recorded("a10-pcie")
    assert Links().heading(found).startswith("PCIe, GB/s (")


def test_an_old_frame_has_its_age_in_front() -> None:
    """In words, where a narrow pane doesn't cut it off; dim besides."""
    old = ThreadNow(7, 7, "rank 0 main", 0, 53.0, "R", "_tokenize tokenize.py:604", stale_s=12.4)
    snapshot = dataclasses.replace(EIGHT, status=Status("running"), threads=ThreadsNow((old,)))
    [line] = Threads().content(snapshot, Room(80, 6)).body
    assert line[-1] == ("12 s ago: _tokenize tokenize.py:604", Dim.DIM)
    assert "12 s ago" in text(Threads().content(snapshot, Room(44, 6)))
    ended = dataclasses.replace(snapshot, status=Status("finished"))
    assert "12 s before the end: _tokenize" in text(Threads().content(ended, Room(80, 6)))


def test_a_thread_without_a_frame_says_its_state() -> None:
    """Rather than nothing."""
    threads = ThreadsNow(
        (ThreadNow(7, 7, "rank 0 main", 0, 99.0, "R", "forward resnet.py:266"), ThreadNow(7, 8, "x", 0, 1.0, "D"))
    )
    snapshot = dataclasses.replace(EIGHT, threads=threads)
    first, second = text(Threads().content(snapshot, Room(80, 6))).splitlines()
    assert first.split() == ["99", "%", "rank", "0", "main", "forward", "resnet.py:266"]
    assert second.endswith("waiting for a device")


def test_an_enlarged_thread_says_where_it_spent_its_last_minute() -> None:
    """Functions with their shares."""
    thread = ThreadNow(7, 7, "main", 0, 99.0, "R", "f a.py:2", (("f a.py", 0.75), ("g b.py", 0.25)))
    pane = Threads()
    pane.enlarged = True
    found = text(pane.content(dataclasses.replace(EIGHT, threads=ThreadsNow((thread,))), Room(80, 6)))
    assert "last minute:  75 % f a.py  25 % g b.py" in found


def test_a_refusal_stands_in_the_title() -> None:
    """With its reason."""
    snapshot = dataclasses.replace(EIGHT, threads=ThreadsNow(no_frames="py-spy may not read this process"))
    assert "no frames: py-spy may not read this process" in Threads().content(snapshot, Room(80, 6)).note


@pytest.mark.parametrize("width", [20, 60, 200])
def test_the_limit_comes_before_its_evidence(width: int) -> None:
    """What doesn't fit is left out whole or shortened; the word always stands."""
    verdict = Verdict("input", ("data wait 54 %", "busy 40 %"), "give the loader more --workers")
    found = limited(verdict, width)
    assert found.startswith("limited by: input")
    assert len(found) <= width
    assert ("busy 40 %" in found) == (width >= 60)
    assert limited(None, width) == ""


def test_a_roomy_pane_says_what_to_do() -> None:
    """In a line of its own."""
    verdict = Verdict("input", ("data wait 54 %",), "give the loader more --workers")
    snapshot = dataclasses.replace(EIGHT, limited=verdict)
    assert "next: give the loader more --workers" in text(Throughput().content(snapshot, Room(80, 12)))
    assert "next:" not in text(Throughput().content(snapshot, Room(80, 4)))


def test_the_line_of_time() -> None:
    """When, how far before the end, and a mark at its place."""
    at = Look(40 * S, 0.0, 0, 100 * S)
    found = timeline(EIGHT, at, 120)
    assert "stands still" in found
    assert "00:01:00 before the end" in found
    line = found[found.index("─") :]
    assert line.index("●") / len(line) == pytest.approx(0.4, abs=0.05)
    assert "plays 10×" in timeline(EIGHT, dataclasses.replace(at, speed=10.0), 120)


def test_what_watching_costs() -> None:
    """Both together; late ticks are told; unknown is nothing."""
    assert watching(Cost(recorder_pct=0.4, viewer_pct=1.7, late_ticks=0)) == "watching costs 2.1 %"
    assert watching(Cost(recorder_pct=0.4, late_ticks=3)) == "watching costs 0.4 %, 3 late ticks"
    assert watching(Cost()) == ""
    whole = watching(Cost(recorder_pct=0.4, viewer_pct=1.7, bytes_per_s=786.2, late_ticks=0), whole=True)
    assert whole == "watching costs 2.1 % (recorder 0.4, viewer 1.7), 786 B/s, 0 late ticks"
    assert watching(Cost(viewer_pct=1.7), whole=True) == "watching costs 1.7 % (viewer 1.7)"
