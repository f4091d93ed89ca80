"""A rank that works clearly longer for a step than the others, which wait for it: their rates are all the same."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.analysis.straggler import Straggler, straggler
from mlperf_tui.records import Late, Step

STRETCH_NS = 10_000_000_000
"""What is looked at as one; two of them in a row have to agree."""

CLEARLY = 1.25
"""Times the others' work. The screen names a rank from 1.1 on, by which ranks of a model with much communication may
differ for good (two H200, Transformer: 1.13)."""

FEWEST = 3
"""Steps of each rank in such a stretch."""

PENDING = 64
"""Steps whose exchange of gradients may still be unknown."""

NOTHING = (0, 0.0)
"""Steps, and seconds of own work in them."""


class Slow:
    """Sums up each rank's own work: step times without the exposed part of the exchange of gradients."""

    def __init__(self) -> None:
        self._exchanges = False
        self._times: dict[tuple[int, int], float] = {}
        self._own: dict[int, tuple[int, float]] = {}
        self._began = 0
        self._suspect: int | None = None
        self._told: int | None = None

    def step(self, rank: int, step: Step) -> None:
        """How long it took on the host, for where no GPU tells; kept where ranks exchange something at all."""
        if self._exchanges:
            self._times[rank, step.n] = (step.data_s or 0.0) + (step.host_s or 0.0)
            if len(self._times) > PENDING * max(1, len(self._own)):
                del self._times[next(iter(self._times))]

    def late(self, rank: int, late: Late) -> None:
        """The same step once more, with its exchange."""
        if late.exposed_allreduce_s is None:
            return
        self._exchanges = True
        by_host = self._times.pop((rank, late.n), None)
        seconds = late.gpu_s if late.gpu_s is not None else by_host
        if seconds is not None:
            steps, spent = self._own.get(rank, NOTHING)
            self._own[rank] = steps + 1, spent + seconds - late.exposed_allreduce_s

    def look(self, now: int) -> Iterator[tuple[str, str]]:
        """Told once, until a stretch is over in which it isn't slow; `now` is monotonic ns."""
        if not self._own or now - self._began < STRETCH_NS:
            self._began = self._began or now
            return
        found, self._began = self._found(), now
        self._own = dict.fromkeys(self._own, NOTHING)
        rank = None if found is None else found.rank
        if found is not None and rank == self._suspect and rank != self._told:
            self._told = rank
            yield "rank-slow", f"rank {rank} works {found.times:.1f} times as long as the others, which wait for it"
        self._suspect, self._told = rank, self._told if rank == self._told else None

    def _found(self) -> Straggler | None:
        """Who was slow in this stretch; nobody where a rank took too few steps to tell."""
        if min(steps for steps, _ in self._own.values()) < FEWEST:
            return None
        found = straggler({rank: spent / steps for rank, (steps, spent) in self._own.items()})
        return found if found is not None and found.times >= CLEARLY else None
