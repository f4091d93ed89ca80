"""What a rank's steps add up to: sums and a histogram that merge, so that a week costs no more than a minute."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mlperf_tui.records import Late, Step

BUCKET = math.log(1.01)
"""A histogram's bucket is 1 % wide: a percentile is right to half a percent."""

HEAD_STEPS = 200
"""How many of the first steps are kept one by one, to find the warm-up among them."""

PENDING_STEPS = 1024


@dataclass(slots=True)
class Base:
    """Step times by one clock: the host's (end to end, data wait included) or the GPU's."""

    steps: int = 0
    samples: int = 0
    seconds: float = 0.0
    histogram: dict[int, int] = field(default_factory=dict)

    def add(self, samples: int, seconds: float) -> None:
        self.steps += 1
        self.samples += samples
        self.seconds += seconds
        if seconds > 0:
            bucket = _bucket(seconds)
            self.histogram[bucket] = self.histogram.get(bucket, 0) + 1

    def remove(self, seconds: float) -> None:
        """Take one step's time out of the histogram."""
        if seconds > 0 and (count := self.histogram.get(_bucket(seconds), 0)) > 0:
            self.histogram[_bucket(seconds)] = count - 1

    def merge(self, other: Base) -> None:
        self.steps += other.steps
        self.samples += other.samples
        self.seconds += other.seconds
        mine = self.histogram
        for bucket, count in other.histogram.items():
            mine[bucket] = mine.get(bucket, 0) + count

    def share(self, part: float) -> Base:
        """So much of it (0 to 1), as if all of it had been alike."""
        histogram = {bucket: count for bucket, whole in self.histogram.items() if (count := round(whole * part))}
        return Base(round(self.steps * part), round(self.samples * part), self.seconds * part, histogram)

    def to_json(self) -> dict[str, Any]:
        """Plain values; the histogram as two flat lists, buckets and counts, which are read back fastest."""
        histogram = [list(self.histogram), list(self.histogram.values())]
        return {"steps": self.steps, "samples": self.samples, "seconds": self.seconds, "histogram": histogram}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Base:
        """Of older sessions the histogram is a mapping by bucket."""
        told = body["histogram"]
        pairs = told.items() if isinstance(told, dict) else zip(*told, strict=True)
        counts = {int(bucket): count for bucket, count in pairs}
        return cls(body["steps"], body["samples"], body["seconds"], counts)

    def percentile(self, share: float) -> float | None:
        """The step time in seconds that `share` (0 to 1) of the steps don't exceed; None without steps."""
        wanted = share * sum(self.histogram.values())
        seen = 0
        for bucket in sorted(self.histogram):
            seen += self.histogram[bucket]
            if seen >= wanted:
                return math.exp(bucket * BUCKET)
        return None


def _bucket(seconds: float) -> int:
    return round(math.log(seconds) / BUCKET)


@dataclass(slots=True)
class HeadStep:
    """One of the first steps, as it was: seconds by each clock, and the part of them that waited for data."""

    samples: int
    host_s: float
    gpu_s: float | None = None
    data_s: float | None = None


@dataclass(slots=True)
class RankTotals:
    """All steps of one rank. `gaps` counts steps whose lines are missing, `data_s` the wait of `data_steps` steps.

    `exposed_s` is the exposed all-reduce of `exposed_steps` steps. `last_samples` is the last step's, for a Late line
    that is read without its Step.
    """

    host: Base = field(default_factory=Base)
    gpu: Base = field(default_factory=Base)
    data_s: float = 0.0
    data_steps: int = 0
    exposed_s: float = 0.0
    exposed_steps: int = 0
    first_t: int | None = None
    last_t: int | None = None
    last_n: int | None = None
    last_samples: int | None = None
    gaps: int = 0
    loss: float | None = None
    lr: float | None = None
    nan_steps: int = 0
    skipped_steps: int = 0
    memory_peak_bytes: int | None = None
    head: list[HeadStep] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        own = {name: getattr(self, name) for name in PLAIN}
        head = [asdict(step) for step in self.head]
        return {**own, "host": self.host.to_json(), "gpu": self.gpu.to_json(), "head": head}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> RankTotals:
        """Raises TypeError when the fields are not this version's."""
        bases = {clock: Base.from_json(body[clock]) for clock in ("host", "gpu")}
        loss = None if body["loss"] is None else float(body["loss"])
        return cls(**{**body, **bases, "loss": loss, "head": [HeadStep(**step) for step in body["head"]]})

    def share(self, part: float) -> RankTotals:
        """So much of its steps (0 to 1), as if all of them had been alike; what is not a sum is left unknown."""
        sums = {name: round(getattr(self, name) * part) for name in COUNTS}
        return RankTotals(
            host=self.host.share(part),
            gpu=self.gpu.share(part),
            data_s=self.data_s * part,
            exposed_s=self.exposed_s * part,
            **sums,
        )

    def merge(self, later: RankTotals) -> None:
        """Add the steps of a later stretch."""
        self.host.merge(later.host)
        self.gpu.merge(later.gpu)
        self.data_s += later.data_s
        self.exposed_s += later.exposed_s
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(later, name))
        for name in LAST:
            if getattr(later, name) is not None:
                setattr(self, name, getattr(later, name))
        self.first_t = later.first_t if self.first_t is None else self.first_t
        self.memory_peak_bytes = _most(self.memory_peak_bytes, later.memory_peak_bytes)
        self.head = (self.head + later.head)[:HEAD_STEPS]


COUNTS = ("data_steps", "exposed_steps", "gaps", "nan_steps", "skipped_steps")
LAST = ("last_t", "last_n", "last_samples", "loss", "lr")
PLAIN = tuple(f.name for f in fields(RankTotals) if f.name not in {"host", "gpu", "head"})


class RankFold:
    """Adds one rank's records to totals; a Late finds its Step here as long as it comes in reasonable time."""

    def __init__(self) -> None:
        self.totals = RankTotals()
        self._pending: dict[int, tuple[int, HeadStep | None]] = {}
        self._head_left = HEAD_STEPS

    def take(self) -> RankTotals:
        """The totals so far, and a new start for the next stretch."""
        taken = self.totals
        self.clear()
        return taken

    def clear(self) -> None:
        """Begin the next stretch; what was the last step is still known."""
        self.totals = RankTotals(last_n=self.totals.last_n, last_samples=self.totals.last_samples)

    def begin_with(self, totals: RankTotals) -> None:
        """Go on where stored totals end."""
        self.totals.merge(totals)
        self._head_left = HEAD_STEPS - len(self.totals.head)

    def step(self, step: Step) -> None:
        totals = self.totals
        samples = step.samples or 0
        waited = step.data_s
        wall = (step.host_s or 0.0) + (waited or 0.0)
        totals.host.add(samples, wall)
        if waited is not None:
            totals.data_s += waited
            totals.data_steps += 1
        self._place(step)
        self._pending[step.n] = (samples, self._keep_head(samples, wall, waited) if self._head_left > 0 else None)
        if len(self._pending) > PENDING_STEPS:
            del self._pending[next(iter(self._pending))]

    def late(self, late: Late) -> None:
        totals = self.totals
        samples, head = self._pending.pop(late.n, (totals.last_samples or 0, None))
        if late.gpu_s is not None:
            totals.gpu.add(samples, late.gpu_s)
            if head is not None:
                head.gpu_s = late.gpu_s
        if late.loss is not None:
            totals.loss = late.loss
            totals.nan_steps += not math.isfinite(late.loss)
        if late.lr is not None:
            totals.lr = late.lr
        if late.exposed_allreduce_s is not None:
            totals.exposed_s += late.exposed_allreduce_s
            totals.exposed_steps += 1
        totals.skipped_steps += bool(late.skipped)
        totals.memory_peak_bytes = _most(totals.memory_peak_bytes, late.memory_allocated_bytes)

    def _place(self, step: Step) -> None:
        totals = self.totals
        if totals.last_n is not None and step.n > totals.last_n + 1:
            totals.gaps += step.n - totals.last_n - 1
        totals.first_t = step.t if totals.first_t is None else totals.first_t
        totals.last_t, totals.last_n, totals.last_samples = step.t, step.n, step.samples

    def _keep_head(self, samples: int, wall_s: float, data_s: float | None) -> HeadStep:
        step = HeadStep(samples, wall_s, None, data_s)
        self._head_left -= 1
        self.totals.head.append(step)
        return step


def _most(left: int | None, right: int | None) -> int | None:
    known = [value for value in (left, right) if value is not None]
    return max(known, default=None)
