"""Numbers as people read them, each with its unit; unknown is a dash."""

from __future__ import annotations

import math

DASH = "–"
GIB = 1 << 30


def count(value: float | None, digits: int = 3) -> str:
    """A number with at least `digits` significant ones and commas between thousands."""
    if value is None:
        return DASH
    if not math.isfinite(value):
        return {math.inf: "infinite", -math.inf: "-infinite"}.get(value, "NaN")
    if value == 0:
        return "0"
    if abs(value) < 0.001:
        return f"{value:.{digits - 1}e}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(places, 9)}f}"


def how_many(number: int | None, what: str, many: str = "") -> str:
    """Things that are counted: 1 step, 2 steps; `many` is their plural where that isn't `what` with an s."""
    told = DASH if number is None else f"{number:,}"
    return f"{told} {what if number == 1 else many or f'{what}s'}"


def percent(share: float | None) -> str:
    """A share (0 to 1) in whole percent; below one percent with a digit more."""
    if share is None:
        return DASH
    value = 100 * share
    if 0 < value < 0.05:
        return "< 0.1 %"
    return f"{value:.1f} %" if 0 < value < 0.95 else f"{value:.0f} %"


def duration(seconds: float | None) -> str:
    """Hours, minutes and seconds, with days in front where there are any."""
    if seconds is None or not math.isfinite(seconds):
        return DASH
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours:02}:{minutes:02}:{rest:02}"
    return f"{days} d {clock}" if days else clock


def gib(size_bytes: float | None) -> str:
    """Bytes in GiB, as nvidia-smi counts; MiB below a tenth of one, KiB below one of those."""
    if size_bytes is None:
        return DASH
    if size_bytes < 1 << 20:
        return f"{size_bytes / (1 << 10):.0f} KiB"
    return f"{size_bytes / GIB:.1f} GiB" if size_bytes >= GIB / 10 else f"{size_bytes / (1 << 20):.0f} MiB"


def moved(size_bytes: float) -> str:
    """Bytes that went from one place to another, in GB or MB (10⁹, 10⁶), three digits of them."""
    return f"{count(size_bytes / 1e9)} GB" if size_bytes >= 1e9 else f"{count(size_bytes / 1e6)} MB"


def rate(bytes_per_s: float | None) -> str:
    """Bytes a second in GB/s (10⁹)."""
    return DASH if bytes_per_s is None else f"{bytes_per_s / 1e9:.1f} GB/s"
