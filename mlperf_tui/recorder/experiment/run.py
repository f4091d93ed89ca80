"""One process of a pair while it runs: how far it is, whether it waits, how long its steps take."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from mlperf_tui import launch
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import About, Late, Mark, Record, Step
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail
from mlperf_tui.session.output import last_lines
from mlperf_tui.session.status import status

LOOK_EVERY_S = 0.02
STATUS_EVERY_S = 0.5
RECENT = 64
REFUSED = 2


class RunEnded(MlperfTuiError):
    """A process has ended before its evidence was complete; the text says how."""


class RecorderLost(RunEnded):
    """Its recorder is gone, whatever for: that says nothing against the pair."""


class Refused(MlperfTuiError):
    """One of our workloads won't do what is asked (its exit code is 2): to ask again is of no use."""


@dataclass(slots=True)
class _Rank:
    tail: Tail
    ended: int = 0
    waits: bool = False


@dataclass(slots=True)
class Run:
    """Follows one session by its steps files. `idle` is called between two looks, and may raise to end the wait."""

    folder: Folder
    idle: Callable[[], None]
    about: About | None = None
    host_s: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    gpu_s: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    data_s: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    _ranks: dict[Path, _Rank] = field(default_factory=dict)
    _status_at: float = 0.0

    def wait_for_turn_end(self, steps: int) -> None:
        """Return once all ranks wait, having ended so many steps. Raises RunEnded when the run has ended instead."""
        while not self._all_wait(steps):
            self._raise_if_ended()
            self.idle()
            time.sleep(LOOK_EVERY_S)

    def wait_for_end(self, trains: Callable[[], None] = lambda: None) -> str:
        """The status word that it has ended with; `trains` is called once, when its first step is seen.

        One that loses its recorder is given another: it needs an End.
        """
        trained = False
        while (state := status(self.folder)).live:
            self.idle()
            if not trained and (trained := self._has_stepped()):
                trains()
            if state.word == "running-unrecorded":
                self._revive()
            time.sleep(LOOK_EVERY_S)
        return state.word

    @property
    def steps(self) -> int:
        """How many steps the slowest rank has ended."""
        return min((rank.ended for rank in self._ranks.values()), default=0)

    @property
    def step_s(self) -> float | None:
        """How long a step takes at present, by the GPU's clock where there is one."""
        times = self.gpu_s or self.host_s
        return median(times) if times else None

    def data_wait_share(self, steps: int) -> float:
        """The share of the last `steps` steps' time that waited for data."""
        waited, whole = list(self.data_s)[-steps:], list(self.host_s)[-steps:]
        return sum(waited) / sum(whole) if sum(whole) > 0 else 0.0

    @property
    def steps_left(self) -> int | None:
        """How many steps are still to come before the run ends by itself; None where it doesn't say."""
        about = self.about
        if about is None or about.epochs is None or about.steps_per_epoch is None:
            return None
        return max(0, about.epochs * about.steps_per_epoch - self.steps)

    def _all_wait(self, steps: int) -> bool:
        for path in self.folder.steps():
            rank = self._ranks.setdefault(path, _Rank(Tail(path)))
            for record in rank.tail.read():
                self._take(rank, record)
        world = self.about.world if self.about is not None else 1
        waiting = [rank for rank in self._ranks.values() if rank.waits and rank.ended >= steps]
        return len(waiting) >= world

    def _has_stepped(self) -> bool:
        """Whether a rank has told a step since the last time, or a line was printed for one."""
        paths = [*self.folder.steps(), self.folder.printed]
        ranks = [self._ranks.setdefault(path, _Rank(Tail(path))) for path in paths if path.exists()]
        return any(isinstance(record, Step) for rank in ranks for record in rank.tail.read())

    def _take(self, rank: _Rank, record: Record) -> None:
        if isinstance(record, Step):
            rank.ended = record.n + 1
            self.data_s.append(record.data_s or 0.0)
            self.host_s.append((record.host_s or 0.0) + (record.data_s or 0.0))
        elif isinstance(record, Late) and record.gpu_s is not None:
            self.gpu_s.append(record.gpu_s)
        elif isinstance(record, Mark) and record.key in {"turn_wait", "turn_start"}:
            rank.waits = record.key == "turn_wait"
        elif isinstance(record, About):
            self.about = record

    def _raise_if_ended(self) -> None:
        if time.monotonic() < self._status_at:
            return
        self._status_at = time.monotonic() + STATUS_EVERY_S
        state = status(self.folder)
        if not state.live and state.end is not None and state.end.exit_code == REFUSED:
            raise Refused(f"{self.folder.id} can't run: {ending(self.folder)}")
        if not state.live:
            raise RunEnded(f"{self.folder.id} {state.word}: {ending(self.folder)}")
        if state.word == "running-unrecorded":
            raise RecorderLost(f"{self.folder.id} has lost its recorder")

    def _revive(self) -> None:
        """At most twice a second: one that dies at once must not be started all the time."""
        if time.monotonic() >= self._status_at:
            self._status_at = time.monotonic() + STATUS_EVERY_S
            with contextlib.suppress(OSError):
                launch.ensure_recorded(self.folder)


def ending(folder: Folder) -> str:
    """Why a run has ended, in the program's own last words where there are any."""
    said = [line for line in last_lines(folder.output, 10) if not line.startswith(":::")]
    return said[-1] if said else status(folder).detail
