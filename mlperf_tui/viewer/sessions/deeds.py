"""What the sessions screen does to sessions and experiments; where it can't be done, why, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlperf_tui import launch
from mlperf_tui.frozen import frozen
from mlperf_tui.report.build import build
from mlperf_tui.report.rename import rename
from mlperf_tui.report.side_by_side import SideBySide, side_by_side
from mlperf_tui.session.experiments import Either, ExperimentFolder, either
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.remove import refusal, remove


@frozen
class Deeds:
    """All by an id; each may take long, and raises MlperfTuiError or OSError. `remove` gives the bytes that it took.

    Only sessions are held side by side.
    """

    stop: Callable[[str], object]
    rename: Callable[[str, str | None], object]
    remove: Callable[[str], int]
    refusal: Callable[[str], str | None]
    compare: Callable[[str, str], SideBySide]


def deeds_in(root: Path) -> Deeds:
    """The deeds on what lies below `root`."""
    return Deeds(
        stop=lambda known: _stop(either(root, known)),
        rename=lambda known, name: rename(either(root, known), name),
        remove=lambda known: remove(either(root, known)),
        refusal=lambda known: refusal(either(root, known)),
        compare=lambda left, right: side_by_side(build(Folder(root / left)), build(Folder(root / right))),
    )


def _stop(folder: Either) -> None:
    if isinstance(folder, ExperimentFolder):
        launch.stop_experiment(folder)
    else:
        launch.stop(folder)
