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
from mlperf_tui.records import About, Plan
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
    rate, precision = _kept(stored) if stored else _so_far(folder, plan)
    speed = DASH if rate is None else f"{count(rate)} {plan.unit}"
    word = status(folder).word
    return (folder.id, plan.name or DASH, word, plan.workload, precision or DASH, speed, age, gib(folder.size()))


def _kept(stored: dict[str, Any]) -> tuple[float | None, str | None]:
    return stored["throughput"]["mean"], stored["session"]["precision"]


def _so_far(folder: Folder, plan: Plan) -> tuple[float | None, str | None]:
    """Rate and precision of a session without a summary, from its files."""
    fold = whole(folder)
    said = [record.precision for record in fold.said if isinstance(record, About) and record.precision]
    return throughput(fold.ranks, warmup=True).samples_per_s, said[0] if said else plan.precision


def _stored(folder: Folder) -> dict[str, Any] | None:
    """The summary that the recorder left at the end; a live session has none yet."""
    try:
        stored: dict[str, Any] = json.loads(folder.summary.read_text())
    except (OSError, ValueError):
        return None
    return stored if {"session", "throughput"} <= stored.keys() else None
