"""Where numbers come from, in words: behind a title, and for a pane that is enlarged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.snapshot import Known, Snapshot


def origins(known: Known, series: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line a series, given as (what people call it, its name): what measures it, its unit; or why it has no value."""
    for label, name in series:
        source, why = known.source(name), known.reason(name)
        if source is not None:
            yield f"{label}: {source.rung}, in {source.unit}"
        elif why is not None:
            yield f"{label}: {fmt.DASH} {why}"
        yield from (f"{label} of GPU {index}: {fmt.DASH} {why}" for index, why in of_one(known, name))


def of_one(known: Known, name: str) -> Iterator[tuple[int, str]]:
    """Why a series has no value for single GPUs."""
    yield from ((index, why) for series, index, why in known.reasons if series == name and index is not None)


def last_of(snapshot: Snapshot) -> str:
    """Behind the title of what is a reading: once the run is over, the rates beside it are the whole run's."""
    return ", the last reading" if snapshot.over else ""


def age(known: Known, kind: str) -> str:
    """How old the newest reading of a kind is."""
    seconds = known.ages_s.get(kind)
    return "never read" if seconds is None else f"last read {seconds:.1f} s ago"
