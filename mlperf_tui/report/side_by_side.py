"""Two summaries beside each other: what differs between the plans, then the numbers by the same labels, with ratios."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlperf_tui.analysis.quality import Quality
from mlperf_tui.analysis.summary import Gpu, Range, Rate, Summary
from mlperf_tui.report.identity import IDENTITY, WANTED
from mlperf_tui.report.numbers import DASH, count, duration, gib, percent
from mlperf_tui.report.rows import state

NO_CLAIM = "one run each: no claim; only repeated runs tell a difference from chance"

TINY_SHARE = 0.01
"""A smaller part of a whole is next to nothing, however many times it goes into another."""

Value = float | None
Text = Callable[[Value], str]
Pair = tuple[Summary, Summary]


@dataclass(frozen=True, slots=True)
class Compared:
    """One row: a label, the two values as text, and right over left where both are numbers above 0."""

    label: str
    left: str
    right: str
    ratio: str = DASH


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two runs. `differing` holds what tells them apart, `unknown` what neither run says, `rows` the numbers."""

    differing: tuple[Compared, ...]
    unknown: tuple[str, ...]
    rows: tuple[Compared, ...]

    @property
    def verdict(self) -> str:
        """The first line: what differs between the plans."""
        names = ", ".join(one.label for one in self.differing)
        found = f"unlike in {names}" if names else "alike in all that is known of their plans"
        return f"{found}; unknown in both: {', '.join(self.unknown)}" if self.unknown else found


def side_by_side(left: Summary, right: Summary) -> SideBySide:
    """The second run held against the first."""
    told = [(label, find(left), find(right)) for label, find in IDENTITY.items()]
    return SideBySide(
        tuple(Compared(label, _said(one), _said(other)) for label, one, other in told if one != other),
        tuple(label for label, one, other in told if one is None and other is None and label in WANTED),
        tuple(_rows((left, right))),
    )


def ratio(left: Value, right: Value) -> str:
    """`right` over `left`, such as ×1.25; a dash unless both are finite and above 0."""
    if left is None or right is None or not (0 < left < math.inf and 0 < right < math.inf):
        return DASH
    quotient = right / left
    return f"×{count(quotient)}" if 0 < quotient < math.inf else DASH


def _said(value: object) -> str:
    return DASH if value is None else str(value)


def _rows(pair: Pair) -> Iterator[Compared]:
    yield Compared("status", state(pair[0]), state(pair[1]))
    yield from _speeds(pair)
    yield Compared("limited by", *(_said(summary.limited_by.value) for summary in pair))
    yield from _learning(pair)
    yield _number("energy", pair, lambda summary: summary.energy.j_per_sample, _in("J a sample"))
    for label, name, text in GPU_MEANS:
        yield _number(label, pair, _mean_of(name), text, least=100 * TINY_SHARE)
    for label, name in GPU_PEAKS:
        yield _number(label, pair, _peak_of(name), gib)
    yield _number("CPU", pair, lambda summary: _mean(summary.host.cpu_cores), _in("cores"))
    yield _number("host memory", pair, lambda summary: summary.host.memory_peak_bytes, gib)
    yield _number("lasted", pair, lambda summary: summary.session.duration_s, duration)


def _speeds(pair: Pair) -> Iterator[Compared]:
    one, other = (summary.throughput for summary in pair)
    quotient = ratio(one.mean, other.mean) if one.unit == other.unit else DASH
    yield Compared("throughput", _rate(one), _rate(other), quotient)
    for name in ("p50", "p99"):
        yield _number(f"step time {name}", pair, _step_time(name), _in("ms"))
    yield Compared("timed by", _clock(one), _clock(other))
    yield _number("data wait", pair, lambda summary: summary.throughput.data_wait_share, percent, least=TINY_SHARE)
    yield _number("steps", pair, lambda summary: summary.throughput.steps, _whole)


def _rate(speed: Rate) -> str:
    return _in(speed.unit)(speed.mean)


def _clock(speed: Rate) -> str:
    return speed.step_time_ms.source if speed.step_time_ms else DASH


def _step_time(name: str) -> Callable[[Summary], Value]:
    return lambda summary: getattr(summary.throughput.step_time_ms, name, None)


def _learning(pair: Pair) -> Iterator[Compared]:
    yield _number("loss", pair, lambda summary: summary.loss.final, _four)
    for metric in dict.fromkeys(quality.metric for summary in pair for quality in summary.quality):
        yield _number(metric, pair, _quality(metric, lambda quality: quality.value), _four)
        time_to = _quality(metric, lambda quality: quality.time_to_target_s)
        if any(time_to(summary) is not None for summary in pair):
            yield _number(f"{metric} at target", pair, time_to, duration)


def _quality(metric: str, find: Callable[[Quality], Value]) -> Callable[[Summary], Value]:
    return lambda summary: next((find(one) for one in summary.quality if one.metric == metric), None)


def _number(label: str, pair: Pair, find: Callable[[Summary], Value], text: Text, *, least: float = 0.0) -> Compared:
    """The row of a number, without a ratio where one of the two is below the `least` that is worth one."""
    left, right = (find(summary) for summary in pair)
    is_worth_one = left is not None and right is not None and min(left, right) >= least
    return Compared(label, text(left), text(right), ratio(left, right) if is_worth_one else DASH)


def _in(unit: str) -> Text:
    return lambda value: DASH if value is None else f"{count(value)} {unit}"


def _four(value: Value) -> str:
    return count(value, 4)


def _whole(value: Value) -> str:
    return DASH if value is None else f"{value:,.0f}"


def _percent(value: Value) -> str:
    return percent(None if value is None else value / 100)


GPU_MEANS: tuple[tuple[str, str, Text], ...] = (
    ("GPU busy", "busy_pct", _percent),
    ("SM", "sm_pct", _percent),
    ("tensor", "tensor_pct", _percent),
    ("DRAM", "dram_pct", _percent),
    ("power a GPU", "power_w", _in("W")),
)
GPU_PEAKS = (("peak memory a GPU", "memory_used_peak_bytes"), ("torch's peak", "memory_allocated_peak_bytes"))


def _mean(value: Range | None) -> Value:
    return None if value is None else value.mean


def _mean_of(name: str) -> Callable[[Summary], Value]:
    """The mean over the GPUs in use, unknown as soon as one is."""

    def find(summary: Summary) -> Value:
        means = [_mean(getattr(gpu, name)) for gpu in _used(summary)]
        known = [mean for mean in means if mean is not None]
        return sum(known) / len(known) if known and len(known) == len(means) else None

    return find


def _peak_of(name: str) -> Callable[[Summary], Value]:
    return lambda summary: max(
        (size for gpu in _used(summary) if (size := getattr(gpu, name)) is not None), default=None
    )


def _used(summary: Summary) -> list[Gpu]:
    return [gpu for gpu in summary.gpus if gpu.in_use]
