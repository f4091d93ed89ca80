"""INT and TERM for whoever follows without a screen: they stop what is followed, as a batch system expects."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

from mlperf_tui.errors import MlperfTuiError


def when_signalled(name: str, stop: Callable[[], None], say: Callable[[str], None]) -> None:
    """From now on both call `stop`; that, and why it can't be, is said."""

    def ask(number: int, _: FrameType | None) -> None:
        say(f"{signal.Signals(number).name}: stopping {name}")
        try:
            stop()
        except MlperfTuiError as error:
            say(str(error))

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
