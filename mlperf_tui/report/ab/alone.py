"""A session that ran alone, to its own end: its whole training time is one window, taken from its summary."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from mlperf_tui.analysis.ab.evidence import Outcome, Process, Window
from mlperf_tui.analysis.machine import spread
from mlperf_tui.analysis.summary import Gpu, Range, Summary
from mlperf_tui.records import Clock, Plan
from mlperf_tui.report.ab.head import Head, at_s
from mlperf_tui.report.ab.losses import sampled
from mlperf_tui.report.ab.seen import Conditions, Seen
from mlperf_tui.report.ab.turns import can_be_learned, held_bytes
from mlperf_tui.report.build import build
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.rollup import whole
from mlperf_tui.session.series import Spread
from mlperf_tui.session.span import last_time
from mlperf_tui.session.status import Status


def seen_alone(
    folder: Folder, plan: Plan, state: Status, head: Head, origin: Clock | None, *, stopped_counts: bool = False
) -> Seen:
    """Its evidence: none while it runs, only the losses so far. `stopped_counts` takes one that was stopped as well."""
    curve = sampled(folder)
    plain = Process(
        session=folder.id,
        arm=plan.arm or "",
        pair=plan.pair or 0,
        status=state.word,
        usable=False,
        seed=plan.seed,
        unit=plan.unit,
        losses=curve.points,
        loss_scaled=curve.loss_scaled,
        can_be_learned=can_be_learned(plan, head),
        spans=_life(folder, head, origin),
    )
    if not state.ended:
        return Seen(plain, head.summary, why=state.word)
    summary = build(folder)
    windows = _window(folder, summary, head, origin)
    why = _why_not(state, windows, summary, stopped_counts=stopped_counts)
    process = Process(
        **{name: getattr(plain, name) for name in KEPT},
        usable=not why,
        windows=windows,
        source=summary.throughput.step_time_ms.source if summary.throughput.step_time_ms else None,
        outcome=_outcome(summary),
        nan_steps=summary.loss.nan_steps,
        skipped_steps=summary.loss.skipped_steps,
        metrics=_metrics(summary),
    )
    return Seen(process, summary, _conditions(folder, summary, head), why=why)


KEPT = ("session", "arm", "pair", "status", "seed", "unit", "losses", "loss_scaled", "can_be_learned", "spans")


def _life(folder: Folder, head: Head, origin: Clock | None) -> tuple[tuple[float, float], ...]:
    """From its recorder's first word to the last that was written of it, as far as it has come."""
    if head.clock is None:
        return ()
    return ((at_s(head.clock.t, head.clock, origin), at_s(last_time(folder), head.clock, origin)),)


def _why_not(state: Status, windows: tuple[Window, ...], summary: Summary, *, stopped_counts: bool) -> str:
    if state.word != "finished" and not (stopped_counts and state.word == "stopped"):
        return f"{state.word} ({state.detail})" if state.detail else state.word
    if not windows:
        return summary.unknown.get("throughput", summary.unknown.get("throughput.mean", "its throughput is unknown"))
    return ""


def _window(folder: Folder, summary: Summary, head: Head, origin: Clock | None) -> tuple[Window, ...]:
    """All steps after the warm-up; `samples` are rounded, the rate is as the summary has it."""
    speed = summary.throughput
    if not speed.mean or not speed.step_time_ms:
        return ()
    samples = max(1, round(speed.mean * speed.steps * speed.step_time_ms.mean / 1e3))
    middle = ((head.clock.t if head.clock else 0) + last_time(folder)) // 2
    return (
        Window(
            at_s=at_s(middle, head.clock, origin),
            steps=speed.steps,
            samples=samples,
            seconds=samples / speed.mean,
            left_out=speed.warmup_steps,
            data_wait_share=speed.data_wait_share,
        ),
    )


def _outcome(summary: Summary) -> Outcome | None:
    found = next((one for one in summary.quality if one.value is not None), None)
    if found is None or found.value is None:
        return None
    return Outcome(found.metric, found.direction, found.value, found.target, found.reached, found.time_to_target_s)


def _metrics(summary: Summary) -> dict[str, float | None]:
    used = [gpu for gpu in summary.gpus if gpu.in_use]
    means = {name: _mean_of(used, name) for name in MEANS}
    linked = {gpu.index for gpu in used}
    steps = [one.bytes_per_step for one in summary.links.per_gpu if one.index in linked]
    times = summary.throughput.step_time_ms
    return {
        **means,
        "memory_allocated_peak_bytes": _peak_of(used, lambda gpu: gpu.memory_allocated_peak_bytes),
        "memory_used_peak_bytes": _peak_of(used, lambda gpu: gpu.memory_used_peak_bytes),
        "j_per_sample": summary.energy.j_per_sample,
        "data_wait_share": summary.throughput.data_wait_share,
        "cpu_cores": _mean(summary.host.cpu_cores),
        "link_bytes_per_step": _all_mean(steps),
        "step_time_s": times.mean / 1e3 if times else None,
    }


MEANS = ("busy_pct", "sm_pct", "tensor_pct", "dram_pct", "power_w", "clock_mhz", "temperature_c")


def _conditions(folder: Folder, summary: Summary, head: Head) -> Conditions:
    lasted = summary.session.duration_s or 0.0
    used = [gpu.limited_s for gpu in summary.gpus if gpu.in_use]
    known = [limited for limited in used if limited is not None] if None not in used else []
    series = whole(folder).series
    host, run = (spread(series, f"host.{name}") for name in ("cpu_cores", "run_cpu_cores"))
    speed = summary.throughput
    return Conditions(
        measured_s=lasted,
        clock_mhz=_mean_of([gpu for gpu in summary.gpus if gpu.in_use], "clock_mhz"),
        limited_power=max(one.power for one in known) / lasted if known and lasted else None,
        limited_thermal=max(one.thermal for one in known) / lasted if known and lasted else None,
        other_cores=max(0.0, host[1] - run[1]) if host and run and speed.steps else None,
        cpus=head.cpus,
        swapped_bytes=_grown(spread(series, "host.swapped_bytes")),
        held_bytes=held_bytes(head),
    )


ROUNDED = 1e-5
"""Rollups keep six digits: a counter that grew by less than this share of itself may not have grown at all."""


def _grown(counter: Spread | None) -> float | None:
    """By how much a counter grew, as far as a rollup can tell."""
    if counter is None:
        return None
    least, _, most, _ = counter
    return most - least if most - least > ROUNDED * most else 0.0


def _mean_of(used: list[Gpu], name: str) -> float | None:
    return _all_mean([_mean(getattr(gpu, name)) for gpu in used])


def _mean(value: Range | None) -> float | None:
    return None if value is None else value.mean


def _all_mean(values: list[float | None]) -> float | None:
    """Unknown as soon as one is."""
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def _peak_of(used: list[Gpu], find: Callable[[Gpu], int | None]) -> float | None:
    return max((size for gpu in used if (size := find(gpu)) is not None), default=None)
