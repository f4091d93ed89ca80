"""The ratio and its interval after each pair: a line a look, narrowing on one scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlperf_tui.analysis.ab.intervals import percent
from mlperf_tui.analysis.ab.result import Comparison, Look
from mlperf_tui.report.ab.numbers import plus_minus, ratio
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.ab.pane import AbPane, sentence
from mlperf_tui.viewer.ab.picture import Held, Picture
from mlperf_tui.viewer.ab.scale import Scale, axis, bar, scale_of
from mlperf_tui.viewer.panes.rows import Content, Room, Row, row
from mlperf_tui.viewer.panes.rows import Look as Seen

COLUMNS = (9, 9, 19, 13)
"""Of the pairs, the ratio, its interval and half of its width; where not all fit, the last ones are left out whole."""

BAR_LEAST = 16
BAR_MOST = 100
BEYOND = 1e4
"""An interval whose ends are further apart than this says nothing: numbers would say less than words."""


class Ratio(AbPane):
    """One scale a comparison; the newest looks where there is no room for all."""

    title = "Ratio"

    def made(self, picture: Picture, room: Room) -> Content:
        held = picture.held
        ones = held.ab.comparisons if held else ()
        if held is None or not any(one.speed.looks for one in ones):
            return Content(_asked(picture), [], sentence(_nothing(picture), room.width, Seen.DIM))
        blocks = list(_blocks(held, room, picture.plan.within))
        if len(blocks) == 1:
            return Content(_note(picture, ones), blocks[0][:1], blocks[0][1:])
        return Content(_note(picture, ones), [], [one for block in blocks for one in block])

    def told(self, picture: Picture) -> list[str]:
        return [
            "B/A: B's throughput over A's, by Welch's method on the logarithms of the processes' means",
            "95 % interval: repeated confidence intervals (Jennison & Turnbull 2000); all looks together spend the 5 %",
            f"it ends after a whole block A B B A, two at least, once the interval is ±{percent(picture.plan.within)}",
            "on the scale: ● ratio, ├ ┤ interval, ← → where that goes on, │ at 1, dots the half-width asked for",
        ]


def _asked(picture: Picture) -> str:
    return f"±{percent(picture.plan.within)} is asked for"


def _note(picture: Picture, ones: Sequence[Comparison]) -> str:
    """How far it is, for one comparison; of several each says so in the verdict."""
    if all(one.speed.settled for one in ones):
        return f"settled · {_asked(picture)}"
    more = ones[0].speed.more_pairs if len(ones) == 1 else None
    soon = f"{more} more pair{'' if more == 1 else 's'} should do" if more and picture.status.live else ""
    return " · ".join(part for part in (_asked(picture), soon) if part)


def _nothing(picture: Picture) -> str:
    ab = picture.held.ab if picture.held else None
    if ab is not None and ab.refused:
        return "nothing is compared: the verdict says why"
    known = ab.comparisons[0].speed.why if ab is not None and ab.comparisons else ""
    soon = "" if picture.status.ended else "the first interval comes after pair 2, the first end after pair 4"
    return "; ".join(part for part in (known, soon) if part) or "no pair became whole"


def _blocks(held: Held, room: Room, within: float) -> Iterator[list[Row]]:
    """A heading and the newest looks of each comparison, as many as there is room for; one look at least."""
    told = [one for one in zip(held.arms[1:], held.ab.comparisons, strict=True) if one[1].speed.looks]
    each = max(1, room.height // len(told) - 1)
    columns = min(BAR_MOST, room.width - 2 - sum(COLUMNS))
    for arm, one in told:
        looks = one.speed.looks
        scale = scale_of(looks, within, columns) if columns >= BAR_LEAST else None
        newest = (_look(look, room.width, scale, within if look is looks[-1] else None) for look in looks[-each:])
        yield [_heading(arm.letter, room.width, scale), *newest]


def _heading(letter: str, width: int, scale: Scale | None) -> Row:
    text = _cells(("pairs", f"{letter}/A", "95 % interval", "half-width"), width)
    if scale is None:
        return row(text.rstrip(), Seen.DIM)
    low, high = scale.ends
    return row(text + axis(scale, (f"×{ratio(low)}", f"×{ratio(high)}")), Seen.DIM)


def _look(look: Look, width: int, scale: Scale | None, within: float | None) -> Row:
    """`within` is given for the newest one, which stands out: the half-width asked for is drawn about it."""
    text = _cells((f"{look.pairs} pairs", _ratio(look), interval(look), _half(look)), width)
    weight = Seen.PLAIN if within is None else Seen.BOLD
    if scale is None:
        return row(text.rstrip(), weight)
    band = None if within is None else (look.ratio / (1 + within), look.ratio * (1 + within))
    return ((text, weight), (bar(scale, look, band), Seen.SPARK))


def _cells(texts: Sequence[str], width: int) -> str:
    """Each in its column, as far as they fit."""
    line = " "
    for text, columns in zip(texts, COLUMNS, strict=True):
        if len(line) + len(text) > width:
            break
        line += text.ljust(columns)
    return line


def _ratio(look: Look) -> str:
    return f"×{ratio(look.ratio)}" if look.ratio < BEYOND else fmt.DASH


def interval(look: Look) -> str:
    """Its ends, where they say anything."""
    if look.high / look.low > BEYOND:
        return "says nothing yet"
    return f"{ratio(look.low)} to {ratio(look.high)}"


def _half(look: Look) -> str:
    return "over ±999 %" if look.half_width > 9.99 else plus_minus(look)
