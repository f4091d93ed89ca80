"""All sessions as lines of a table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mlperf_tui.analysis.throughput import throughput
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.report.numbers import DASH, count, duration, gib
from mlperf_tui.session.folder import Folder, sessions
from mlperf_tui.session.rollup import whole
from mlperf_tui.session.status import status

HEADINGS = ("session", "name", "status", "workload", "precision", "throughput", "age", "size")


def listing(root: Path) -> Iterator[str]:
    """A heading and a line a session, oldest first; a sentence where there is none."""
    found = sessions(root)
    if not found:
        yield f"no session yet in {root}: start one with `mlperf-tui run resnet50`"
        return
    cells = [HEADINGS, *(_row(folder) for folder in found)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(folder: Folder) -> tuple[str, ...]:
    try:
        plan = folder.plan()
    except MlperfTuiError as error:
        return (folder.id, DASH, str(error), DASH, DASH, DASH, DASH, gib(folder.size()))
    age = duration(time.time() - datetime.fromisoformat(plan.utc).timestamp())
    stored = _stored(folder)
    precision = stored["session"]["precision"] if stored else plan.precision
    speed = f"{count(_rate(folder, stored))} {plan.unit}"
    word = status(folder).word
    return (folder.id, plan.name or DASH, word, plan.workload, precision or DASH, speed, age, gib(folder.size()))


def _rate(folder: Folder, stored: dict[str, Any] | None) -> float | None:
    if stored:
        mean: float | None = stored["throughput"]["mean"]
        return mean
    return throughput(whole(folder).ranks, warmup=True).samples_per_s


def _stored(folder: Folder) -> dict[str, Any] | None:
    """The summary that the recorder left at the end; a live session has none yet."""
    try:
        stored: dict[str, Any] = json.loads(folder.summary.read_text())
    except (OSError, ValueError):
        return None
    return stored if {"session", "throughput"} <= stored.keys() else None
