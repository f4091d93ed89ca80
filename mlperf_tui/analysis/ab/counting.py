"""Which processes of an experiment count: one an arm and pair, and none that shared its time with another."""

from __future__ import annotations

from collections.abc import Sequence

from mlperf_tui.analysis.ab.evidence import Process

SHARED_S = 0.5
"""So long a recorder may take to end while the next process starts."""


def uncounted(processes: Sequence[Process]) -> dict[str, str]:
    """By session, why a process that is usable does not count all the same; they are listed in the order of launch.

    It shared its time where a runner was killed, and another one began while a process of the first went on. Of those
    that were repeated the last one counts: the pair was run again from its start.
    """
    usable = [one for one in processes if one.usable]
    shared = {
        one.session: f"it shared its time with {other.session}"
        for one in usable
        if (other := _beside(one, processes)) is not None
    }
    alone = [one for one in usable if one.session not in shared]
    last = {(one.pair, one.arm): one.session for one in alone}
    return shared | {
        one.session: f"it was run again as {last[one.pair, one.arm]}"
        for one in alone
        if last[one.pair, one.arm] != one.session
    }


def _beside(one: Process, processes: Sequence[Process]) -> Process | None:
    """The first other process, whatever became of it, that ran when this one should have been alone."""
    return next((other for other in processes if other.session != one.session and _overlap(one, other)), None)


def _overlap(one: Process, other: Process) -> bool:
    return any(
        min(until, ended) - max(since, began) > SHARED_S for since, until in one.spans for began, ended in other.spans
    )
