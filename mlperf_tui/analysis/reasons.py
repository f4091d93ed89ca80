"""Why each number of a summary that is None is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.analysis.peak import Mfu
from mlperf_tui.analysis.summary import Rate, Summary
from mlperf_tui.records import Unavailable
from mlperf_tui.session.status import LIVE


def reasons(summary: Summary, verdict: Verdict, used: Mfu, notes: list[Unavailable]) -> Iterator[tuple[str, str]]:
    """Why each number that is None is unknown; what NVML refused is told in its own words."""
    yield from _training_reasons(summary)
    if used.share is None:
        yield "throughput.mfu", used.why
    if not summary.gpus:
        yield "gpus", next((note.reason for note in notes if note.series == "gpu"), "no GPU was seen")
    if summary.host.cpu_cores is None:
        yield "host.cpu_cores", "no reading fell between run_start and run_stop"
    if not summary.links.per_gpu:
        yield "links", next((note.reason for note in notes if note.series.startswith("link")), "no NVLink was seen")
    for note in notes:
        if note.series.startswith("gpu."):
            yield note.series.replace("gpu.", "gpus.", 1), note.reason
    yield from _thread_reasons(summary, notes)
    if summary.limited_by.value is None:
        yield "limited_by.value", ", ".join(verdict.evidence)


def _thread_reasons(summary: Summary, notes: list[Unavailable]) -> Iterator[tuple[str, str]]:
    threads = summary.host.threads
    why = {note.series: note.reason for note in notes if note.series.startswith("thread")}
    if not threads:
        yield "host.threads", why.get("thread", "no reading of threads fell between run_start and run_stop")
    elif all(thread.top_frame is None for thread in threads):
        yield "host.threads.top_frame", why.get("thread.frame", "no Python frame was seen")


def _training_reasons(summary: Summary) -> Iterator[tuple[str, str]]:
    rate = summary.throughput
    if not rate.steps:
        yield "throughput", "the program reported no steps (mlperf_tui.steps)"
    elif rate.mean is None:
        yield "throughput.mean", "the program did not say how many samples a step has"
    yield from _wait_reasons(rate)
    if summary.loss.final is None:
        yield "loss.final", "the program reported no loss"
    if all(one.value is None for one in summary.quality):
        yield "quality", "no evaluation was marked (eval_accuracy)"
    if summary.energy.j_per_sample is None:
        yield "energy.j_per_sample", "it needs the power of a GPU in use and samples"
    if summary.session.exit_code is None:
        yield "session.exit_code", "the run goes on" if summary.session.status in LIVE else "nobody saw the program end"


def _wait_reasons(rate: Rate) -> Iterator[tuple[str, str]]:
    if rate.steps and rate.data_wait_share is None:
        yield "throughput.data_wait_share", "the loop does not run over Steps.over()"
    if rate.steps and rate.exposed_allreduce_share is None:
        yield "throughput.exposed_allreduce_share", "the program doesn't tell its all-reduce (Steps.allreduce_start)"
        yield "ranks.own_step_ms", "it is a step without its all-reduce, which the program doesn't tell"
