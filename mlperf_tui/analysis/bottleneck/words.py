"""A verdict's grounds and its advice, in words."""

from __future__ import annotations

from mlperf_tui.analysis.bottleneck import bars
from mlperf_tui.analysis.bottleneck.evidence import (
    COMPUTE,
    HOST,
    INPUT,
    LINK,
    MEMORY,
    POWER_OR_HEAT,
    SLOW_RANK,
    Evidence,
    Verdict,
)

NAMES = {
    "data_wait_share": "data wait {} %",
    "exposed_allreduce_share": "exposed all-reduce {} %",
    "link_share": "link {} % of its ceiling",
    "clock_share": "clock {} % of its maximum",
    "power_limit_share": "held by power {} %",
    "thermal_limit_share": "held by heat {} %",
    "main_cpu_share": "main + autograd {} % of a core",
    "busy_pct": "busy {} %",
    "sm_pct": "SM {} %",
    "tensor_pct": "tensor {} %",
    "dram_pct": "DRAM {} %",
}
FACTS = 4
"""More than so many say no more."""

GROUNDS = {
    INPUT: ("data_wait_share", "busy_pct", "run_cpu_cores"),
    LINK: ("exposed_allreduce_share", "link_share", "sm_pct", "data_wait_share"),
    HOST: ("busy_pct", "sm_pct", "data_wait_share", "main_cpu_share"),
    POWER_OR_HEAT: ("thermal_limit_share", "power_limit_share", "clock_share", "tensor_pct"),
    MEMORY: ("dram_pct", "sm_pct", "tensor_pct", "data_wait_share"),
    COMPUTE: ("tensor_pct", "sm_pct", "power_limit_share", "data_wait_share", "exposed_allreduce_share"),
}
"""Which facts speak for a verdict, the strongest first."""

CPU_GROUNDS = {
    **GROUNDS,
    INPUT: ("data_wait_share", "run_cpu_cores", "others_cpu_cores"),
    LINK: ("exposed_allreduce_share", "data_wait_share", "run_cpu_cores", "others_cpu_cores"),
    COMPUTE: ("main_cpu_share", "run_cpu_cores", "others_cpu_cores", "data_wait_share"),
    HOST: ("main_cpu_share", "run_cpu_cores", "step_s", "data_wait_share"),
}
"""The same of a run without a GPU."""

OF_A_CPU_RUN = ("run_cpu_cores", "others_cpu_cores")
"""Of a run on a GPU they say nothing of its limit."""


def verdict(value: str, evidence: Evidence) -> Verdict:
    """The verdict with what is known of its grounds."""
    names = [name for name in GROUNDS[value] if name not in OF_A_CPU_RUN] if evidence.on_gpu else CPU_GROUNDS[value]
    return Verdict(value, facts(evidence, *names), advice(value, evidence))


def behind(evidence: Evidence, found: Verdict) -> Verdict:
    """The same, but where the others wait for a rank: whatever limits each of them, all stay behind that one."""
    slow = evidence.slow_rank
    if slow is None:
        return found
    said = f"rank {slow.rank}, {slow.times:.1f}× as long"
    where = "its GPU and its cores" if evidence.on_gpu else "its cores"
    look = f"The others wait for rank {slow.rank}: see what else runs on {where}, and how it gets its data."
    return Verdict(SLOW_RANK, (said, *found.evidence)[:FACTS], look)


def facts(evidence: Evidence, *names: str) -> tuple[str, ...]:
    """These values as people read them, without those that are unknown, and limits that seldom held."""
    found = (_fact(evidence, name) for name in names)
    return tuple(fact for fact in found if fact is not None)[:FACTS]


def _fact(evidence: Evidence, name: str) -> str | None:
    value = getattr(evidence, name)
    if value is None or (name in LIMITS and not bars.HELD.is_reached(value, holds=True)):
        return None
    if name == "run_cpu_cores":
        return f"{value:.1f} of {evidence.cpus} cores" if evidence.cpus else f"{value:.1f} cores"
    if name == "step_s":
        return f"step {1e3 * value:.1f} ms"
    if name == "others_cpu_cores":
        return f"other programs {value:.1f}" if _are_shared(evidence) else None
    return NAMES[name].format(f"{value if name.endswith('_pct') else 100 * value:.0f}")


def _are_shared(evidence: Evidence) -> bool:
    """Whether other programs take a part of the processors that is worth a word."""
    others = evidence.others_cpu_cores
    return others is not None and bars.OTHERS.is_reached(others / (evidence.cpus or 1))


LIMITS = ("power_limit_share", "thermal_limit_share")

ADVICE = {
    INPUT: "Give the loader more workers (--workers), prepare samples beforehand, or keep them in memory.",
    LINK: "Exchange less often (accumulate gradients), or give a step more work: a larger --batch.",
    HOST: "Launch fewer kernels from Python: torch.compile or CUDA graphs, where not yet used, or a larger --batch.",
    MEMORY: "Fuse small kernels with torch.compile, and keep images channels-last, so that less is read and written.",
    POWER_OR_HEAT: "Raise the power cap where the card allows it (nvidia-smi -pl), or spread the work over more GPUs.",
    COMPUTE: "The card itself is the limit: more GPUs, or less work for a sample, make it faster.",
}


def advice(value: str, evidence: Evidence) -> str:
    """The next step that this limit calls for."""
    if value == COMPUTE and evidence.on_gpu:
        return _faster_compute(evidence)
    if value == MEMORY and evidence.precision in FULL_PRECISION:
        return "Halve what is read and written with --precision amp, and fuse small kernels with torch.compile."
    if value == POWER_OR_HEAT and bars.HELD.is_reached(evidence.thermal_limit_share, holds=True):
        return "Cool the GPU: look at fans, air flow and inlet temperature."
    return ADVICE[value] if evidence.on_gpu else _on_cpu(value, evidence)


def has_others(evidence: Evidence) -> bool:
    """Whether all processors work, and other programs take a part of them that is worth a word."""
    return _are_full(evidence) and _are_shared(evidence)


def _are_full(evidence: Evidence) -> bool:
    """Whether all processors work, for whomever."""
    return bars.CPUS_FULL.is_reached((evidence.host_cpu_cores or 0.0) / (evidence.cpus or 1))


def _on_cpu(value: str, evidence: Evidence) -> str:
    if value == COMPUTE and _are_shared(evidence):
        return OTHERS
    if value == INPUT and _are_full(evidence):
        return "Prepare samples beforehand, or keep them in memory: more workers would find no free core."
    if value == COMPUTE and _has_idle_cores(evidence):
        return "Some cores are idle: give it more threads (OMP_NUM_THREADS, torch.set_num_threads) or a larger --batch."
    return CPU_ADVICE.get(value, ADVICE[value])


def _has_idle_cores(evidence: Evidence) -> bool:
    """Whether it uses one core of several, or less than half of them: the other half may be SMT's."""
    run, cpus = evidence.run_cpu_cores, evidence.cpus or 1
    return run is not None and cpus > 1 and (bars.ONE_CORE.is_missed(run) or bars.CPUS_HALF.is_missed(run / cpus))


OTHERS = "Other programs take part of the processors: end them, or give this run cores of its own (taskset)."
CPU_ADVICE = {
    LINK: "Exchange less often (--accumulate), or give each process cores of its own: ranks wait for each other.",
    COMPUTE: "The processors are the limit: use a GPU, more cores or a smaller model.",
    HOST: "One thread does the work: a larger --batch or torch.compile gives each operation more to share out.",
}
FULL_PRECISION = ("fp32", "tf32")
LOW_TENSOR_PCT = 30.0


def _faster_compute(evidence: Evidence) -> str:
    if evidence.precision == "fp32":
        return "Use the Tensor Cores: --precision amp, or tf32."
    if evidence.tensor_pct is not None and evidence.tensor_pct < LOW_TENSOR_PCT:
        return (
            "The Tensor Cores have little to do: torch.compile, channels-last and multiples of 8, where not yet used."
        )
    return ADVICE[COMPUTE]
