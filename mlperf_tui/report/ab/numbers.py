"""The numbers of an A/B as people read them: values of either arm, differences and intervals, each with its unit."""

from __future__ import annotations

import math
from collections.abc import Callable

from mlperf_tui.analysis.ab.intervals import TELLS
from mlperf_tui.analysis.ab.result import Change, Comparison, Look
from mlperf_tui.report.numbers import DASH, GIB, count, gib, moved, percent

MINUS = "−"

NOTHING = 1e-4
"""Below this share of the values a difference can't be seen in their digits."""


def share(value: float | None) -> str:
    """A share in percent with a digit behind the point where it is below ten: 0.4 %, 41 %."""
    if value is None:
        return DASH
    if abs(value) > TELLS:
        return "over 999 %"
    return f"{100 * value:.1f} %" if abs(value) < 0.0995 else f"{100 * value:.0f} %"


def plus_minus(look: Look) -> str:
    """The half-width of an interval; of one too wide for that the end next to 1, where it excludes 1."""
    if look.half_width <= TELLS:
        return f"±{share(look.half_width)}"
    if look.low > 1:
        return f"at least {ratio(look.low)}"
    return f"at most {ratio(look.high)}" if look.high < 1 else "says nothing yet"


def ratio(value: float) -> str:
    """To as many digits as a few percent need: 4.10, 1.021, 0.486."""
    return f"{value:,.2f}" if value >= 2 else f"{value:.3f}"


def last_look(comparison: Comparison) -> Look | None:
    """The interval that the verdict rests on."""
    return comparison.speed.looks[-1] if comparison.speed.looks else None


def value(change: Change, number: float | None) -> str:
    """One arm's mean, in the unit that people use."""
    if number is None:
        return DASH
    return _form(change)(number)


def signed(change: Change, number: float | None) -> str:
    """A difference, with its sign and one digit more than the values; what is next to nothing beside them is 0.

    Of shares it is told in points, since 2 % more of 40 % may be 42 or 40.8.
    """
    if number is None:
        return DASH
    size, largest = abs(number), _largest(change)
    text = _apart(change, 0.0 if size < NOTHING * largest else size, largest)
    if not any(digit in text for digit in "123456789"):
        return _apart(change, 0.0, largest)
    return ("+" if number > 0 else MINUS) + text


def span(change: Change) -> str:
    """The interval of a difference, with its unit once where both ends have the same."""
    (low, _, unit), (high, _, other) = (signed(change, end).rpartition(" ") for end in (change.low, change.high))
    return f"{low} to {high} {unit}" if unit == other else f"{low} {unit} to {high} {other}"


def _largest(change: Change) -> float:
    return max(abs(change.a or 0.0), abs(change.b or 0.0))


def _apart(change: Change, size: float, largest: float) -> str:
    """The size of a difference; `largest` is the larger of the values that it lies between."""
    if change.name.endswith(("_pct", "_share")):
        return _points(size * (100 if change.name.endswith("_share") else 1))
    if change.name in SCALES:
        factor, unit, _ = SCALES[change.name]
        return f"{_finer(factor * size, factor * largest)} {unit}"
    return _form(change)(size)


def _points(points: float) -> str:
    return f"{points:.1f} points" if 0.05 <= points < 9.95 else f"{points:.0f} points"


def _finer(size: float, largest: float) -> str:
    """With one digit more than `largest` is told with, but no more than three that count."""
    digits = _places(largest) + (size > 0)
    return f"{size:,.{min(digits, _places(size)) if size else digits}f}"


def _places(number: float) -> int:
    """How many digits `report.numbers.count` puts behind the point."""
    return 0 if number == 0 else min(9, max(0, 2 - math.floor(math.log10(abs(number)))))


def _form(change: Change) -> Callable[[float], str]:
    if change.name in SCALES:
        factor, _, unit = SCALES[change.name]
        return lambda number: f"{count(factor * number)} {unit}"
    for ending, form in FORMS.items():
        if change.name.endswith(ending):
            return form
    return lambda number: f"{count(number)} {change.unit}".rstrip()


def _memory(size_bytes: float) -> str:
    return f"{size_bytes / GIB:.2f} GiB" if GIB / 10 <= size_bytes < 10 * GIB else gib(size_bytes)


SCALES: dict[str, tuple[float, str, str]] = {
    "step_time_s": (1e3, "ms", "ms"),
    "power_w": (1.0, "W", "W"),
    "j_per_sample": (1.0, "J", "J/sample"),
}
"""By name, what its number is multiplied by, and the unit of a difference and that of a value."""

FORMS: dict[str, Callable[[float], str]] = {
    "_pct": lambda number: percent(number / 100),
    "_share": percent,
    "link_bytes_per_step": moved,
    "_bytes": _memory,
    "cpu_cores": lambda number: f"{number:.2f} cores",
}
"""By the end of a metric's name (`analysis.ab.changes.METRICS`)."""
