"""An A/B as JSON, in names that other programs may rely on; what is unknown is null, with its reason in `unknown`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.ab.intervals import TELLS
from mlperf_tui.analysis.ab.result import Ab, Comparison, Look
from mlperf_tui.records import FORMAT, Experiment
from mlperf_tui.report.ab.numbers import last_look
from mlperf_tui.report.ab.rows import Asked, command_of, headline
from mlperf_tui.report.as_json import sayable

EVALUATED = ("metric", "final_a", "final_b")
TIMED = ("time_to_target_a_s", "time_to_target_b_s")

GPU_REASON = "no reading of a GPU in use told it while a window lasted"
REASONS = {
    "memory_allocated_peak_bytes": "the program reported no peak of torch's memory",
    "memory_used_peak_bytes": "NVML sees all processes on a GPU together, or no GPU was in use",
    "data_wait_share": "the loop does not run over Steps.over()",
    "cpu_cores": "no reading of the host fell into a window",
    "link_bytes_per_step": "no NVLink was seen on the GPUs in use",
    "step_time_s": "the program reported no steps (mlperf_tui.steps)",
}
"""Why a metric is unknown, where it isn't for want of a GPU's reading."""


def as_json(ab: Ab, asked: Asked) -> str:
    """One object, indented. The names of the first comparison stand at the top; `comparisons` holds them all."""
    plan = asked if isinstance(asked, Experiment) else None
    first = ab.comparisons[0] if ab.comparisons else None
    body = {
        "format": FORMAT,
        "experiment": plan.id if plan else None,
        "name": plan.name if plan else None,
        "note": plan.note if plan else None,
        "factor": ab.factor,
        "arms": ab.arms,
        "sentence": headline(ab),
        **_compared(first),
        "pairs": ab.pairs,
        "within": ab.within,
        "unit": ab.unit,
        "drift": ab.drift,
        "warnings": ab.warnings,
        "refused": ab.refused,
        "comparisons": [{"a": one.a, "b": one.b, "sentence": one.sentence, **_compared(one)} for one in ab.comparisons],
        "sessions": [_session(process, counts=ab.counts(process)) for process in ab.processes],
        "command": command_of(asked),
        "unknown": dict(_unknown(ab, first)),
    }
    return json.dumps(sayable(body), indent=2, ensure_ascii=False, allow_nan=False)


def _compared(comparison: Comparison | None) -> dict[str, Any]:
    """All that one comparison says, under the same names at the top and in `comparisons`."""
    if comparison is None:
        return {**dict.fromkeys(NUMBERS), "looks": [], "learning": None, "changes": []}
    speed, look = comparison.speed, last_look(comparison)
    return {
        "conclusion": speed.conclusion,
        "ratio": look.ratio if look else None,
        "interval": _interval(look),
        "half_width": look.half_width if look and _interval(look) else None,
        **{name: getattr(speed, name) for name in NUMBERS[4:]},
        "looks": [{"pairs": one.pairs, "ratio": one.ratio, "interval": _interval(one)} for one in speed.looks],
        "learning": asdict(comparison.learning),
        "changes": [asdict(change) for change in comparison.changes],
    }


NUMBERS = (
    *("conclusion", "ratio", "interval", "half_width"),
    *("why", "settled", "more_pairs", "mean_a", "mean_b", "spread_a", "spread_b"),
)


def _interval(look: Look | None) -> list[float] | None:
    """Its ends, where they say anything."""
    return [look.low, look.high] if look and look.half_width <= TELLS else None


def _session(process: Process, *, counts: bool) -> dict[str, Any]:
    """All but the losses, which the session itself has."""
    told = asdict(process)
    del told["losses"]
    return {"id": told.pop("session"), **told, "throughput": process.per_s, "counts": counts}


def _unknown(ab: Ab, first: Comparison | None) -> Iterator[tuple[str, str]]:
    """Why each null of the first comparison is one."""
    if first is None:
        why = ab.refused[0] if ab.refused else "nothing has been measured yet"
        yield from ((name, why) for name in (*NUMBERS, "learning"))
        return
    told = _compared(first)
    yield from ((name, first.speed.why) for name in NUMBERS if told[name] is None)
    for name, value in told["learning"].items():
        if value is None:
            yield f"learning.{name}", _why_not_learned(name, first.learning.why)
    for change in first.changes:
        if change.a is None or change.b is None:
            yield f"changes.{change.name}", REASONS.get(change.name, GPU_REASON)
        elif change.low is None:
            yield f"changes.{change.name}.low", "one process an arm has no spread"


def _why_not_learned(name: str, why: str) -> str:
    if name in EVALUATED:
        return "not every process of both arms was evaluated"
    return "not every process of both arms reached a target" if name in TIMED else why
