"""What the output pane says of itself: the filter, what it found, and how far back that has been searched."""

from __future__ import annotations

import math

from mlperf_tui.frozen import frozen
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.output_reader import MOST_LINES, Passage

EXPRESSION_COLUMNS = 30


@frozen
class State:
    """The filter, what was read, why no more can be; `goes_on` while more is wanted than that."""

    expression: str | None
    passage: Passage | None
    problem: str
    goes_on: bool


def found(state: State) -> list[str]:
    """For the title: the filter with its number of lines, and the share of the output that lies before the oldest."""
    if state.expression is None:
        return [_back(state.passage, state.goes_on, "loading …", "loaded")] if state.passage else []
    name = f"/{fmt.cut(state.expression, EXPRESSION_COLUMNS)}/"
    if state.passage is None:
        return [name, state.problem or "searching …"]
    count = fmt.number(len(state.passage.lines))
    back = state.problem or _back(state.passage, state.goes_on, "searching …", "searched")
    return [f"{name} {count} {'line' if count == '1' else 'lines'}", back]


def nothing(state: State) -> str:
    """For a pane without lines: why."""
    if state.expression is None:
        return "nothing printed yet"
    searched = state.passage is not None and not state.passage.goes_back
    return state.problem or ("no line matches" if searched else "searching …")


def _back(passage: Passage, goes_on: bool, doing: str, done: str) -> str:
    if passage.full:
        return f"no more are held ({MOST_LINES:,} lines, 16 MB)"
    if not passage.oldest:
        return ""
    left = fmt.percent(math.ceil(100 * passage.oldest / max(1, passage.end)))
    return f"{doing} {left} left" if goes_on else f"{left} not {done}"
