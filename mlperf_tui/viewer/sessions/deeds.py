"""What the sessions screen does to sessions: each deed may take long, and says in one sentence why it can't be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlperf_tui import launch
from mlperf_tui.report.build import build
from mlperf_tui.report.rename import rename
from mlperf_tui.report.side_by_side import SideBySide, side_by_side
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.remove import refusal, remove


@dataclass(frozen=True, slots=True)
class Deeds:
    """All by a session's id; each raises MlperfTuiError or OSError. `remove` gives the bytes that it took."""

    stop: Callable[[str], object]
    rename: Callable[[str, str | None], object]
    remove: Callable[[str], int]
    refusal: Callable[[str], str | None]
    compare: Callable[[str, str], SideBySide]


def deeds_in(root: Path) -> Deeds:
    """The deeds on the sessions below `root`."""

    def folder(session: str) -> Folder:
        return Folder(root / session)

    return Deeds(
        stop=lambda session: launch.stop(folder(session)),
        rename=lambda session, name: rename(folder(session), name),
        remove=lambda session: remove(folder(session)),
        refusal=lambda session: refusal(folder(session)),
        compare=lambda left, right: side_by_side(build(folder(left)), build(folder(right))),
    )
