"""How fast the run trains: samples over training time, and how long its steps take, by the best clock that there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from mlperf_tui.frozen import frozen
from mlperf_tui.session.totals import Base, HeadStep, RankTotals

GPU_EVENTS = "GPU events"
HOST_CLOCK = "host clock"
GPU_SHARE = 0.9
"""The GPU's clock is used when at least this share of the steps was timed by it."""

WARM = 1.2
"""Warm-up ends with the first step from which five in a row stay under this multiple of the settled step time."""

IN_A_ROW = 5
FAR = 3.0
"""First steps above this multiple are warm-up also where times never settle so: they compile, or load a library."""


@frozen
class Throughput:
    """Samples a second over all ranks; steps and step times of the slowest rank. None is unknown.

    Training time is the sum of step times, data wait included: evaluation and checkpoints lie between the loops and
    are in no step. `median` and `p10` are the rates of a step at its median and its 90th percentile time.
    `exposed_allreduce_share` is the least of all ranks': what others have more, they wait for a slower one. `own_s` is
    a rank's step time without its own exposed all-reduce.
    """

    samples_per_s: float | None = None
    median: float | None = None
    p10: float | None = None
    steps: int = 0
    warmup_steps: int = 0
    step_s: float | None = None
    p50_s: float | None = None
    p90_s: float | None = None
    p99_s: float | None = None
    source: str | None = None
    data_wait_share: float | None = None
    exposed_allreduce_share: float | None = None
    by_rank: Mapping[int, float | None] = field(default_factory=dict)
    own_s: Mapping[int, float | None] = field(default_factory=dict)


@frozen
class _Rate:
    samples: int
    steps: int
    seconds: float
    base: Base
    source: str
    warmup: int

    @property
    def per_s(self) -> float | None:
        return self.samples / self.seconds if self.samples and self.seconds > 0 else None


def throughput(ranks: Mapping[int, RankTotals], *, warmup: bool = False) -> Throughput:
    """The rate of all ranks together; with `warmup`, without the first steps, which are then counted."""
    rates = {rank: _rate(totals, warmup) for rank, totals in ranks.items() if totals.host.steps}
    if not rates:
        return Throughput()
    slowest = min(rates.values(), key=lambda rate: rate.per_s or float("inf"))
    total = _total(rate.per_s for rate in rates.values())
    p50, p90, p99 = (slowest.base.percentile(share) for share in (0.5, 0.9, 0.99))
    step_s = slowest.seconds / slowest.steps if slowest.steps else None
    return Throughput(
        samples_per_s=total,
        median=_at(total, step_s, p50),
        p10=_at(total, step_s, p90),
        steps=slowest.steps,
        warmup_steps=slowest.warmup,
        step_s=step_s,
        p50_s=p50,
        p90_s=p90,
        p99_s=p99,
        source=slowest.source,
        data_wait_share=_data_wait(ranks.values()),
        exposed_allreduce_share=min(map(_exposed, ranks.values()), key=lambda share: -1 if share is None else share),
        by_rank={rank: rate.per_s for rank, rate in rates.items()},
        own_s={rank: _own(ranks[rank]) for rank in rates},
    )


def warm_from(head: list[HeadStep]) -> int:
    """How many of the first steps are warm-up, at most half of them; where times never settle, those far above."""
    times = [step.gpu_s if step.gpu_s is not None else step.host_s for step in head]
    half = len(times) // 2
    if len(times) < 2 * IN_A_ROW:
        return min(1, half)
    settled = sorted(times[half:])[(len(times) - half) // 2]
    for start in range(half + 1):
        if max(times[start : start + IN_A_ROW]) <= WARM * settled:
            return start
    return next((start for start in range(half) if times[start] <= FAR * settled), half)


def _rate(totals: RankTotals, warmup: bool) -> _Rate:
    by_gpu = totals.gpu.steps >= GPU_SHARE * totals.host.steps
    base = totals.gpu if by_gpu else totals.host
    left_out = totals.head[: warm_from(totals.head)] if warmup else []
    timed = [step for step in left_out if not by_gpu or step.gpu_s is not None]
    return _Rate(
        samples=base.samples - sum(step.samples for step in timed),
        steps=base.steps - len(timed),
        seconds=base.seconds - sum(step.gpu_s or 0.0 if by_gpu else step.host_s for step in timed),
        base=_without(base, [(step.gpu_s or 0.0) if by_gpu else step.host_s for step in timed]),
        source=GPU_EVENTS if by_gpu else HOST_CLOCK,
        warmup=len(left_out),
    )


def _without(base: Base, seconds: list[float]) -> Base:
    """The histogram without some steps that it holds."""
    left = Base(histogram=dict(base.histogram))
    for value in seconds:
        left.remove(value)
    return left


def _at(per_s: float | None, mean_s: float | None, step_s: float | None) -> float | None:
    return per_s * mean_s / step_s if per_s and mean_s and step_s else None


def _total(rates: Iterable[float | None]) -> float | None:
    """The sum, unknown as soon as one is."""
    known = list(rates)
    return None if None in known else sum(rate for rate in known if rate is not None)


def _exposed(totals: RankTotals) -> float | None:
    """The share of a rank's step time that its exposed all-reduce takes, by those steps that told it."""
    base = _base(totals)
    if not totals.exposed_steps or not base.seconds:
        return None
    return totals.exposed_s / totals.exposed_steps / (base.seconds / base.steps)


def _own(totals: RankTotals) -> float | None:
    """Seconds of a step in which the rank doesn't wait for the exchange alone."""
    base, exposed = _base(totals), _exposed(totals)
    return None if exposed is None else max(0.0, 1.0 - exposed) * base.seconds / base.steps


def _base(totals: RankTotals) -> Base:
    """Its step times by the clock that is used."""
    return totals.gpu if totals.gpu.steps >= GPU_SHARE * totals.host.steps else totals.host


def _data_wait(ranks: Iterable[RankTotals]) -> float | None:
    """The share of training time that waited for data, by the host's clock; None where no loop was timed."""
    timed = [totals for totals in ranks if totals.data_steps and totals.data_steps == totals.host.steps]
    seconds = sum(totals.host.seconds for totals in timed)
    return sum(totals.data_s for totals in timed) / seconds if seconds > 0 else None
