"""What a list says of each session, and all sessions as lines of a table."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlperf_tui.analysis.throughput import throughput
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import About, Step
from mlperf_tui.report.numbers import DASH, count, duration, gib
from mlperf_tui.report.pulse import pulse
from mlperf_tui.session.folder import Folder, sessions
from mlperf_tui.session.log import Tail
from mlperf_tui.session.rollup import whole
from mlperf_tui.session.status import LIVE, status

UNREADABLE = "unreadable"
HEADINGS = ("session", "name", "status", "workload", "precision", "throughput", "age", "lasted", "size")


@dataclass(frozen=True, slots=True)
class Listed:
    """One session in a list. `status` is a word of session.status or `unreadable`, `detail` the sentence behind it.

    `rate` is in `unit`, `started_s` in seconds since the epoch, `pace` the rate over the run, oldest first. `told` says
    that the summary, which a run leaves at its end, was there to take rate, precision and duration from. `silent_s`
    is there for a live run that has long made no step.
    """

    id: str
    status: str
    detail: str = ""
    name: str | None = None
    note: str | None = None
    workload: str = ""
    precision: str | None = None
    rate: float | None = None
    unit: str = "samples/s"
    started_s: float | None = None
    lasted_s: float | None = None
    size_bytes: int | None = None
    grace_s: float = 30.0
    told: bool = False
    pace: tuple[float | None, ...] = ()
    silent_s: float | None = None

    @property
    def silence(self) -> str:
        """How long there was no step, where that is long."""
        return "" if self.silent_s is None else f"no step for {duration(self.silent_s)}"


def listing(root: Path) -> Iterator[str]:
    """A heading and a line a session, oldest first; a sentence where there is none."""
    found = sessions(root)
    if not found:
        yield no_session(root)
        return
    now_s = time.time()
    cells = [HEADINGS, *(_cells(seen(folder, now_s), now_s) for folder in found)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def no_session(root: Path) -> str:
    """What an empty list says."""
    return f"no session yet in {root}: start one with `mlperf-tui run resnet50`"


def seen(folder: Folder, now_s: float) -> Listed:
    """All that can be told; of a live session as it is now."""
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


def _cells(row: Listed, now_s: float) -> tuple[str, ...]:
    speed = DASH if row.rate is None else f"{count(row.rate)} {row.unit}"
    age = duration(None if row.started_s is None else now_s - row.started_s)
    word = row.detail if row.status == UNREADABLE else ", ".join(filter(None, (row.status, row.silence)))
    named = (row.id, row.name or DASH, word, row.workload or DASH, row.precision or DASH)
    return (*named, speed, age, duration(row.lasted_s), gib(row.size_bytes))


def _stored(folder: Folder) -> dict[str, Any]:
    """The summary that the recorder left at the end; empty where there is none."""
    try:
        stored = json.loads(folder.summary.read_text())
        return stored if all(isinstance(stored[name], dict) for name in ("session", "throughput")) else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}
