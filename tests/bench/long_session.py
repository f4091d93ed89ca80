"""A week of eight GPUs: how soon it opens, what it holds, how soon a day back is shown, how large a day is.

python -m tests.bench.long_session. A week's raw files would be gigabytes; of them, and of the minutes, only those
stretches are written that are read: the last ones and those around the moment that is looked at. All else is a hole
in files of full length, with every hour in its place, so that each offset is what it would be. Sizes are those of the
records themselves.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from mlperf_tui.records import (
    About,
    Clock,
    GpuInfo,
    Minute,
    Plan,
    Record,
    encode,
)
from mlperf_tui.session.fold import Fold
from mlperf_tui.session.folder import Folder, create
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.index import MINUTES_OF_AN_HOUR, HourFold
from mlperf_tui.viewer.feed import Feed
from tests.bench.week import GPUS, READINGS, S, Shape, readings, text, written

ROLLUP, HOURS = "rollup-bench.jsonl", "hours-bench.jsonl"
DAYS = 7
DAY_S = 86_400
PLAY_S = 3.0
AROUND_S = 480
"""So much before and after what is looked at is written."""


class Session:
    """Writes a session of that shape into a directory. In each file a stretch takes the same number of bytes."""

    def __init__(self, shape: Shape, root: Path) -> None:
        self.folder = create(root, Plan("s-bench", "run", "bench", (), "/", "bench", "2026-11-24T00:00:00Z"))
        self.shape = shape
        self.parts = shape.stretches(DAYS * DAY_S)
        slack = 4096 if shape.stretch_s >= 60 else 16_384
        self._room = {name: len(text(records)) + slack for name, records in written(shape, 9_999_999).items()}
        self._minute = self._fold(Fold())
        self.minute_bytes = len(self._line(self._moved(self._minute, 9_999_999))) + 64

    def write(self, looked_at: float) -> None:
        """All hours, and the rest around `looked_at` (seconds from the start) and at the end."""
        self._begin()
        self._write_hours()
        around, steps_from = self.shape.stretches(AROUND_S), self.shape.stretches(self.shape.steps_s)
        sight = self.shape.stretches(2 * 3600)
        at = self.shape.stretches(looked_at)
        for last in (at, self.parts):
            for part in range(max(0, last - sight - MINUTES_OF_AN_HOUR), last):
                self._put(ROLLUP, self._line(self._moved(self._minute, part)), part, self.minute_bytes)
            for part in range(max(0, last - around), last + 1):
                for name, records in written(self.shape, part).items():
                    if name == READINGS or part >= last - steps_from:
                        self._put(name, text(records), part, self._room[name])

    def _fold(self, fold: Fold) -> Minute:
        """The second stretch: the first one holds the first steps one by one."""
        for part in (0, 1):
            fold.clear()
            for name, records in written(self.shape, part).items():
                rank = None if name == READINGS else int(name.split("-")[1])
                for record in records:
                    fold.add(Origin(name, rank), record)
        return fold.minute({})

    def _moved(self, minute: Minute, part: int) -> Minute:
        """The same, `part` stretches later, with the offsets of then."""
        later = round((part - 1) * self.shape.stretch_s * S)
        moved = {"last_t": minute.t1 + later, "last_n": round((part + 1) * self.shape.stretch_s * self.shape.rate)}
        ranks = {rank: {**body, **moved} for rank, body in minute.ranks.items()}
        offsets = {name: room * (part + 1) for name, room in self._room.items()}
        return replace(minute, t0=minute.t0 + later, t1=minute.t1 + later, ranks=ranks, offsets=offsets)

    def _write_hours(self) -> None:
        fold = HourFold()
        hour = None
        for _ in range(MINUTES_OF_AN_HOUR):
            hour = fold.add(self._minute, {})
        assert hour is not None
        with (self.folder.path / HOURS).open("wb") as file:
            for last in range(MINUTES_OF_AN_HOUR, self.parts, MINUTES_OF_AN_HOUR):
                moved = self._moved(hour, last - 1)
                file.write(self._line(replace(moved, offsets={**moved.offsets, ROLLUP: last * self.minute_bytes})))

    def _begin(self) -> None:
        """The head of each raw file: a first line, and who is there."""
        clock = Clock(1, 1_700_000_000 * S, "bench", "boot")
        infos: list[Record] = [GpuInfo(index, f"GPU-{index}", "NVIDIA H100 80GB HBM3") for index in range(GPUS)]
        for name in self._room:
            rank = 0 if name == READINGS else int(name.split("-")[1])
            first = infos if name == READINGS else [About(rank, self.shape.ranks, rank, 1000 + rank)]
            (self.folder.path / name).write_bytes(text([clock, *first]))

    def _line(self, minute: Minute) -> bytes:
        return (encode(minute) + "\n").encode()

    def _put(self, name: str, data: bytes, part: int, room: int) -> None:
        """Into its place; what is left of that is a blank line."""
        assert len(data) < room, name
        with (self.folder.path / name).open("r+b" if (self.folder.path / name).exists() else "w+b") as file:
            file.seek(part * room)
            file.write(data.ljust(room - 1, b"\0") + b"\n")


def memory_mb() -> float:
    """The most that this process has held (VmHWM in proc(5))."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def look(path: Path, looked_at: float, *, plays: bool) -> dict[str, float]:
    """Open a session, look back, play, and go live again: seconds and MB."""
    found = {"before": memory_mb()}
    began = time.perf_counter()
    feed = Feed(Folder(path))
    feed.poll()
    found["open"] = time.perf_counter() - began
    found["opened"] = memory_mb()
    for name, t in (("back", round(looked_at * S)), ("again", round((looked_at - 20) * S)), ("live", None)):
        began = time.perf_counter()
        feed.look(t)
        shown = feed.poll()
        found[name] = time.perf_counter() - began
        assert t is None or (shown.look is not None and shown.training.now.samples_per_s), shown.status
    for turn in range(20):
        feed.look(round((looked_at - turn) * S))
        feed.poll()
    found["after"] = memory_mb()
    if plays:
        feed.look(round((looked_at - 100 * PLAY_S) * S))
        found["play"] = played(feed)
    return found


def played(feed: Feed) -> float:
    """The share of one core that it takes to play at 100 times real time."""
    feed.play(100)
    began, cpu = time.perf_counter(), time.process_time()
    while (passed := time.perf_counter() - began) < PLAY_S:
        feed.poll()
        time.sleep(0.25 - passed % 0.25)
    return (time.process_time() - cpu) / PLAY_S


def day_mb(shape: Shape, session: Session) -> dict[str, float]:
    """What a day of each kind of record takes, in MB (10^6)."""
    stretches = DAY_S / shape.stretch_s
    kinds: dict[str, float] = {"rollup": stretches * session.minute_bytes / 1e6}
    for record in readings(shape, 5_000):
        kind = type(record).__name__
        kinds[kind] = kinds.get(kind, 0) + stretches * len(text([record])) / 1e6
    return kinds


def measure(shape: Shape) -> None:
    """One session of that shape."""
    looked_at = (DAYS - 1) * DAY_S + 31.0
    with tempfile.TemporaryDirectory() as directory:
        session = Session(shape, Path(directory))
        session.write(looked_at)
        words = [sys.executable, "-m", "tests.bench.long_session", str(session.folder.path), str(looked_at)]
        words += ["play"] if shape.steps_s >= 100 * PLAY_S else []
        found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    print(f"{DAYS} days, {GPUS} GPUs, {shape.ranks} ranks at {shape.rate} steps a second:")
    print(f"  open {found['open']:.2f} s; a day back {found['back']:.2f} s, 20 s more {found['again']:.2f} s, ", end="")
    print(f"live again {found['live']:.2f} s")
    print(f"  memory {found['before']:.0f} MB before, {found['opened']:.0f} open, {found['after']:.0f} after 20 looks")
    if "play" in found:
        print(f"  played at 100 times real time: {found['play']:.0%} of a core")
    sizes = day_mb(shape, session)
    said = ", ".join(f"{name} {size:.0f}" for name, size in sorted(sizes.items(), key=lambda item: -item[1]))
    print(f"  a day: {sum(sizes.values()):.0f} MB of readings and rollup ({said})")


def main() -> None:
    """With a path and a moment: look at it, as the measured process does."""
    if sys.argv[1:]:
        print(json.dumps(look(Path(sys.argv[1]), float(sys.argv[2]), plays="play" in sys.argv)))
        return
    measure(Shape(ranks=8, rate=10, steps_s=AROUND_S))
    measure(Shape(ranks=1, rate=3000, steps_s=60))


if __name__ == "__main__":
    main()
