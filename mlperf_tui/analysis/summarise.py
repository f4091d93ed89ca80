"""From a folded session to its summary, with a reason for each number that is not known."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TypeVar

from mlperf_tui.analysis import machine
from mlperf_tui.analysis.bottleneck import Evidence, Verdict, judge
from mlperf_tui.analysis.bottleneck.evidence import UNKNOWN
from mlperf_tui.analysis.bottleneck.gather import busiest_main, gather
from mlperf_tui.analysis.peak import Mfu, mfu
from mlperf_tui.analysis.quality import quality
from mlperf_tui.analysis.reasons import reasons
from mlperf_tui.analysis.summary import (
    AlarmSaid,
    Energy,
    Failure,
    Gpu,
    LimitedBy,
    Loss,
    MarkSaid,
    Rank,
    Rate,
    Session,
    StepTime,
    Summary,
)
from mlperf_tui.analysis.throughput import Throughput, throughput
from mlperf_tui.records import FORMAT, About, Alarm, GpuInfo, HostInfo, Mark, Plan, Record, Source, Unavailable
from mlperf_tui.session.rollup import Fold
from mlperf_tui.session.status import Status

R = TypeVar("R", bound=Record)


def summarise(plan: Plan, status: Status, fold: Fold, last_lines: tuple[str, ...] = ()) -> Summary:
    """The summary of a session in any state; `last_lines` of its output go into that of a failed one."""
    abouts = list({about.rank: about for about in _of(About, fold.said)}.values())
    about = abouts[0] if abouts else None
    marks = _of(Mark, fold.said)
    rate = throughput(fold.ranks, warmup=True)
    began = _began(fold, marks)
    seconds = (_ended(fold, status, marks) - began) / 1e9
    infos = list({info.index: info for info in _of(GpuInfo, fold.said)}.values())
    allocated = {rank: totals.memory_peak_bytes for rank, totals in fold.ranks.items()}
    gpus = machine.gpus(infos, fold.series, abouts, allocated, seconds)
    used = _used(rate, about, plan, gpus)
    verdict = _verdict(plan, rate, _evidence(plan, fold, abouts, rate, seconds))
    summary = Summary(
        format=FORMAT,
        session=_session(plan, status, fold, about),
        plan=asdict(plan),
        about=asdict(about) if about else None,
        failure=_failure(status, last_lines),
        throughput=_rate(plan, rate, used, _silent_s(fold, status, marks)),
        ranks=tuple(_rank(about, plan, rate) for about in sorted(abouts, key=lambda about: about.rank)),
        quality=quality(plan, about, marks),
        loss=_loss(fold),
        marks=tuple(MarkSaid((mark.t - began) / 1e9, mark.key, mark.value, mark.metadata) for mark in marks),
        gpus=gpus,
        links=machine.links(infos, fold.series, _of(Source, fold.said), rate.step_s),
        host=machine.host(fold.series, fold.threads, seconds),
        energy=Energy(_j_per_sample(gpus, fold)),
        limited_by=_limited_by(verdict),
        alarms=tuple(AlarmSaid((alarm.t - began) / 1e9, alarm.kind, alarm.text) for alarm in _of(Alarm, fold.said)),
        monitor=machine.monitor(fold.series, (fold.t1 - (fold.t0 or fold.t1)) / 1e9),
        unknown={},
    )
    summary.unknown.update(reasons(summary, verdict, used, _of(Unavailable, fold.said)))
    return summary


def _of(kind: type[R], records: list[Record]) -> list[R]:
    return [record for record in records if isinstance(record, kind)]


def _began(fold: Fold, marks: list[Mark]) -> int:
    return next((mark.t for mark in marks if mark.key == "run_start"), fold.t0 or 0)


def _ended(fold: Fold, status: Status, marks: list[Mark]) -> int:
    stops = [mark.t for mark in marks if mark.key == "run_stop"]
    return stops[-1] if stops else (status.end.t if status.end else fold.t1)


def _evidence(plan: Plan, fold: Fold, abouts: list[About], rate: Throughput, seconds: float) -> Evidence:
    """What the whole run says of its limit."""
    infos = list({info.index: info for info in _of(GpuInfo, fold.said)}.values())
    return gather(
        rate,
        fold.series,
        infos,
        {about.gpu_uuid for about in abouts if about.gpu_uuid},
        next(iter(_of(HostInfo, fold.said)), None),
        busiest_main(fold.threads, seconds),
        next((about.precision for about in abouts), None) or plan.precision,
    )


def _verdict(plan: Plan, rate: Throughput, evidence: Evidence) -> Verdict:
    """What limited the run; a workload of ours that took no step came to nothing that a limit could be told of."""
    if plan.kind == "workload" and not rate.steps:
        return Verdict(UNKNOWN, ("it took no step",), "")
    return judge(evidence)


def _limited_by(verdict: Verdict) -> LimitedBy:
    if verdict.value == UNKNOWN:
        return LimitedBy(None, (), verdict.advice)
    return LimitedBy(verdict.value, verdict.evidence, verdict.advice)


def _session(plan: Plan, status: Status, fold: Fold, about: About | None) -> Session:
    end = status.end
    last = end.t if end else fold.t1
    return Session(
        id=plan.id,
        name=plan.name,
        note=plan.note,
        status=status.word,
        why=status.detail,
        workload=plan.workload,
        precision=about.precision if about and about.precision else plan.precision,
        command=shlex.join(plan.argv),
        host=plan.host,
        started=plan.utc,
        duration_s=None if fold.t0 is None else (last - fold.t0) / 1e9,
        exit_code=end.shell_code if end else None,
    )


def _failure(status: Status, last_lines: tuple[str, ...]) -> Failure | None:
    if status.word not in {"failed", "interrupted"}:
        return None
    return Failure(status.end.signal if status.end else None, status.detail, last_lines)


def _used(rate: Throughput, about: About | None, plan: Plan, gpus: tuple[Gpu, ...]) -> Mfu:
    """What the run took of its cards' peak."""
    return mfu(
        rate.samples_per_s,
        about.flop_per_sample if about else None,
        about.precision if about and about.precision else plan.precision,
        [gpu.name for gpu in gpus if gpu.in_use],
    )


def _silent_s(fold: Fold, status: Status, marks: list[Mark]) -> float | None:
    lasts = [totals.last_t for totals in fold.ranks.values() if totals.last_t is not None]
    if not lasts or status.end is None or any(mark.key == "run_stop" for mark in marks):
        return None
    return max(0.0, (status.end.t - max(lasts)) / 1e9)


def _rate(plan: Plan, rate: Throughput, used: Mfu, silent_s: float | None) -> Rate:
    return Rate(
        unit=plan.unit,
        mean=rate.samples_per_s,
        median=rate.median,
        p10=rate.p10,
        steps=rate.steps,
        warmup_steps=rate.warmup_steps,
        step_time_ms=_step_time(rate),
        data_wait_share=rate.data_wait_share,
        exposed_allreduce_share=rate.exposed_allreduce_share if len(rate.by_rank) > 1 else 0.0,
        mfu=used.share,
        peak=used.peak,
        silent_s=silent_s,
    )


def _step_time(rate: Throughput) -> StepTime | None:
    if None in {rate.step_s, rate.p50_s, rate.p90_s, rate.p99_s, rate.source}:
        return None
    mean, p50, p90, p99 = (1e3 * (time or 0.0) for time in (rate.step_s, rate.p50_s, rate.p90_s, rate.p99_s))
    return StepTime(mean, p50, p90, p99, rate.source or "")


def _rank(about: About, plan: Plan, rate: Throughput) -> Rank:
    own_s = rate.own_s.get(about.rank)
    own_ms = None if own_s is None else 1e3 * own_s
    return Rank(about.rank, plan.host, about.gpu_uuid, rate.by_rank.get(about.rank), own_ms)


def _loss(fold: Fold) -> Loss:
    ranks = list(fold.ranks.values())
    return Loss(
        final=next((totals.loss for totals in ranks if totals.loss is not None), None),
        nan_steps=max((totals.nan_steps for totals in ranks), default=0),
        skipped_steps=max((totals.skipped_steps for totals in ranks), default=0),
    )


def _j_per_sample(gpus: tuple[Gpu, ...], fold: Fold) -> float | None:
    spent = [gpu.energy_j for gpu in gpus if gpu.in_use is not False]
    samples = sum(totals.host.samples for totals in fold.ranks.values())
    if not spent or not samples or None in spent:
        return None
    return sum(joules for joules in spent if joules is not None) / samples
