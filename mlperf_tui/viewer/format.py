"""Numbers as text: one place knows their units, their digits and the dash for what is unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from mlperf_tui.report.numbers import DASH as DASH
from mlperf_tui.report.numbers import duration as duration

GAP = "  "


def number(value: float | None, digits: int = 0) -> str:
    """With commas between thousands; words for what is no number, a dash for what is unknown."""
    if value is None:
        return DASH
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return f"{value:,.{digits}f}"


def three_digits(value: float | None) -> str:
    """As many decimals as make three digits: 41,210, 49.7, 2.13, 0.004."""
    if value is None or not math.isfinite(value):
        return number(value)
    size = abs(value)
    return number(value, 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.1 or size == 0 else 4)


def with_unit(text: str, unit: str) -> str:
    """A unit stands behind a number, and not behind a dash."""
    return text if text == DASH else f"{text} {unit}"


def rate(value: float | None, unit: str) -> str:
    """Such as 41,210 images/s."""
    return with_unit(three_digits(value), unit)


def milliseconds(seconds: float | None) -> str:
    """A time in seconds, told in ms."""
    return with_unit(three_digits(None if seconds is None else seconds * 1e3), "ms")


def percent(value: float | None, digits: int = 0) -> str:
    """Of a value between 0 and 100."""
    return with_unit(number(value, digits), "%")


def share(value: float | None, digits: int = 0) -> str:
    """Of a value between 0 and 1."""
    return percent(None if value is None else 100 * value, digits)


def gib(count: float | None) -> str:
    """Bytes in GiB, without the unit, as nvidia-smi counts."""
    return DASH if count is None else number(count / 2**30, 1)


def local_time(wall_ns: int | None) -> str:
    """The local time of day."""
    return DASH if wall_ns is None else datetime.fromtimestamp(wall_ns / 1e9).strftime("%H:%M:%S")


def local_date(wall_ns: int) -> str:
    """The local date and time of day."""
    return datetime.fromtimestamp(wall_ns / 1e9).strftime("%Y-%m-%d %H:%M:%S")


def axis(value: float | None) -> str:
    """A round number for an axis in four characters or so: 42k, 3.1M, 870."""
    if value is None or not math.isfinite(value):
        return DASH
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:
            scaled = value / size
            return f"{scaled:.0f}{suffix}" if scaled >= 9.95 else f"{scaled:.1f}{suffix}"
    return three_digits(value) if value < 9.995 else f"{value:.0f}"


def per_one(unit: str) -> str:
    """One of what a rate counts: image for images/s."""
    return unit.removesuffix("/s").removesuffix("s")


def cell(text: str, width: int) -> str:
    """Right-aligned in exactly `width` columns; left out whole, as a dash, where it doesn't fit."""
    if cell_len(text) > width:
        text = DASH if width > 0 else ""
    return " " * (width - cell_len(text)) + text


def fit(parts: Sequence[str], width: int, gap: str = GAP) -> str:
    """The parts side by side, first ones first; one that doesn't fit any more is left out whole."""
    line = ""
    for part in parts:
        longer = f"{line}{gap}{part}" if line and part else line or part
        if cell_len(longer) <= width:
            line = longer
    return line


def shorten(text: str, width: int) -> str:
    """Words that fit, with … for the rest: a number is not cut in two."""
    if cell_len(text) <= width:
        return text
    kept = set_cell_size(text, max(0, width - 2))
    whole_words = kept if text[len(kept) :].startswith(" ") else kept.rpartition(" ")[0]
    return f"{whole_words.rstrip()} …".strip() if width > 0 else ""


def cut(text: str, width: int) -> str:
    """What fits of a line of foreign text, marked with › where it goes on."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + "›" if width > 0 else ""


def ends(left: str, right: str, width: int) -> str:
    """One text at each end of a line; the right one is left out where both don't fit."""
    room = width - cell_len(left) - cell_len(right)
    return left + " " * room + right if right and room >= 2 else left
