"""A detached process that holds the lock of a directory: a session's recorder or an experiment's runner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session import lock
from mlperf_tui.session.alive import Process
from mlperf_tui.session.status import Recorded, status
from mlperf_tui.steps.facts import boot_id, hostname

START_PATIENCE_S = 5.0


def start_detached(
    folder: Recorded,
    module: str,
    output: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    new: bool = False,
) -> None:
    """In a session of its own, so that neither a closed terminal nor a lost link reaches it.

    Nothing happens where another holds the lock. With `new` nobody is known yet who ran the directory before. Raises
    OSError when it can't be started.
    """
    held = lock.Lock.take(folder.lock)
    if held is None:
        return
    if new:
        held.write(lock.Holders(hostname(), boot_id()))
    words = [sys.executable, "-P", "-m", module, str(folder.path), str(held.descriptor), *arguments]
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
            pass_fds=(held.descriptor,),
            env={**os.environ, **environment},
        )
        child.returncode = 0  # it outlives this process: Popen must not wait for it
    finally:
        os.close(written)
        held.close()


def signal_recorder(folder: Recorded, number: signal.Signals, there: str, what: str) -> None:
    """Send a signal to whoever holds the directory. Raises MlperfTuiError where nobody does, or not on this host."""
    state = status(folder)
    if state.word == "elsewhere":
        raise MlperfTuiError(f"{folder.id} was {state.detail}: {there}")
    recorder = _recorder_of(folder)
    if recorder is None:
        raise MlperfTuiError(_unheld(folder))
    try:
        os.kill(recorder.pid, number)
    except OSError as error:
        raise MlperfTuiError(f"{folder.id} can't {what}: {error.strerror}") from None


def _unheld(folder: Recorded) -> str:
    word = status(folder).word
    if word == "running-unrecorded":
        return f"{folder.id} has lost its recorder: `mlperf-tui watch {folder.id}` starts another"
    return f"{folder.id} is not running: it is {word}"


def _recorder_of(folder: Recorded) -> Process | None:
    """Who holds a live directory; one that is just starting is given a moment to say who it is."""
    until = time.monotonic() + START_PATIENCE_S
    while (state := status(folder)).live and state.word != "running-unrecorded":
        holders = lock.read(folder.lock)
        if holders is not None and holders.recorder is not None and holders.recorder.alive:
            return holders.recorder
        if time.monotonic() >= until:
            return None
        time.sleep(0.05)
    return None


def wait(folder: Recorded, patience_s: float) -> bool:
    """Whether the session ends within the patience."""
    until = time.monotonic() + patience_s
    while status(folder).live:
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)
    return True
