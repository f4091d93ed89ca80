"""Textual's driver for a terminal, made to survive the terminal: what can't be written any more is dropped."""

from __future__ import annotations

from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class PatientFile:
    """A terminal's file whose far end may go away. Textual's writer would end, and its queue then block everything."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        try:
            self._file.write(text)
        except (OSError, ValueError):
            return

    def flush(self) -> None:
        try:
            self._file.flush()
        except (OSError, ValueError):
            return

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()


class SurvivingDriver(LinuxDriver):
    """The driver with a patient file under it."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        if self._file is not None:
            self._file = PatientFile(self._file)  # type: ignore[assignment]
