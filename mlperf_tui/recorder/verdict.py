"""What a run came to, in one word and one sentence."""

from __future__ import annotations

import signal

from mlperf_tui.recorder.workload import Exit
from mlperf_tui.records import End

NO_MEMORY = "; meanwhile the kernel ended processes here for want of memory"
KILLED = 128 + signal.SIGKILL
"""The exit code by which a shell or a launcher tells that SIGKILL ended its program."""

ASKED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def verdict(
    t: int, ended: Exit | None, *, stopping: bool, killed: bool, run_stop: str | None, no_memory: bool = False
) -> End:
    """The End of a run. `run_stop` is the status that the program marked; it decides where nobody saw the exit code.

    `no_memory` says that the kernel has ended processes for want of it: SIGKILL is what it sends.
    """
    if stopping:
        why = "stopped on request; it did not end by itself and was killed" if killed else "stopped on request"
        return End(t, "stopped", why, *_numbers(ended))
    if ended is None:
        return _unseen(t, run_stop)
    asked = _asked(ended)
    if asked is not None:
        return End(t, "stopped", f"ended by {asked.name} from outside", *_numbers(ended))
    if ended.signal is not None or ended.code:
        how = _code(ended.code or 0) if ended.signal is None else f"killed by {_name(ended.signal)}"
        guess = NO_MEMORY if no_memory and (ended.signal == signal.SIGKILL or ended.code == KILLED) else ""
        return End(t, "failed", f"{how}{guess}", *_numbers(ended))
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


def _code(code: int) -> str:
    """The exit code, and the signal that a shell or a launcher tells by it."""
    number = code - 128
    return f"exit code {code}: {_name(number)}" if number in set(signal.Signals) else f"exit code {code}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _numbers(ended: Exit | None) -> tuple[int | None, int | None]:
    return (ended.code, ended.signal) if ended else (None, None)
