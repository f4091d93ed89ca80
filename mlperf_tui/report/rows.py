"""A summary as rows of a label and what is to be said of it: the content that text and Markdown share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlperf_tui.analysis.quality import Quality
from mlperf_tui.analysis.straggler import straggler
from mlperf_tui.analysis.summary import Gpu, GpuLinks, MarkSaid, Range, Rank, Summary, Thread
from mlperf_tui.records import COMPILES
from mlperf_tui.report.numbers import DASH, count, duration, gib, how_many, moved, percent, rate
from mlperf_tui.session.status import ENDED_BY, LIVE

SYMBOLS = {"finished": "✓", "failed": "✗", "stopped": "■", "interrupted": "?", "running": "●"}
Row = tuple[str, str]


def title(summary: Summary) -> str:
    """The run in a line: workload, precision, what it ran on, batch."""
    about = summary.about or {}
    parts = [summary.session.workload, summary.session.precision, about.get("scale"), device(summary), _batch(summary)]
    return " · ".join(str(part) for part in parts if part)


def _batch(summary: Summary) -> str | None:
    """What a step takes: a batch, how many of them are accumulated, and in how many ranks."""
    about = summary.about or {}
    samples, world = about.get("samples_per_step"), about.get("world", 1)
    if not samples:
        return None
    batches = _accumulated(summary)
    each = f"batch {samples // batches} × {batches} accumulated" if batches > 1 else f"batch {samples}"
    return each + (f" × {world} ranks" if world > 1 else "")


def _accumulated(summary: Summary) -> int:
    """How many batches make a step, as our own workloads mark it: what another program calls a step isn't known."""
    said = _last(summary, "gradient_accumulation_steps") if summary.plan.get("kind") == "workload" else None
    return said.value if said and isinstance(said.value, int) else 1


def _last(summary: Summary, key: str) -> MarkSaid | None:
    """The newest mark of this key."""
    return next((mark for mark in reversed(summary.marks) if mark.key == key), None)


def device(summary: Summary) -> str | None:
    """The GPUs in use, as `8 × NAME`, else what the program said that it runs on."""
    names = [gpu.name for gpu in summary.gpus if gpu.in_use]
    if names:
        return f"{len(names)} × {names[0]}"
    about = summary.about or {}
    return about.get("device")


def state(summary: Summary) -> str:
    """The status as a symbol, a word and the sentence behind it."""
    session = summary.session
    ended_by = next((mark.metadata.get("ended_by") for mark in summary.marks if mark.key == "run_stop"), None)
    told = [session.why] if session.why else []
    told += [ENDED_BY[ended_by]] if session.status == "finished" and ended_by in ENDED_BY else []
    sentence = f" ({'; '.join(told)})" if told else ""
    return f"{SYMBOLS.get(session.status, '●')} {session.status}{sentence}"


def rows(summary: Summary) -> Iterator[Row]:
    """Every row that this summary has something to say in."""
    yield from _session_rows(summary)
    yield from _checkpoint_rows(summary)
    yield from _training_rows(summary)
    yield from _limit_rows(summary)
    for quality in summary.quality:
        yield "quality", _quality(quality, _so_far(summary), resumed=bool((summary.about or {}).get("resumed")))
    if summary.loss.final is not None:
        yield "loss", _loss(summary)
    yield from _machine_rows(summary)


def gpu_row(gpu: Gpu) -> tuple[str, ...]:
    """One GPU: index, busy, SM, tensor, DRAM, peak memory, power, temperature, clock, seconds held back."""
    held = gpu.limited_s
    return (
        str(gpu.index),
        *(_mean(value) for value in (gpu.busy_pct, gpu.sm_pct, gpu.tensor_pct, gpu.dram_pct)),
        gib(gpu.memory_used_peak_bytes),
        gib(gpu.memory_allocated_peak_bytes),
        _mean(gpu.power_w),
        _most(gpu.temperature_c),
        _mean(gpu.clock_mhz),
        DASH if held is None else f"{held.power:.0f} / {held.thermal:.0f}",
    )


GPU_HEADINGS = (
    "GPU",
    "mean busy %",
    "SM %",
    "tensor %",
    "DRAM %",
    "peak memory",
    "torch's peak",
    "power W",
    "max °C",
    "MHz",
    "s held by power / heat",
)


def _session_rows(summary: Summary) -> Iterator[Row]:
    session = summary.session
    yield "session", session.id + (f" “{session.name}”" if session.name else "")
    yield "status", state(summary)
    lasts = "lasts so far" if session.status in LIVE else "lasted"
    yield "started", f"{session.started} on {session.host}, {lasts} {duration(session.duration_s)}"
    yield "made with", ", ".join(_made_with(summary))
    if session.note:
        yield "note", session.note


FAST = {"compiled": "torch.compile", "cuda_graphs": "CUDA graphs"}
"""How the model was made fast, by the About record's fields."""


def _made_with(summary: Summary) -> Iterator[str]:
    """What another person needs to make the run again: versions, commit, data, seed."""
    plan, about = summary.plan, summary.about or {}
    if about.get("torch"):
        yield f"torch {about['torch']}"
    yield from (word for name, word in FAST.items() if about.get(name))
    yield f"mlperf-tui {plan['versions'].get('mlperf-tui', DASH)}"
    if plan["git"]:
        yield f"commit {plan['git']['commit'][:12]}{' with changes' if plan['git']['dirty'] else ''}"
    if about.get("data") or plan["data"]:
        yield f"data: {about.get('data') or plan['data']}"
    if plan["seed"] is not None:
        yield f"seed {plan['seed']}"


def _checkpoint_rows(summary: Summary) -> Iterator[Row]:
    """Where the run went on from, and what it saved last; also that it could not."""
    resumed = (summary.about or {}).get("resumed")
    if isinstance(resumed, dict):
        yield "resumed", f"{_after(resumed.get('after_step'))} of {resumed.get('file', DASH)}"
    saved, failed = _last(summary, "checkpoint_saved"), _last(summary, "checkpoint_failed")
    told = [f"{saved.value}, {_after(saved.metadata.get('step'))}"] if saved else []
    told += [f"none {_after(failed.metadata.get('step'))}: {failed.value}"] if failed else []
    asked = any(word.partition("=")[0] == "--checkpoint" for word in summary.plan["argv"])
    if told:
        yield "checkpoint", "; ".join(told)
    elif asked and summary.plan["kind"] == "workload" and summary.session.status not in LIVE:
        yield "checkpoint", "none was saved"


def _after(step: object) -> str:
    return f"after step {step:,}" if isinstance(step, int) else f"after step {DASH}"


def unknowns(summary: Summary) -> Iterator[Row]:
    """What is unknown of this run, with its reason."""
    yield from summary.unknown.items()


SILENT_S, SILENT_STEPS = 10.0, 10.0
"""So long, and so many times a usual step, a run must have made none before its end for a row about it."""


def _training_rows(summary: Summary) -> Iterator[Row]:
    speed = summary.throughput
    if not speed.steps:
        return
    warm = f", {speed.warmup_steps} of warm-up left out" if speed.warmup_steps else ""
    spread = f"median {count(speed.median)}, slowest tenth {count(speed.p10)}"
    yield "throughput", f"{count(speed.mean)} {speed.unit} ({spread}; {_steps(speed.steps)}{warm})"
    silent = speed.silent_s or 0.0
    if silent >= max(SILENT_S, SILENT_STEPS * (speed.step_time_ms.mean / 1e3 if speed.step_time_ms else 0.0)):
        yield "stalled", f"no step in the last {duration(silent)}, which is in no rate"
    if speed.step_time_ms:
        times = speed.step_time_ms
        tail = f"p50 {count(times.p50)}, p90 {count(times.p90)}, p99 {count(times.p99)}; {times.source}"
        yield "step time", f"{count(times.mean)} ms ({tail})"
    if (spent := _compiling_s(summary.marks)) is not None:
        yield "compiling", f"{count(spent)} s, in the first step; in no rate"
    if speed.mfu is not None and speed.peak:
        yield "MFU", f"{percent(speed.mfu)} of {count(speed.peak.tflops)} TFLOP/s ({speed.peak.source})"
    yield "data wait", f"{percent(speed.data_wait_share)} of training time"
    if len(summary.ranks) > 1:
        yield "ranks", f"{len(summary.ranks)}; {_slowest(summary.ranks, speed.unit)}"
    if len(summary.ranks) > 1 and speed.exposed_allreduce_share is not None:
        yield "all-reduce", f"{percent(speed.exposed_allreduce_share)} of training time exposed"


def _compiling_s(marks: Sequence[MarkSaid]) -> float | None:
    """Seconds for which torch.compile worked, where the program marks them."""
    start, stop = (next((mark.at_s for mark in marks if mark.key == key), None) for key in COMPILES)
    return None if start is None or stop is None else stop - start


def _slowest(ranks: Sequence[Rank], unit: str) -> str:
    """By own work a step, where all tell it: with an exchange in each step all are as fast as the slowest."""
    own_ms = {rank.rank: rank.own_step_ms for rank in ranks}
    told = [own for own in own_ms.values() if own is not None]
    if len(told) < len(ranks):
        slowest = min(ranks, key=lambda rank: rank.throughput or float("inf"))
        return f"slowest is rank {slowest.rank} at {count(slowest.throughput)} {unit}"
    found = straggler(own_ms)
    if found is None:
        least, most = count(min(told)), count(max(told))
        return f"alike: {least if least == most else f'{least} to {most}'} ms of a step are a rank's own work"
    return (
        f"slowest is rank {found.rank}: {count(found.own)} ms of a step are its own work, {count(found.others)} ms "
        "the others'"
    )


def _limit_rows(summary: Summary) -> Iterator[Row]:
    """What limited the run, on what grounds, and what to try next; not of a run that came to nothing."""
    limit = summary.limited_by
    if limit.value is not None:
        yield "limited by", f"{limit.value} ({', '.join(limit.evidence)})"
    elif summary.throughput.steps:
        yield "limited by", f"unknown: {summary.unknown['limited_by.value']}"
    if limit.advice and summary.throughput.steps:
        yield "next step", limit.advice


def _steps(number: int) -> str:
    return how_many(number, "step")


def _so_far(summary: Summary) -> str:
    """What is put behind a number that may still change; "" once the run is over."""
    return " so far" if summary.session.status in LIVE else ""


def _quality(quality: Quality, so_far: str, *, resumed: bool) -> str:
    text = f"{quality.metric} {count(quality.value, 4)}"
    if quality.best is not None and quality.best != quality.value:
        text += f" (best {count(quality.best, 4)})"
    if quality.target is None:
        return text
    part = ", counted from where it went on" if resumed else ""
    if quality.reached:
        return f"{text}, target {count(quality.target)} reached after {duration(quality.time_to_target_s)}{part}"
    return f"{text}, target {count(quality.target)} not reached{so_far}"


def _loss(summary: Summary) -> str:
    loss = summary.loss
    odd = [f"{_steps(n)} {what}" for n, what in ((loss.nan_steps, "NaN"), (loss.skipped_steps, "skipped")) if n]
    return ", ".join([f"{count(loss.final, 4)}{_so_far(summary) or ' at the end'}", *odd])


def _machine_rows(summary: Summary) -> Iterator[Row]:
    cores = summary.host.cpu_cores
    if cores is not None:
        yield "CPU", f"{cores.mean:.2f} cores, at most {cores.max:.2f}"
        memory = gib(summary.host.memory_peak_bytes)
        yield "memory", f"at most {memory} resident; pages that processes share count in each of them"
    if summary.host.threads:
        yield "threads", ", ".join(_thread(thread) for thread in summary.host.threads[:THREADS_SHOWN])
    if summary.energy.j_per_sample is not None:
        yield "energy", f"{count(summary.energy.j_per_sample)} J a sample, GPUs alone"
    if text := _links(summary):
        yield "NVLink", text
    since = "run_start" if any(mark.key == "run_start" for mark in summary.marks) else "the start"
    for alarm in summary.alarms:
        yield "alarm", f"{alarm.text} ({duration(alarm.at_s)} after {since})"
    yield "monitor", _monitor(summary)


THREADS_SHOWN = 3


def _thread(thread: Thread) -> str:
    """A thread's name, CPU and the function that it was in most."""
    return f"{thread.name} {thread.cpu_pct:.0f} %" + (f" ({thread.top_frame})" if thread.top_frame else "")


def _links(summary: Summary) -> str:
    """A GPU's mean traffic, over those in use that have links; over all where no rank named its GPU."""
    used = {gpu.index for gpu in summary.gpus if gpu.in_use is not False}
    found = [one for one in summary.links.per_gpu if one.index in used]
    if not found:
        return ""
    sent, received = (
        _mean_of([way for way in ways if way]) for ways in zip(*(_ways(one) for one in found), strict=True)
    )
    text = f"sent {rate(sent)}, received {rate(received)} a GPU, mean of {len(found)} ({summary.links.source})"
    steps = [one.bytes_per_step for one in found if one.bytes_per_step is not None]
    return f"{text}; a GPU sends {moved(sum(steps) / len(steps))} a step" if steps else text


def _ways(one: GpuLinks) -> tuple[Range | None, Range | None]:
    return one.tx_bytes_per_s, one.rx_bytes_per_s


def _mean_of(ranges: list[Range]) -> float | None:
    return sum(one.mean for one in ranges) / len(ranges) if ranges else None


def _monitor(summary: Summary) -> str:
    own = summary.monitor
    cost = DASH if own.cpu_pct is None else f"{own.cpu_pct:.1f} % of a core"
    return f"{cost}, {how_many(own.late_ticks, 'late tick')}, {how_many(own.lines_lost, 'line lost', 'lines lost')}"


def _mean(value: Range | None) -> str:
    return DASH if value is None else f"{value.mean:.0f}"


def _most(value: Range | None) -> str:
    return DASH if value is None else f"{value.max:.0f}"
