"""What goes in and out of the app: a newer snapshot, and in the end how watching ended."""

from __future__ import annotations

from textual.message import Message

from mlperf_tui.frozen import frozen
from mlperf_tui.viewer.snapshot import Snapshot


@frozen
class Outcome:
    """How watching ended: `live` when the run goes on, `status` its last known state, `lost` with the terminal."""

    live: bool
    status: str
    lost: bool = False


class Fresh(Message):
    """A newer state of the session. One that has not been drawn yet is dropped for it."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Fresh)
