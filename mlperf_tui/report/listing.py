"""What a list says of each session and each experiment, and all of them as lines of a table."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mlperf_tui.analysis.throughput import throughput
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import About, Step
from mlperf_tui.report.listed import UNREADABLE, Listed, ratios, runs_of
from mlperf_tui.report.listed_experiment import listed_experiment
from mlperf_tui.report.numbers import DASH, count, duration, gib
from mlperf_tui.report.pulse import pulse
from mlperf_tui.report.table import table
from mlperf_tui.session.experiments import Either, ExperimentFolder, alone, everything
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail
from mlperf_tui.session.rollup import whole
from mlperf_tui.session.status import LIVE, status

RUN_INDENT = "  "
HEADINGS = ("session", "name", "status", "workload", "precision", "throughput", "age", "lasted", "size")


def listing(root: Path, *, unfolded: bool = False) -> Iterator[str]:
    """A heading and a line a session or experiment, oldest first; a sentence where there is none.

    The runs of an experiment are left out, or stand under it where it is `unfolded`.
    """
    now_s = time.time()
    rows = [seen(folder, now_s) for folder in (everything(root) if unfolded else alone(root))]
    if not rows:
        yield no_session(root)
        return
    yield from table([HEADINGS, *_table(rows, now_s)])


def no_session(root: Path) -> str:
    """What an empty list says."""
    return f"no session yet: start one with `mlperf-tui run resnet50`; it will be kept in {root}"


def seen(folder: Either, now_s: float) -> Listed:
    """All that can be told; of a live session as it is now."""
    if isinstance(folder, ExperimentFolder):
        return listed_experiment(folder, now_s)
    row = listed(folder, now_s)
    return current(folder, row, time.monotonic_ns()) if row.status in LIVE else completed(folder, row)


def current(folder: Folder, row: Listed, t: int) -> Listed:
    """A live session with its rate as of `t` (monotonic ns), which is none when it has long made no step."""
    found = pulse(folder, t)
    silent_s = found.silent_s()
    return dataclasses.replace(row, rate=found.rate if silent_s is None else None, silent_s=silent_s)


def listed(folder: Folder, now_s: float) -> Listed:
    """What can be told without reading a session's records, at `now_s` seconds since the epoch."""
    try:
        plan = folder.plan()
        started_s = datetime.fromisoformat(plan.utc).timestamp()
    except (MlperfTuiError, TypeError, ValueError) as error:
        return Listed(folder.id, UNREADABLE, str(error), size_bytes=folder.size())
    state = status(folder)
    stored = {} if state.live else _stored(folder)
    session = stored.get("session", {})
    return Listed(
        folder.id,
        state.word,
        state.detail,
        name=plan.name,
        note=plan.note,
        workload=plan.workload,
        precision=session.get("precision") or _said_precision(folder) or plan.precision,
        rate=stored.get("throughput", {}).get("mean"),
        unit=plan.unit,
        started_s=started_s,
        lasted_s=max(0.0, now_s - started_s) if state.live else session.get("duration_s"),
        size_bytes=folder.size(),
        grace_s=plan.grace_s,
        told=bool(stored),
        experiment=plan.experiment,
        pair=plan.pair,
        arm=plan.arm,
    )


def completed(folder: Folder, row: Listed) -> Listed:
    """The same, with what a session without a summary has only in its records: that may take seconds in a long one."""
    if row.told or row.status == UNREADABLE:
        return row
    try:
        fold = whole(folder)
    except (LookupError, TypeError, ValueError) as error:
        return dataclasses.replace(row, detail=f"its records can't be read: {error}")
    said = [record.precision for record in fold.said if isinstance(record, About) and record.precision]
    lasted_s = None if fold.t0 is None else (fold.t1 - fold.t0) / 1e9
    return dataclasses.replace(
        row,
        precision=said[0] if said else row.precision,
        rate=throughput(fold.ranks, warmup=True).samples_per_s,
        lasted_s=lasted_s if row.lasted_s is None else row.lasted_s,
    )


def _said_precision(folder: Folder) -> str | None:
    """What the program itself said, at the start of its first steps file."""
    abouts = (record for path in folder.steps()[:1] for record in Tail(path).read() if isinstance(record, About | Step))
    about = next(abouts, None)
    return about.precision if isinstance(about, About) else None


def _table(rows: list[Listed], now_s: float) -> Iterator[tuple[str, ...]]:
    """In the order given, but the runs of an experiment under it."""
    runs = runs_of(rows)
    for row in rows:
        if row.experiment not in runs:
            yield _cells(row, now_s)
            yield from (_cells(run, now_s, RUN_INDENT) for run in runs.get(row.id, ()))


def _cells(row: Listed, now_s: float, indent: str = "") -> tuple[str, ...]:
    age = duration(None if row.started_s is None else now_s - row.started_s)
    word = row.detail if row.status == UNREADABLE else ", ".join(filter(None, (row.status, row.silence)))
    named = (indent + row.id, row.name or row.place or DASH, word, row.workload or DASH, row.precision or DASH)
    return (*named, _speed(row), age, duration(row.lasted_s), gib(row.size_bytes))


def _speed(row: Listed) -> str:
    if row.ratio is not None:
        return ratios(row)[0]
    return DASH if row.rate is None else f"{count(row.rate)} {row.unit}"


def _stored(folder: Folder) -> dict[str, Any]:
    """The summary that the recorder left at the end; empty where there is none."""
    try:
        stored = json.loads(folder.summary.read_text())
        return stored if all(isinstance(stored[name], dict) for name in ("session", "throughput")) else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}
