"""The whole answer in one sentence: how much faster, and the three changes beside it that say most."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlperf_tui.analysis.ab.changes import METRICS
from mlperf_tui.analysis.ab.intervals import CANNOT_TELL, TELLS, percent
from mlperf_tui.analysis.ab.result import Change, Look, Speed

TELLING = (
    "tensor_pct",
    "memory_allocated_peak_bytes",
    "data_wait_share",
    "j_per_sample",
    "power_w",
    "dram_pct",
    "link_bytes_per_step",
    "cpu_cores",
    "busy_pct",
    "sm_pct",
)
"""The order of importance; at most TOLD of them are told."""

TOLD = 3
POINTS = 5.0
"""A share that changes by fewer percentage points isn't worth a word,"""

SHARE = 0.10
"""nor is another number that changes by less than this share of the larger."""

TIMES = 2.0
"""From here on speeds are told in times, below in percent."""

GIB = 1 << 30
WAITS = 0.10
"""A data wait that came up to this is told as what it is: the next limit."""


def sentence(a: str, b: str, speed: Speed, changes: Sequence[Change]) -> str:
    """Arm B held against arm A, as in "amp-bf16 is 4.1 times faster (±1 %): Tensor Cores 0 → 61 %"."""
    told = _told(changes)
    if speed.conclusion == CANNOT_TELL or not speed.looks:
        beside = f"; beside speed: {told}" if told else ""
        return f"{_undecided(a, b, speed)}{beside}"
    return f"{b} is {_speed(speed.looks[-1], speed.conclusion)}" + (f": {told}" if told else "")


def arrow(change: Change) -> str:
    """A change as it is read, with its unit once: "27 → 11 GiB", "0 → 61 %"; unknown is a dash."""
    factor, unit = _scale(change)
    a, b = (DASH if value is None else _number(value * factor) for value in (change.a, change.b))
    return f"{a} → {b} {unit}"


DASH = "–"
LARGE = 9.9


def _undecided(a: str, b: str, speed: Speed) -> str:
    """Of a narrow interval about 1 a good deal is known: how large a difference at most can be."""
    if speed.settled and speed.looks:
        return (
            f"no difference of more than {_largest(speed.looks[-1])} between {b} and {a} (can't tell which is faster)"
        )
    return f"can't tell whether {b} is faster than {a}: {speed.why}"


def _largest(last: Look) -> str:
    """How far the interval goes from 1, rounded up: below ten percent to a tenth of one."""
    beyond = round(100 * max(last.high - 1, 1 - last.low), 6)
    return percent(math.ceil(beyond) / 100 if beyond > LARGE else math.ceil(10 * beyond) / 1000)


def _speed(last: Look, conclusion: str) -> str:
    if last.half_width > TELLS:
        return f"at least {_number(max(last.low, 1 / last.high))} times {conclusion}"
    times = max(last.ratio, 1 / last.ratio)
    if times >= TIMES:
        return f"{times:.{0 if times >= 100 else 1}f} times {conclusion} (±{percent(last.half_width)})"
    return f"{percent(abs(last.ratio - 1))} {conclusion} (±{percent(last.half_width)})"


def _told(changes: Sequence[Change]) -> str:
    by_name = {change.name: change for change in changes if change.clear and _matters(change)}
    found = [by_name[name] for name in TELLING if name in by_name][:TOLD]
    waits = next((change for change in found if _waits_now(change)), None)
    parts = ", ".join(_part(change) for change in found if change is not waits)
    if waits is None or waits.b is None:
        return parts
    return f"{parts}{'; ' if parts else ''}now {percent(waits.b)} of the time waits for data"


def _part(change: Change) -> str:
    note = " (torch's own peak)" if change.name == "memory_allocated_peak_bytes" else ""
    return f"{change.label} {arrow(change)}{note}"


def _matters(change: Change) -> bool:
    if change.a is None or change.b is None:
        return False
    apart, kind = abs(change.b - change.a), METRICS[change.name].kind
    if kind in ("percent", "share"):
        return apart * (100 if kind == "share" else 1) >= POINTS
    return apart >= SHARE * max(abs(change.a), abs(change.b))


def _waits_now(change: Change) -> bool:
    return change.name == "data_wait_share" and (change.b or 0) >= WAITS and (change.difference or 0) > 0


def _scale(change: Change) -> tuple[float, str]:
    kind = METRICS[change.name].kind
    per = "/step" if change.unit.endswith("/step") else ""
    largest = max(abs(change.a or 0), abs(change.b or 0))
    if kind == "bytes":
        return (1 / GIB, f"GiB{per}") if largest >= GIB / 10 else (1024 / GIB, f"MiB{per}")
    if kind == "share":
        return 100.0, "%"
    return (1000.0, "ms") if change.unit == "s" else (1.0, change.unit)


def _number(value: float) -> str:
    """Whole from ten on, else with two digits that count."""
    return f"{value:,.0f}" if abs(value) >= 9.95 or value == 0 else f"{value:.2g}"
