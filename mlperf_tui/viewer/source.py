"""What a screen is fed by: snapshots on a thread of their own, at the moment in time that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mlperf_tui.viewer.snapshot import Snapshot


class Source(Protocol):
    """A session to look at; `Feed` is the real one."""

    def run(self, show: Callable[[Snapshot], object]) -> object:
        """Hand snapshots to `show` until told to `leave`."""

    def leave(self) -> None:
        """End `run`, from another thread."""

    def look(self, t: int | None) -> None:
        """Put the cursor in time at monotonic ns `t`; None: live, or at an ended session's end."""

    def play(self, speed: float) -> None:
        """Move the cursor at so many times real time; 0 stands still."""
