"""The answer in sentences: is B faster, how sure is that, does it learn the same, and what a reader must know."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.analysis.ab.result import Comparison
from mlperf_tui.viewer.ab.pane import AbPane, sentence
from mlperf_tui.viewer.ab.picture import Held, Picture
from mlperf_tui.viewer.panes.pane import empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room

FAILED = ("failed", "interrupted", "gone", "unreadable")
LEARNS = {"same": "same within seed noise", "differs": "differs", "cannot_tell": "can't tell"}


class Verdict(AbPane):
    """Wrapped sentences: what was refused first, then each comparison, then drift and warnings."""

    title = "Verdict"

    def made(self, picture: Picture, room: Room) -> Content:
        told = [*_failure(picture), *(sentences(picture.held) if picture.held else ())]
        rows = [row for text, look in told for row in sentence(text, room.width, look)]
        return Content(_note(picture.held), [], rows or empty("nothing has been measured yet"))

    def told(self, picture: Picture) -> list[str]:
        held = picture.held
        return [
            *(line for one in (held.ab.comparisons if held else ()) for line in _learned(one)),
            "faster, slower: the interval of the ratio lies on one side of 1; else it can't be told at this precision",
            "same: B's loss less A's at equal samples lies within what a change of seed alone does to it",
            "a process is one piece of evidence, however many steps it has; pair i has the same seed in all arms",
        ]


def _note(held: Held | None) -> str:
    pairs = held.ab.pairs if held else 0
    return f"{pairs or 'no'} whole pair{'' if pairs == 1 else 's'}"


def _failure(picture: Picture) -> Iterator[tuple[str, Look]]:
    """Why it has ended, where that was no end of its own; what was refused says so itself."""
    state = picture.status
    if state.word in FAILED and not (picture.held and picture.held.ab.refused):
        yield f"! {state.word}: {state.detail}", Look.ALARM


def sentences(held: Held) -> Iterator[tuple[str, Look]]:
    """The most urgent first."""
    ab = held.ab
    yield from ((f"! these can't be compared: {reason}", Look.ALARM) for reason in ab.refused)
    for one in ab.comparisons:
        yield one.sentence, Look.BOLD
        if not one.speed.settled and one.speed.why not in one.sentence:
            yield f"{one.b}: {one.speed.why}" if len(ab.comparisons) > 1 else one.speed.why, Look.PLAIN
    for one in ab.comparisons:
        named = f"{one.b} learns: " if len(ab.comparisons) > 1 else "learning: "
        yield named + _learning(one), Look.PLAIN
    if ab.drift:
        yield f"drift: {ab.drift}", Look.PLAIN
    yield from ((f"note: {warning}", Look.PLAIN) for warning in ab.warnings)


def _learning(one: Comparison) -> str:
    """The verdict's words once, though its reason may begin with them."""
    words, why = LEARNS.get(one.learning.conclusion, one.learning.conclusion), one.learning.why
    return why if why.startswith(words) else f"{words}: {why}"


def _learned(one: Comparison) -> Iterator[str]:
    """What was counted and reached, where there is any of it."""
    told = one.learning
    if told.nan_steps_a or told.nan_steps_b:
        yield f"steps without a finite loss: {told.nan_steps_a:,} in {one.a}, {told.nan_steps_b:,} in {one.b}"
    if told.skipped_steps_a or told.skipped_steps_b:
        skipped = f"{told.skipped_steps_a:,} in {one.a}, {told.skipped_steps_b:,} in {one.b}"
        yield f"steps that the loss scaler skipped: {skipped}"
