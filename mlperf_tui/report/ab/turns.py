"""A session that takes turns with others: followed as it grows, its windows and what the machine did in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.throughput import GPU_EVENTS, HOST_CLOCK
from mlperf_tui.records import Clock, HostReading, Plan
from mlperf_tui.report.ab.head import Head, at_s
from mlperf_tui.report.ab.machine import (
    Readings,
    Span,
    gpu_means,
    host_growth,
    host_mean,
    sent_bytes_per_s,
)
from mlperf_tui.report.ab.rank import RankTurns
from mlperf_tui.report.ab.seen import Conditions, Seen
from mlperf_tui.report.ab.windows import (
    Measured,
    chosen,
    data_share,
    j_per_sample,
    measured_windows,
    step_seconds,
    timed_by_gpu,
    waits_for_data,
)
from mlperf_tui.session.folder import Folder, rank_of
from mlperf_tui.session.log import Tail
from mlperf_tui.session.status import Status

LEAST_WINDOWS = 2


@dataclass(slots=True)
class TurnSession:
    """Follows one session. `read` takes in what is new, `seen` says what it comes to by now."""

    folder: Folder
    readings: Readings = field(default_factory=Readings)
    _ranks: dict[Path, RankTurns] = field(default_factory=dict)
    _tails: dict[Path, Tail] = field(default_factory=dict)

    def read(self) -> None:
        """Take in the lines that have become whole since the last time."""
        self.readings.read(self.folder.readings())
        for path in self.folder.steps():
            rank = self._ranks.setdefault(path, RankTurns())
            for record in self._tails.setdefault(path, Tail(path)).read():
                rank.add(record)

    def seen(self, plan: Plan, state: Status, head: Head, origin: Clock | None, beside: Sequence[Readings]) -> Seen:
        """Its evidence. The readings of the sessions `beside` it count too: they are of the same GPUs."""
        ranks = list(self._ranks.values())
        by_gpu, waits = timed_by_gpu(ranks), waits_for_data(ranks)
        measured = measured_windows(ranks, by_gpu=by_gpu, waits=waits, clock=head.clock, origin=origin)
        spans = [one.span for one in measured]
        why = self._why_not(state, head, measured)
        gpus = gpu_means([self.readings, *beside], spans, list(head.gpus.values())) if head.gpus else {}
        step_s = step_seconds(ranks, by_gpu=by_gpu, waits=waits)
        process = Process(
            session=self.folder.id,
            arm=plan.arm or "",
            pair=plan.pair or 0,
            status=state.word,
            usable=not why,
            seed=plan.seed,
            unit=plan.unit,
            windows=tuple(one.window for one in measured),
            source=(GPU_EVENTS if by_gpu else HOST_CLOCK) if measured else None,
            losses=next((rank.curve.points for path, rank in self._ranks.items() if rank_of(path) == 0), ()),
            nan_steps=max((rank.nan_steps for rank in ranks), default=0),
            skipped_steps=max((rank.skipped_steps for rank in ranks), default=0),
            loss_scaled=any(rank.curve.loss_scaled for rank in ranks),
            metrics={
                **{name: gpus.get(name) for name in GPU_NAMES},
                "memory_allocated_peak_bytes": _most(rank.memory_peak_bytes for rank in ranks),
                "memory_used_peak_bytes": None,
                "j_per_sample": j_per_sample(gpus.get("power_w"), len(head.gpus), measured),
                "data_wait_share": data_share(chosen(ranks, waits=waits)),
                "cpu_cores": host_mean(self.readings, spans, _run_cores),
                "link_bytes_per_step": self._link_bytes(beside, spans, head, step_s),
                "step_time_s": step_s,
            },
            spans=tuple((at_s(since, head.clock, origin), at_s(until, head.clock, origin)) for since, until in spans),
            can_be_learned=can_be_learned(plan, head),
        )
        return Seen(process, head.summary, self._conditions(measured, gpus, head, beside), turns=True, why=why)

    def _why_not(self, state: Status, head: Head, measured: list[Measured]) -> str:
        if state.word not in {"finished", "stopped"}:
            return f"{state.word} ({state.detail})" if state.detail else state.word
        if not self._ranks:
            return f"{state.word} before its first step"
        world = head.about.world if head.about else 1
        if len(self._ranks) != world:
            return f"{len(self._ranks)} steps files of {world} ranks: one is missing, or has started again"
        if len(measured) < LEAST_WINDOWS:
            return f"{len(measured)} of {LEAST_WINDOWS} windows with steps that count and samples that are known"
        return ""

    def _link_bytes(
        self, beside: Sequence[Readings], spans: list[Span], head: Head, step_s: float | None
    ) -> float | None:
        sent = sent_bytes_per_s([self.readings, *beside], spans, list(head.gpus.values())) if head.gpus else None
        return None if sent is None or step_s is None else sent * step_s

    def _conditions(
        self, measured: list[Measured], gpus: dict[str, float | None], head: Head, beside: Sequence[Readings]
    ) -> Conditions:
        spans = [one.span for one in measured]
        own = host_mean(self.readings, spans, _other_cores)
        waiting = [host_mean(one, spans, _run_cores) or 0.0 for one in beside]
        return Conditions(
            measured_s=sum(one.window.seconds for one in measured),
            clock_mhz=gpus.get("clock_mhz"),
            limited_power=gpus.get("limited_power"),
            limited_thermal=gpus.get("limited_thermal"),
            other_cores=None if own is None else max(0.0, own - sum(waiting)),
            cpus=head.cpus,
            swapped_bytes=host_growth(self.readings, spans, "swapped_bytes"),
            held_bytes=held_bytes(head),
        )


GPU_NAMES = ("busy_pct", "sm_pct", "tensor_pct", "dram_pct", "power_w", "clock_mhz", "temperature_c")


def can_be_learned(plan: Plan, head: Head) -> bool:
    """Whether the data is more than one batch that repeats."""
    said = head.about.data if head.about else None
    return not any(name and name.startswith("synthetic") for name in (said, plan.data))


def held_bytes(head: Head) -> float | None:
    """The most that one of its GPUs held when the recorder first looked: the program had begun nothing there yet."""
    cells = head.first.memory_used_bytes if head.first else ()
    return _most(cells[index] for index in head.gpus.values() if index < len(cells))


def _run_cores(reading: HostReading) -> float | None:
    return reading.run_cpu_cores


def _other_cores(reading: HostReading) -> float | None:
    if reading.cpu_cores is None or reading.run_cpu_cores is None:
        return None
    return reading.cpu_cores - reading.run_cpu_cores


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
