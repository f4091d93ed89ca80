"""What a run came to, in one word and one sentence."""

from __future__ import annotations

import signal

from mlperf_tui.recorder.workload import Exit
from mlperf_tui.records import End

ASKED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def verdict(t: int, ended: Exit | None, *, stopping: bool, killed: bool, run_stop: str | None) -> End:
    """The End of a run. `run_stop` is the status that the program marked; it decides where nobody saw the exit code."""
    if stopping:
        why = "stopped on request; it did not end by itself and was killed" if killed else "stopped on request"
        return End(t, "stopped", why, *_numbers(ended))
    if ended is None:
        return _unseen(t, run_stop)
    asked = _asked(ended)
    if asked is not None:
        return End(t, "stopped", f"ended by {asked.name} from outside", *_numbers(ended))
    if ended.signal is not None:
        return End(t, "failed", f"killed by {_name(ended.signal)}", *_numbers(ended))
    if ended.code:
        return End(t, "failed", f"exit code {ended.code}", *_numbers(ended))
    return End(t, "finished", "exit code 0", *_numbers(ended))


def _unseen(t: int, run_stop: str | None) -> End:
    """The recorder that started the program was killed, so that its exit code went unseen."""
    if run_stop is not None:
        return End(t, "finished", f"it marked run_stop ({run_stop}); its exit code was not seen")
    return End(t, "interrupted", "it ended without run_stop; its exit code was not seen")


def _asked(ended: Exit) -> signal.Signals | None:
    """The polite signal that ended it, also where a shell or the program made it an exit code."""
    number = ended.signal if ended.signal is not None else (ended.code or 0) - 128
    return signal.Signals(number) if number in ASKED else None


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _numbers(ended: Exit | None) -> tuple[int | None, int | None]:
    return (ended.code, ended.signal) if ended else (None, None)
