"""An A/B as sentences, rows of a label and what is to be said of it, and tables: what text and Markdown share."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from statistics import fmean
from typing import TypeAlias

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.ab.intervals import TELLS
from mlperf_tui.analysis.ab.result import Ab, Change, Comparison, Learning, Look, Speed
from mlperf_tui.records import Experiment
from mlperf_tui.report.ab.numbers import last_look, plus_minus, ratio, share, signed, span, value
from mlperf_tui.report.numbers import DASH, count, duration

Row = tuple[str, str]
Table = list[tuple[str, ...]]
Asked: TypeAlias = Experiment | tuple[str, ...]
"""What was asked for: an experiment, or the words of the command that holds stored sessions against each other."""

VERDICTS = {
    "faster": "faster",
    "slower": "slower",
    "cannot_tell": "can't tell",
    "same": "same within seed noise",
    "differs": "differs",
}


POINTS = 0.1
SHARE = 0.005
"""A difference below these is noise to a reader, however sure it is."""


def headline(ab: Ab) -> str:
    """The answer in one sentence: of the first comparison where there are several."""
    if ab.refused:
        more = f" (and {len(ab.refused) - 1} more)" if len(ab.refused) > 1 else ""
        return f"these can't be compared: {ab.refused[0]}{more}"
    return ab.comparisons[0].sentence if ab.comparisons else "nothing has been measured yet"


def command_of(asked: Asked) -> str:
    """What to type to do the same again; of stored sessions, to compare them again."""
    return shlex.join(asked.command if isinstance(asked, Experiment) else asked)


def arms_table(ab: Ab) -> Table:
    """A row an arm: mean throughput, spread between processes, how much was measured and left out."""
    return [
        ("arm", ab.unit, "spread", "processes", "steps measured", "left out", "timed by"),
        *(_arm(ab, arm) for arm in ab.arms),
    ]


def rows(comparison: Comparison) -> Iterator[Row]:
    """What is to be said of one comparison."""
    yield "ratio", _ratio(comparison)
    if len(comparison.speed.looks) > 1:
        yield "looks", ", ".join(_look(look) for look in comparison.speed.looks)
    yield "learning", _verdict(comparison.learning.conclusion, comparison.learning.why)
    yield from _learning_rows(comparison.learning)


def changes_table(comparison: Comparison) -> Table:
    """A row a number that is known of both arms; else only the heading.

    It is `clear` where the interval excludes zero and the difference is worth a look: 0.1 points at least, of what is
    no share 0.5 % of the larger value.
    """
    heading = ("", comparison.a, comparison.b, "difference", "95 % interval", "")
    known = [change for change in comparison.changes if change.a is not None and change.b is not None]
    return [
        heading,
        *(
            (
                change.label,
                value(change, change.a),
                value(change, change.b),
                signed(change, change.difference),
                DASH if change.low is None else span(change),
                "clear" if _is_clear(change) else DASH,
            )
            for change in known
        ),
    ]


def notes(ab: Ab) -> Iterator[Row]:
    """What must be known of the whole: why nothing is compared, whether speed moved, warnings."""
    for refused in ab.refused:
        yield "refused", refused
    if ab.drift:
        yield "drift", ab.drift
    for warning in ab.warnings:
        yield "note", warning


def sessions_table(ab: Ab) -> Table:
    """A row a process, in the order of launch."""
    return [
        ("session", "arm", "pair", "seed", "status", ab.unit, "windows", "counts"),
        *(_session(process, counts=ab.counts(process)) for process in ab.processes),
    ]


def _arm(ab: Ab, arm: str) -> tuple[str, ...]:
    counted = [process for process in ab.processes if process.arm == arm and ab.counts(process)]
    mean, spread = _speed(ab, arm, counted)
    windows = [window for process in counted for window in process.windows]
    sources = sorted({process.source for process in counted if process.source})
    return (
        arm,
        count(mean, 4),
        DASH if spread is None else f"±{share(spread)}",
        str(len(counted)),
        f"{sum(window.steps for window in windows):,}",
        f"{sum(window.left_out for window in windows):,}",
        " and ".join(sources) or DASH,
    )


def _speed(ab: Ab, arm: str, counted: list[Process]) -> tuple[float | None, float | None]:
    """As the verdict has them, else the plain mean."""
    for comparison in ab.comparisons:
        speed: Speed = comparison.speed
        if comparison.a == arm:
            return speed.mean_a, speed.spread_a
        if comparison.b == arm:
            return speed.mean_b, speed.spread_b
    rates = [process.per_s for process in counted if process.per_s is not None]
    return (fmean(rates) if rates else None), None


def _verdict(conclusion: str, why: str) -> str:
    word = VERDICTS.get(conclusion, conclusion)
    return why if why.startswith(word) else f"{word}: {why}"


def _is_clear(change: Change) -> bool:
    size = abs(change.difference or 0.0)
    if change.name.endswith("_pct"):
        return change.clear and size >= POINTS
    if change.name.endswith("_share"):
        return change.clear and 100 * size >= POINTS
    return change.clear and size >= SHARE * max(abs(change.a or 0.0), abs(change.b or 0.0))


def _ratio(comparison: Comparison) -> str:
    speed, look = comparison.speed, last_look(comparison)
    if look is None:
        return f"{_plain_ratio(speed)}: {speed.why}"
    ends = f"{ratio(look.low)} to {ratio(look.high)}, " if look.half_width <= TELLS else ""
    interval = f"{ratio(look.ratio)} (95 % interval {ends}{plus_minus(look)})"
    pairs = f"{look.pairs} pair{'' if look.pairs == 1 else 's'}"
    return f"{interval}: {VERDICTS.get(speed.conclusion, speed.conclusion)}, {pairs}; {speed.why}"


def _look(look: Look) -> str:
    known = plus_minus(look)
    return f"{look.pairs} pairs {ratio(look.ratio)} {known if known.startswith('±') else f'({known})'}"


def _learning_rows(learning: Learning) -> Iterator[Row]:
    if learning.loss_a is not None and learning.loss_b is not None:
        at = f"at {count(learning.at_samples)} samples"
        yield "loss", f"{count(learning.loss_a, 4)} against {count(learning.loss_b, 4)} {at}"
    if learning.metric and learning.final_a is not None and learning.final_b is not None:
        yield learning.metric, f"{count(learning.final_a, 4)} against {count(learning.final_b, 4)}"
    times = learning.time_to_target_a_s, learning.time_to_target_b_s
    if None not in times:
        yield "to target", " against ".join(duration(time) for time in times)
    for what in ("nan", "skipped"):
        a, b = (getattr(learning, f"{what}_steps_{arm}") for arm in "ab")
        if a or b:
            yield f"{'NaN' if what == 'nan' else what} steps", f"{a:,} against {b:,}"


def _plain_ratio(speed: Speed) -> str:
    if not speed.mean_a or not speed.mean_b:
        return "unknown"
    return f"{ratio(speed.mean_b / speed.mean_a)} as measured, without an interval"


def _session(process: Process, *, counts: bool) -> tuple[str, ...]:
    return (
        process.session,
        process.arm,
        str(process.pair),
        DASH if process.seed is None else str(process.seed),
        process.status,
        count(process.per_s, 4),
        str(len(process.windows)),
        "yes" if counts else "no",
    )
