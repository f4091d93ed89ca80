"""What a list says of an experiment: from its plan, its log and its report, without a look into its sessions."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import Clock, Experiment, Record, Stage
from mlperf_tui.report.listed import UNREADABLE, Listed
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.log import Tail
from mlperf_tui.session.status import status


def listed_experiment(folder: ExperimentFolder, now_s: float) -> Listed:
    """What an experiment's plan, log and report tell, at `now_s` seconds since the epoch."""
    runs = folder.sessions()
    size_bytes = folder.size() + sum(run.size() for run in runs)
    try:
        plan = folder.plan()
        started_s = datetime.fromisoformat(plan.utc).timestamp()
    except (MlperfTuiError, TypeError, ValueError) as error:
        return Listed(folder.id, UNREADABLE, str(error), size_bytes=size_bytes, runs=len(runs))
    state = status(folder)
    report = _report(folder)
    return Listed(
        folder.id,
        state.word,
        _doing(folder) if state.live else " · ".join(filter(None, (_text(report, "sentence"), state.detail))),
        name=plan.name,
        note=plan.note,
        workload=plan.workload,
        precision=arms(plan),
        unit=plan.unit,
        started_s=started_s,
        lasted_s=_worked_s(folder, now_s if state.live else None),
        size_bytes=size_bytes,
        grace_s=plan.grace_s,
        told=True,
        runs=len(runs),
        ratio=_ratio(report),
        conclusion=_text(report, "conclusion"),
    )


def arms(plan: Experiment) -> str:
    """The values held against each other, such as `fp32 | amp`; what they are of, where it isn't the precision."""
    factor = "" if plan.factor == "precision" else f"{plan.factor} "
    return factor + " | ".join(plan.arms)


def _report(folder: ExperimentFolder) -> dict[str, Any]:
    """What its runner thought of it last; empty where there is none, or nothing that can be read."""
    try:
        report = json.loads(folder.summary.read_text())
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def _ratio(report: dict[str, Any]) -> float | None:
    ratio = report.get("ratio")
    return float(ratio) if isinstance(ratio, float | int) and math.isfinite(ratio) and ratio > 0 else None


def _text(report: dict[str, Any], name: str) -> str | None:
    text = report.get(name)
    return text if isinstance(text, str) else None


def _doing(folder: ExperimentFolder) -> str:
    """What it was last said to do."""
    stages = [record for record in folder.records() if isinstance(record, Stage)]
    pair = f"pair {stages[-1].pair}: " if stages and stages[-1].pair else ""
    return pair + stages[-1].text if stages else ""


def _worked_s(folder: ExperimentFolder, now_s: float | None) -> float | None:
    """How long its runners worked, the last one until `now_s` where that is known; None before the first one did.

    Pauses between two of them don't count, since an experiment may be gone on with days later.
    """
    logs = [list(Tail(path).read()) for path in folder.readings()]
    spans = [_span_s(records, now_s if at == len(logs) else None) for at, records in enumerate(logs, 1)]
    known = [span for span in spans if span is not None]
    return sum(known) if known else None


def _span_s(records: list[Record], now_s: float | None) -> float | None:
    """From a log's first clock to its last record, or to `now_s`; None where it has no clock."""
    first = next((record for record in records if isinstance(record, Clock)), None)
    if first is None:
        return None
    if now_s is not None:
        return max(0.0, now_s - first.wall_ns / 1e9)
    return max(0.0, (max(getattr(record, "t", first.t) for record in records) - first.t) / 1e9)
