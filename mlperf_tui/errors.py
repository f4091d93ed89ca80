"""What can go wrong for a person at the keyboard: one sentence and an exit code, printed once at the edge."""

from __future__ import annotations


class MlperfTuiError(Exception):
    """The root: its text is one sentence that says what to do; `exit_code` is the process's."""

    exit_code = 125


class CannotRun(MlperfTuiError):
    """The program was found, but can't be started as asked."""

    exit_code = 126


class NotFound(MlperfTuiError):
    """No such workload, command or session."""

    exit_code = 127
