"""How soon a running session stands on the screen: python -m tests.bench.first_picture [RUNS [CHECKOUT …]].

Of each checkout in turn, so that a drift of the machine hits all; without one named, of this one.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.link import Link

HERE = Path(__file__).parents[2]
RUNS = 15
SIZE = (160, 60)
SETTLE_S = 6.0
GIVE_UP_S = 5.0
BUSY = """
import time
from mlperf_tui.steps import Steps
def forever():
    while True:
        yield None
steps = Steps(samples_per_step=32)
for _ in steps.over(forever()):
    until = time.perf_counter() + 0.02
    while time.perf_counter() < until:
        pass
    steps.end(loss=1.0)
"""
TRAININGS = {
    "one busy rank": [sys.executable, "-c", BUSY],
    "eight ranks": [sys.executable, "-m", "tests.bench.eight_ranks"],
}
WHOLE = (b"Throughput", b"Quality", b"CPU threads", b"Output", b"Events", b"enlarge")
"""The panes' titles and one of the footer's last keys: once all have arrived, the picture is whole."""


class Words:
    """Takes the terminal's bytes in instead of drawing them: when had all these words arrived?"""

    def __init__(self, words: tuple[bytes, ...]) -> None:
        self.whole_s: float | None = None
        self._words = words
        self._seen = b""

    def feed(self, data: bytes) -> None:
        """What has arrived."""
        self._seen += data
        if self.whole_s is None and all(word in self._seen for word in self._words):
            self.whole_s = time.monotonic()


class Watching(Link):
    """`watch` in a terminal that looks for the whole picture. Its process takes far longer to begin than this does."""

    def __init__(self, session: str, environment: dict[str, str]) -> None:
        words = [sys.executable, "-P", "-m", "mlperf_tui", "watch", session]
        super().__init__(words, environment, size=SIZE)
        self.words = Words(WHOLE)
        self._stream = self.words  # type: ignore[assignment]

    def first_picture_s(self) -> float:
        """From the process's start until its picture was whole."""
        began = self.drained[0][0]
        while self.words.whole_s is None and time.monotonic() < began + GIVE_UP_S:
            time.sleep(0.05)
        if self.words.whole_s is None:
            raise SystemExit(f"no whole picture within {GIVE_UP_S:g} s")
        return self.words.whole_s - began


@contextmanager
def running(training: list[str], environment: dict[str, str]) -> Iterator[str]:
    """A session's id, with some seconds of readings; stopped at the end."""
    tool = [sys.executable, "-P", "-m", "mlperf_tui"]
    words = [*tool, "run", "--detach", "--", *training]
    session = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    try:
        time.sleep(SETTLE_S)
        yield session
    finally:
        subprocess.run([*tool, "stop", session], env=environment, capture_output=True, check=False)


def measure(session: str, environment: dict[str, str], checkout: Path) -> float:
    """One viewer of that checkout."""
    watching = Watching(session, {**environment, "PYTHONPATH": str(checkout)})
    try:
        return watching.first_picture_s()
    finally:
        watching.close()


def spread(seconds: list[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f}, {len(seconds)} runs)"


def compare(runs: int, checkouts: list[Path], session: str, environment: dict[str, str]) -> dict[Path, list[float]]:
    """Seconds to the first picture, by checkout, one of each in turn. The first round fills the caches: not counted."""
    found: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
    for turn in range(runs + 1):
        for checkout, seconds in found.items():
            took_s = measure(session, environment, checkout)
            if turn:
                seconds.append(took_s)
    return found


def main() -> None:
    """Beside one rank that keeps a core busy, and beside eight with their loaders."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    checkouts = [Path(word) for word in sys.argv[2:]] or [HERE]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name, training in TRAININGS.items():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
            environment = {
                **inherited, "MLPERF_TUI_SESSIONS": directory, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
                "PYTHONPATH": str(HERE),
            }  # fmt: skip
            with running(training, environment) as session:
                found = compare(runs, checkouts, session, environment)
        for checkout, seconds in found.items():
            print(f"{name}, {checkout}: {spread(seconds)}", flush=True)


if __name__ == "__main__":
    main()
