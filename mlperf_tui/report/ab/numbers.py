"""The numbers of an A/B as people read them: values of either arm, differences and intervals, each with its unit."""

from __future__ import annotations

from collections.abc import Callable

from mlperf_tui.analysis.ab.result import Change, Comparison, Look
from mlperf_tui.report.numbers import DASH, GIB, count, gib, percent

MINUS = "−"

NOTHING = 1e-4
"""Below this share of the values a difference can't be seen in their digits."""


MOST = 9.99


def share(value: float | None) -> str:
    """A share in percent with a digit behind the point where it is below ten: 0.4 %, 41 %."""
    if value is None:
        return DASH
    if abs(value) > MOST:
        return "over 999 %"
    return f"{100 * value:.1f} %" if abs(value) < 0.0995 else f"{100 * value:.0f} %"


def plus_minus(look: Look) -> str:
    """The half-width of an interval."""
    return f"±{share(look.half_width)}"


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
    """A difference, with its sign; what is next to nothing beside the values themselves is 0.

    Of shares it is told in points, since 2 % more of 40 % may be 42 or 40.8.
    """
    if number is None:
        return DASH
    size = abs(number)
    if size < NOTHING * max(abs(change.a or 0.0), abs(change.b or 0.0)):
        size = 0.0
    sign = "" if size == 0 else "+" if number > 0 else MINUS
    if change.name.endswith(("_pct", "_share")):
        return sign + _points(size * (100 if change.name.endswith("_share") else 1))
    return sign + _form(change)(size)


def _points(points: float) -> str:
    return f"{points:.1f} points" if 0 < points < 9.95 else f"{points:.0f} points"


def _form(change: Change) -> Callable[[float], str]:
    for ending, form in FORMS.items():
        if change.name.endswith(ending):
            return form
    return lambda number: f"{count(number)} {change.unit}".rstrip()


def _memory(size_bytes: float) -> str:
    return f"{size_bytes / GIB:.2f} GiB" if GIB / 10 <= size_bytes < 10 * GIB else gib(size_bytes)


FORMS: dict[str, Callable[[float], str]] = {
    "_pct": lambda number: percent(number / 100),
    "_share": percent,
    "link_bytes_per_step": lambda number: f"{number / 1e9:.2f} GB",
    "_bytes": _memory,
    "_time_s": lambda number: f"{count(1e3 * number)} ms",
    "power_w": lambda number: f"{count(number)} W",
    "j_per_sample": lambda number: f"{count(number)} J",
    "cpu_cores": lambda number: f"{number:.2f} cores",
}
"""By the end of a metric's name (`analysis.ab.changes.METRICS`)."""
