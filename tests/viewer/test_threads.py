"""The threads' fold: who is busiest, where each is, and where it spent its last minute."""

from __future__ import annotations

from mlperf_tui.records import FrameReading, StackReading, ThreadInfo, ThreadReading
from mlperf_tui.viewer.threads import Threads

S = 1_000_000_000


def threads(*records: object) -> Threads:
    found = Threads()
    for record in records:
        found.add(record)
    return found


def test_a_thread_has_its_name_share_and_place() -> None:
    """Joined by thread id; one that nobody has named yet goes by its number."""
    found = threads(
        ThreadInfo(S, 7, 7, "rank 0 main", 0),
        ThreadReading(2 * S, (7, 9), (0.99, None), "RS", 3, 0.25),
        FrameReading(2 * S, 7, (7,), ("forward resnet.py:266",)),
    ).now(3 * S, None)
    main, other = found.threads
    assert (main.name, main.rank, main.cpu_pct, main.state, main.frame) == (
        "rank 0 main",
        0,
        99,
        "R",
        "forward resnet.py:266",
    )
    assert (other.name, other.cpu_pct, other.frame) == ("thread 9", None, None)
    assert (found.more_threads, found.more_cpu_pct) == (3, 25)


def test_the_last_minute_adds_up_by_function() -> None:
    """Lines of one function count together; what is older than a minute doesn't count."""
    frames = [
        FrameReading(t * S, 7, (7,), (frame,)) for t, frame in ((1, "old a.py:1"), (70, "f a.py:1"), (71, "f a.py:2"))
    ]
    found = threads(*frames, FrameReading(72 * S, 7, (7,), ("g b.py:9",)), ThreadReading(72 * S, (7,), (1.0,), "R"))
    [thread] = found.now(73 * S, None).threads
    assert thread.spent == (("f a.py", 2 / 3), ("g b.py", 1 / 3))
    assert thread.frame == "g b.py:9"


def test_old_readings_say_nothing_of_now() -> None:
    """A recorder that is gone: no threads rather than those of then. Of an ended run, its last ones."""
    found = threads(ThreadReading(S, (7,), (1.0,), "R"))
    assert found.now(60 * S, None).threads == ()
    assert len(found.now(60 * S, None, ended=True).threads) == 1


def test_a_frame_that_is_too_old_is_not_where_a_thread_is() -> None:
    """It still counts into its last minute."""
    found = threads(FrameReading(S, 7, (7,), ("f a.py:1",)), ThreadReading(61 * S, (7,), (1.0,), "R"))
    [thread] = found.now(62 * S, None).threads
    assert thread.frame is None
    assert thread.spent == (("f a.py", 1.0),)


def placed(t: int, *pids: int) -> Threads:
    """Frames of these processes, a thread each, read at `t`; shares of all of them."""
    frames = [FrameReading(t * S, pid, (pid,), ("f a.py:1",)) for pid in pids]
    return threads(*frames, ThreadReading(12 * S, pids, (1.0,) * len(pids), "R" * len(pids)))


def test_an_old_frame_says_how_old() -> None:
    """Beside a share of now it would be a lie; with many processes each waits its turn, and twice that is no news."""
    assert [one.stale_s for one in placed(8, 7).now(12 * S, None).threads] == [None]
    assert [one.stale_s for one in placed(6, 7).now(12 * S, None).threads] == [6.0]
    assert {one.stale_s for one in placed(6, *range(7)).now(12 * S, None).threads} == {None}
    assert {one.stale_s for one in placed(1, *range(7)).now(12 * S, None).threads} == {11.0}
    assert [one.stale_s for one in placed(4, 7).now(90 * S, None, ended=True).threads] == [8.0]


def test_a_refusal_is_handed_on() -> None:
    """Why there are no frames."""
    assert threads().now(S, "py-spy may not").no_frames == "py-spy may not"


def test_the_newest_dump_by_rank() -> None:
    """A later dump takes an earlier one's place, all of it."""
    found = threads(
        StackReading(S, 1, 1, ("old",), "rank 0 main", 0),
        *(StackReading(2 * S, pid, pid, ("f a.py:1",), f"rank {rank} main", rank) for pid, rank in ((9, 1), (8, 0))),
        StackReading(2 * S, 5, 5, (), "python", None),
    ).dump()
    assert found is not None
    t, stacks = found
    assert t == 2 * S
    assert [stack.name for stack in stacks] == ["rank 0 main", "rank 1 main", "python"]
    assert threads().dump() is None
