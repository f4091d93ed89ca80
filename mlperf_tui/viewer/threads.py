"""The threads' side of the model: who is busiest now, and where each has been in its last minute."""

from __future__ import annotations

from collections import Counter, deque

from mlperf_tui.records import FrameReading, StackReading, ThreadInfo, ThreadReading
from mlperf_tui.viewer.snapshot import Stack, ThreadNow, ThreadsNow

SECOND_NS = 1_000_000_000
STALE_NS = 10 * SECOND_NS
SPENT_NS = 60 * SECOND_NS
FRAME_STALE_NS = 60 * SECOND_NS
"""With many processes each is asked in its turn, so a frame is older than a CPU share."""

FRAME_FRESH_NS = 5 * SECOND_NS
"""A frame that is older carries its age, unless so many processes share the turns that none can be newer."""

ASKED_EVERY_NS = SECOND_NS // 2
"""py-spy asks two processes a second at most."""

FUNCTIONS = 8


Newest = dict[int, tuple[int, str, int]]
"""By thread: when its frame was read, the frame, and of which process."""


class Threads:
    """Takes the records of threads in order of time."""

    def __init__(self) -> None:
        self._infos: dict[int, ThreadInfo] = {}
        self._reading: ThreadReading | None = None
        self._frames: deque[FrameReading] = deque()
        self._dump: list[StackReading] = []

    def add(self, record: object) -> None:
        """Take in a record; one that is not about threads is not for here."""
        match record:
            case ThreadInfo():
                self._infos[record.tid] = record
            case ThreadReading():
                self._reading = record
            case FrameReading():
                self._frames.append(record)
                while record.t - self._frames[0].t > SPENT_NS:
                    self._frames.popleft()
            case StackReading():
                self._dump = [stack for stack in self._dump if stack.t == record.t] + [record]

    def now(self, now: int, no_frames: str | None, *, ended: bool = False) -> ThreadsNow:
        """The state at `now` (monotonic ns), nothing where the last reading is too old; its last of an ended run."""
        reading = self._reading
        now = reading.t if reading is not None and ended else now
        if reading is None or now - reading.t > STALE_NS:
            return ThreadsNow(no_frames=no_frames)
        newest, spent = self._where(now)
        fresh_ns = self._fresh_ns(newest, reading)
        shares = zip(reading.tids, reading.cpu_cores, reading.states.ljust(len(reading.tids)), strict=False)
        threads = tuple(
            self._thread(tid, cores, state, _placed(newest.get(tid), now, fresh_ns), spent)
            for tid, cores, state in shares
        )
        more = reading.more_cpu_cores
        return ThreadsNow(threads, reading.more_threads, None if more is None else 100 * more, no_frames)

    def dump(self) -> tuple[int, tuple[Stack, ...]] | None:
        """The newest dump: its moment, and its threads by rank."""
        if not self._dump:
            return None
        order = sorted(self._dump, key=lambda one: (one.rank is None, one.rank or 0, one.pid, one.tid))
        return order[0].t, tuple(Stack(one.pid, one.tid, one.name, one.rank, one.frames) for one in order)

    def times_ns(self) -> dict[str, int]:
        """When the newest of each kind was read."""
        newest = {"thread": self._reading, "frame": self._frames[-1] if self._frames else None}
        return {kind: record.t for kind, record in newest.items() if record is not None}

    def _thread(
        self,
        tid: int,
        cores: float | None,
        state: str,
        placed: tuple[str | None, float | None],
        spent: dict[int, Counter[str]],
    ) -> ThreadNow:
        info = self._infos.get(tid)
        return ThreadNow(
            pid=info.pid if info else 0,
            tid=tid,
            name=info.name if info else f"thread {tid}",
            rank=info.rank if info else None,
            cpu_pct=None if cores is None else 100 * cores,
            state=state.strip(),
            frame=placed[0],
            stale_s=placed[1],
            spent=_shares(spent.get(tid, Counter())),
        )

    def _fresh_ns(self, newest: Newest, reading: ThreadReading) -> int:
        """Twice the time after which each process could have been asked again."""
        asked = {newest[tid][2] for tid in reading.tids if tid in newest}
        return max(FRAME_FRESH_NS, 2 * len(asked) * ASKED_EVERY_NS)

    def _where(self, now: int) -> tuple[Newest, dict[int, Counter[str]]]:
        """Each thread's newest frame, and how often it was seen in which function."""
        newest: Newest = {}
        spent: dict[int, Counter[str]] = {}
        for reading in self._frames:
            for tid, frame in zip(reading.tids, reading.frames, strict=False):
                spent.setdefault(tid, Counter())[frame.rpartition(":")[0] or frame] += 1
                if now - reading.t <= FRAME_STALE_NS:
                    newest[tid] = (reading.t, frame, reading.pid)
        return newest, spent


def _placed(seen: tuple[int, str, int] | None, now: int, fresh_ns: int) -> tuple[str | None, float | None]:
    """A thread's frame, and its age in seconds where it isn't fresh."""
    if seen is None:
        return None, None
    age_ns = now - seen[0]
    return seen[1], age_ns / SECOND_NS if age_ns > fresh_ns else None


def _shares(seen: Counter[str]) -> tuple[tuple[str, float], ...]:
    total = sum(seen.values())
    return tuple((function, count / total) for function, count in seen.most_common(FUNCTIONS))
