"""Keys on a screen behind 2 KB/s, ours and Textual's own driver in turn: python -m tests.bench.slow_link [SECONDS]."""

from __future__ import annotations

import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from tests.bench.link import Link
from tests.bench.pretended import Pretended, memory_mib, pretended

BYTES_PER_S = 2000
SIZE = (160, 60)
SETTLE_S = 20.0
KEYS = (("?", "help"), ("\x1b", "dismiss"), (" ", "freeze"), (" ", "freeze"), ("\t", "focus_next"))
NEVER_S = float("inf")


@dataclass
class Delays:
    """Seconds from each key to: handled, its frame handed to the terminal, its frame drawn at the far end.

    `told`: from the terminal's answer that a frame has arrived to its being taken in; one that never was took for ever.
    """

    handled: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    queued_bytes: int = 0


@dataclass(frozen=True)
class Line:
    """One of the viewer's log."""

    word: str
    at_s: float
    what: str


def press_keys(running: Pretended, which: str, seconds: float) -> Delays:
    """One viewer for so long, with a key every three to six seconds."""
    log = running.folder.path / f"{which}.log"
    words = [sys.executable, "-P", "-m", "tests.bench.timed_viewer", running.folder.id, str(log), which]
    link = Link(words, running.environment, size=SIZE, bytes_per_s=BYTES_PER_S)
    pressed: list[tuple[float, str]] = []
    found = Delays()
    try:
        time.sleep(SETTLE_S)
        found.memory_mib.append(memory_mib(link.process.pid))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            key, action = KEYS[len(pressed) % len(KEYS)]
            pressed.append((link.type(key), action))
            time.sleep(random.uniform(3.0, 6.0))
            found.memory_mib.append(memory_mib(link.process.pid))
        time.sleep(SETTLE_S)
        lines = read(log)
        found.queued_bytes = int([line.what for line in lines if line.word == "sent"][-1]) - link.drained[-1][1]
        found.told = told(lines, link.answered)
        for at_s, action in pressed:
            measure(found, lines, link, at_s, action)
        return found
    finally:
        link.close()


def read(log: Path) -> list[Line]:
    """The log's whole lines so far."""
    parts = (line.split(maxsplit=2) for line in log.read_text().splitlines())
    return [Line(word, float(at_s), what) for word, at_s, what in parts]


def measure(found: Delays, lines: list[Line], link: Link, at_s: float, action: str) -> None:
    """What became of one key. What never happened took for ever.

    Its answer may go out before an action has been run to its end, which is when a new screen stands.
    """
    begun = next_s(lines, at_s, "begun", action)
    found.handled.append(next_s(lines, at_s, "handled", action) - at_s)
    first = next((place for place, x in enumerate(lines) if x.word == "sent" and x.at_s > begun), None)
    if first is None:
        return
    found.sent.append(lines[first].at_s - at_s)
    frame = [x for x in lines[first:] if x.word == "sent" and x.at_s < lines[first].at_s + 0.1]
    drawn = link.arrived_s(int(frame[-1].what))
    found.drawn.append(NEVER_S if drawn is None else drawn - at_s)


def next_s(lines: list[Line], at_s: float, word: str, what: str) -> float:
    """When that was said for the first time after `at_s`; infinite where it never was."""
    return next((x.at_s for x in lines if x.word == word and x.at_s > at_s and what in x.what), NEVER_S)


def told(lines: list[Line], answered: list[float]) -> list[float]:
    """Seconds from each answer to its being taken in: they are answered, and taken in, in order."""
    taken = [x.at_s for x in lines if x.word == "told"]
    pairs = zip_longest(answered, taken, fillvalue=NEVER_S) if taken else ()
    return [then - when for when, then in pairs]


def spread(values: list[float]) -> str:
    """Median and worst."""
    return f"{statistics.median(values):6.3f} / {max(values):6.3f}" if values else "–"


def main() -> None:
    """Both, one after the other, on the same session."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with pretended() as running:
        print(f"{SIZE[0]} × {SIZE[1]} behind {BYTES_PER_S} bytes a second; seconds from the key, median / worst")
        for which in ("ours", "stock"):
            found = press_keys(running, which, seconds)
            print(
                f"{which:6} {len(found.handled)} keys: handled {spread(found.handled)}"
                f"   frame sent {spread(found.sent)}   drawn {spread(found.drawn)}"
                f"   {len(found.told)} answers taken in {spread(found.told)}"
                f"   still queued {found.queued_bytes} bytes"
                f"   memory {found.memory_mib[0]:.1f} to {max(found.memory_mib):.1f} MiB"
            )


if __name__ == "__main__":
    main()
