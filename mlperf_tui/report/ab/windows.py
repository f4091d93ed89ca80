"""The windows of a process that takes turns, over all its ranks: samples, seconds, and by which clock."""

from __future__ import annotations

from dataclasses import dataclass

from mlperf_tui.analysis.ab.evidence import Window
from mlperf_tui.analysis.throughput import GPU_SHARE
from mlperf_tui.records import Clock
from mlperf_tui.report.ab.head import at_s
from mlperf_tui.report.ab.machine import Span
from mlperf_tui.report.ab.rank import RankTurns, Stretch, Sums

WAITS = 0.02
"""A process that waits longer for data (share of its time) was sped up by what its loaders prepared in the pause."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One window over all ranks, and the span in which all of them were in it."""

    window: Window
    span: Span


def measured_windows(
    ranks: list[RankTurns], *, by_gpu: bool, waits: bool, clock: Clock | None, origin: Clock | None
) -> list[Measured]:
    """The windows that all ranks have ended, in order; one without a step that counts is left out."""
    found = []
    for stretches in zip(*(rank.stretches for rank in ranks), strict=False):
        sums = [_of(stretch, waits=waits) for stretch in stretches]
        rates = [_rate(one, by_gpu=by_gpu) for one in sums]
        if not rates or None in rates:
            continue
        since, until = max(one.since for one in sums), min(stretch.until for stretch in stretches)
        samples = sum(one.gpu_samples if by_gpu else one.samples for one in sums)
        steps = min(one.steps for one in sums)
        window = Window(
            at_s=at_s((since + until) // 2, clock, origin),
            steps=steps,
            samples=samples,
            seconds=samples / sum(rate for rate in rates if rate is not None),
            left_out=min(stretch.steps for stretch in stretches) - steps,
            data_wait_share=data_share(sums),
        )
        found.append(Measured(window, (since, until)))
    return found


def _of(stretch: Stretch, *, waits: bool) -> Sums:
    return stretch.steady if waits else stretch.plain


def chosen(ranks: list[RankTurns], *, waits: bool) -> list[Sums]:
    """What counts of each window of each rank: of a process that waits for data only its steady part."""
    return [_of(stretch, waits=waits) for rank in ranks for stretch in rank.stretches]


def timed_by_gpu(ranks: list[RankTurns]) -> bool:
    """Whether the GPU has timed nearly all steps of every rank."""
    sums = [[stretch.plain for stretch in rank.stretches] for rank in ranks]
    return bool(sums) and all(
        sum(one.gpu_steps for one in of_rank) >= GPU_SHARE * max(1, sum(one.steps for one in of_rank))
        for of_rank in sums
    )


def waits_for_data(ranks: list[RankTurns]) -> bool:
    """Whether it waits for data once what was prepared is used up; where no window lasts so long nobody can tell."""
    steady = chosen(ranks, waits=True)
    if not any(one.steps for one in steady):
        return True
    share = data_share(steady)
    return share is not None and share > WAITS


def data_share(sums: list[Sums]) -> float | None:
    """The share of the time (0 to 1) that waited for data, by the host's clock; None where it isn't told."""
    seconds = sum(one.host_s for one in sums)
    waited = [one.data_s for one in sums]
    if None in waited or seconds <= 0:
        return None
    return sum(one for one in waited if one is not None) / seconds


def _rate(sums: Sums, *, by_gpu: bool) -> float | None:
    samples, seconds = (sums.gpu_samples, sums.gpu_s) if by_gpu else (sums.samples, sums.host_s)
    return samples / seconds if samples and seconds > 0 else None


def step_seconds(ranks: list[RankTurns], *, by_gpu: bool, waits: bool) -> float | None:
    """Seconds of a step, of the slowest rank."""
    times = []
    for rank in ranks:
        sums = [_of(stretch, waits=waits) for stretch in rank.stretches]
        steps = sum(one.gpu_steps if by_gpu else one.steps for one in sums)
        if steps:
            times.append(sum(one.gpu_s if by_gpu else one.host_s for one in sums) / steps)
    return max(times, default=None)


def j_per_sample(power_w: float | None, gpus: int, measured: list[Measured]) -> float | None:
    """The mean power of all its GPUs over samples a second."""
    samples = sum(one.window.samples for one in measured)
    if power_w is None or not samples:
        return None
    return power_w * gpus * sum(one.window.seconds for one in measured) / samples
