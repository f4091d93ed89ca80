"""When it can't be told what limits a run: what is missing, or what contradicts, and what would help to tell."""

from __future__ import annotations

from mlperf_tui.analysis.bottleneck import bars
from mlperf_tui.analysis.bottleneck.evidence import UNKNOWN, Evidence, Verdict
from mlperf_tui.analysis.bottleneck.words import OTHERS, facts, has_others

OVER = "Let the loop run over Steps.over(), so that it shows how long it waits for data."
STACKS = "Dump the stacks (d) while it runs, to see what it waits for: a lock, a disk or another rank."
PROFILE = "Record a few steps with torch.profiler: it says which kernels the time goes to."
BATCH = "Try a larger --batch: no part of the GPU is near its limit."
EARLY = "too early to say"
WAIT = "Wait for the first readings and steps."
THREADS = "Check how many threads it may use (OMP_NUM_THREADS, torch.set_num_threads) and how it is pinned."


def untold(evidence: Evidence) -> Verdict:
    """Unknown, with its reason as evidence."""
    if evidence.is_early:
        return Verdict(UNKNOWN, (EARLY,), WAIT)
    reason, step = _on_gpu(evidence) if evidence.on_gpu else _on_cpu(evidence)
    return Verdict(UNKNOWN, reason, step)


def _on_gpu(evidence: Evidence) -> tuple[tuple[str, ...], str]:
    if evidence.is_missing:
        return ("nothing is known of its GPUs or steps",), WAIT
    if evidence.busy_pct is None:
        return ("the GPU doesn't say how busy it is", *facts(evidence, "sm_pct", "data_wait_share")), PROFILE
    if bars.BUSY.is_missed(evidence.busy_pct):
        return _idle_gpu(evidence)
    if evidence.sm_pct is None and evidence.tensor_pct is None and evidence.dram_pct is None:
        return (f"busy {evidence.busy_pct:.0f} %, but this card doesn't say with what",), PROFILE
    return facts(evidence, "busy_pct", "sm_pct", "tensor_pct", "dram_pct"), BATCH


def _idle_gpu(evidence: Evidence) -> tuple[tuple[str, ...], str]:
    if evidence.data_wait_share is None:
        return (*facts(evidence, "busy_pct"), "the loop doesn't say how long it waits for data"), OVER
    return facts(evidence, "busy_pct", "data_wait_share", "main_cpu_share"), STACKS


def _on_cpu(evidence: Evidence) -> tuple[tuple[str, ...], str]:
    if evidence.is_missing:
        return ("nothing is known of its processors or steps",), WAIT
    if evidence.run_cpu_cores is None:
        return ("nothing is known of its processors", *facts(evidence, "data_wait_share")), WAIT
    known = facts(evidence, "run_cpu_cores", "others_cpu_cores", "main_cpu_share", "data_wait_share")
    if evidence.data_wait_share is None:
        return known, OVER
    if has_others(evidence):
        return known, OTHERS
    return known, STACKS if bars.MAIN_BUSY.is_missed(evidence.main_cpu_share) else THREADS
