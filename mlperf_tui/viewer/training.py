"""The training side of the model: steps folded second by second, for the numbers of now and the curve behind them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from mlperf_tui.analysis.throughput import Throughput, throughput
from mlperf_tui.records import Late, Minute, Step
from mlperf_tui.session.pauses import pause
from mlperf_tui.session.totals import RankFold, RankTotals
from mlperf_tui.viewer.history import History
from mlperf_tui.viewer.snapshot import Training

SECOND_NS = 1_000_000_000
WINDOW_S = 10
WINDOW_STEPS = 5
"""The numbers of now come from the last ten seconds, or from as many more as hold five steps of a slow loop."""

SLICES = 120
Ranks = dict[int, RankTotals]


class TrainingFold:
    """Takes steps in order of time. A second without a step is a gap in the curve, unless a slow step spans it."""

    def __init__(self) -> None:
        self.losses = History()
        self.whole: Ranks = {}
        self._curve = History()
        self._folds: dict[int, RankFold] = {}
        self._slices: deque[tuple[int, Ranks]] = deque(maxlen=SLICES)
        self._second = 0
        self._rates: dict[int, tuple[int, float]] = {}
        self._last_t: int | None = None
        self._compiling_t: int | None = None
        self._odd = False
        self._pauses: set[str] = set()

    def compiles(self, t: int, *, now: bool) -> None:
        """The model is compiled from `t` on, or was until then: the step that holds this is no step of now."""
        self._compiling_t = t if now else None
        self._odd = not now

    def pauses(self, key: str) -> None:
        """A mark's key: within a pause no step is to be waited for."""
        if (found := pause(key)) is not None:
            name, begins = found
            (self._pauses.add if begins else self._pauses.discard)(name)

    def recall(self, minute: Minute, *, in_sight: bool) -> None:
        """Take in a minute of long ago: into the totals, and into the curve when that still shows it."""
        ranks = {int(rank): RankTotals.from_json(body) for rank, body in minute.ranks.items()}
        _merge(self.whole, ranks)
        lasts = [totals.last_t for totals in ranks.values() if totals.last_t is not None]
        self._last_t = max(lasts, default=self._last_t)
        if in_sight:
            start, stop = minute.t0 // SECOND_NS, minute.t1 // SECOND_NS + 1
            self._curve.fill(start, stop, throughput(ranks).samples_per_s)
            self.losses.fill(start, stop, _loss(ranks.values()))

    def step(self, rank: int, step: Step) -> None:
        self.turn(step.t // SECOND_NS)
        self._last_t = step.t
        if self._pauses:
            self._pauses.clear()
        self._fold(rank).step(step)

    def late(self, rank: int, late: Late) -> None:
        self._fold(rank).late(late)

    def turn(self, second: int) -> None:
        """A new second has begun: what was folded in the one before is a slice."""
        if second <= self._second:
            return
        ranks = {rank: fold.take() for rank, fold in self._folds.items()}
        if any(_holds(totals) for totals in ranks.values()):
            if not self._odd:
                self._slices.append((self._second, ranks))
                self._draw(self._second, ranks)
            _merge(self.whole, ranks)
            self._odd = self._odd and not any(totals.host.steps for totals in ranks.values())
        self._second = second

    def training(self, now: int, *, live: bool) -> Training:
        """The state at `now`, in monotonic ns."""
        second = now // SECOND_NS
        peaks = [totals.memory_peak_bytes for totals in self.whole.values() if totals.memory_peak_bytes is not None]
        return Training(
            now=self._now(second) if live else Throughput(),
            whole=throughput(self.whole, warmup=True),
            curve=self._curve.track(second),
            silent_s=None if self._last_t is None else max(0.0, (now - self._last_t) / SECOND_NS),
            compiling_s=None if self._compiling_t is None else (now - self._compiling_t) / SECOND_NS,
            pausing=bool(self._pauses),
            memory_bytes=max(peaks, default=None),
        )

    def last(self) -> Throughput:
        """Of the last ten seconds in which it took steps, however long ago."""
        return self._now((self._last_t or 0) // SECOND_NS)

    def loss(self) -> float | None:
        return _loss(self.whole.values())

    def nan_steps(self) -> int:
        return max((totals.nan_steps for totals in self.whole.values()), default=0)

    def _fold(self, rank: int) -> RankFold:
        if rank not in self._folds:
            self._folds[rank] = RankFold()
        return self._folds[rank]

    def _now(self, second: int) -> Throughput:
        ranks: Ranks = {}
        steps = 0
        for at, slice_ in reversed(self._slices):
            if second - at > WINDOW_S and steps >= WINDOW_STEPS:
                break
            _merge(ranks, slice_)
            steps = max((totals.host.steps for totals in ranks.values()), default=0)
        found = throughput(ranks)
        silent = second - (self._last_t or 0) // SECOND_NS
        return Throughput() if silent > max(WINDOW_S, 2 * (found.step_s or 0.0)) else found

    def _draw(self, second: int, ranks: Ranks) -> None:
        found = throughput(ranks)
        self._rates.update({rank: (second, rate) for rank, rate in found.by_rank.items() if rate is not None})
        fresh = [rate for at, rate in self._rates.values() if second - at <= WINDOW_S]
        if found.steps and fresh:
            self._curve.put(second, sum(fresh))
            spanned = math.ceil(found.step_s or 0.0)
            self._curve.fill(second - min(spanned, WINDOW_S * 6) + 1, second, sum(fresh))
        loss = _loss(ranks.values())
        if loss is not None and math.isfinite(loss):
            self.losses.put(second, loss)


def _holds(totals: RankTotals) -> bool:
    return bool(totals.host.steps or totals.gpu.steps or totals.loss is not None)


def _merge(into: Ranks, later: Ranks) -> None:
    for rank, totals in later.items():
        into.setdefault(rank, RankTotals()).merge(totals)


def _loss(ranks: Iterable[RankTotals]) -> float | None:
    return next((totals.loss for totals in ranks if totals.loss is not None), None)
