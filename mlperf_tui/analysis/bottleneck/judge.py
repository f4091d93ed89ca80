"""The rules, in the order in which they exclude one another; the first that holds is the verdict."""

from __future__ import annotations

from collections.abc import Callable

from mlperf_tui.analysis.bottleneck import bars, words
from mlperf_tui.analysis.bottleneck.evidence import (
    COMPUTE,
    HOST,
    INPUT,
    LINK,
    MEMORY,
    POWER_OR_HEAT,
    Evidence,
    Verdict,
)
from mlperf_tui.analysis.bottleneck.untold import untold


def judge(evidence: Evidence, standing: str | None = None) -> Verdict:
    """What limits the run. The value that stands already, where one does, has the bars' margins in its favour.

    First why a GPU idles, then what holds its clock, then which part of it is full.
    """
    for value, holds in ON_GPU if evidence.on_gpu else ON_CPU:
        if holds(evidence, value == standing):
            return words.behind(evidence, words.verdict(value, evidence))
    return untold(evidence) if evidence.is_early else words.behind(evidence, untold(evidence))


def _idle_share(evidence: Evidence) -> float | None:
    """The time without a kernel; where that isn't known, without work on the average SM."""
    used = evidence.sm_pct if evidence.busy_pct is None else evidence.busy_pct
    return None if used is None else max(0.0, 1.0 - used / 100)


def _input(evidence: Evidence, stands: bool) -> bool:
    """Training waits for data, and that is what the GPU mostly idles for: else other work hides the wait."""
    waited, idle = evidence.data_wait_share, _idle_share(evidence)
    if waited is None or not _waits_for_data(evidence, stands):
        return False
    if idle is None:
        return True
    if not bars.IDLE_SHARE.is_reached(idle, holds=stands):
        return False
    return bars.EXPLAINED.is_reached(waited / idle, holds=stands)


def _waits_for_data(evidence: Evidence, stands: bool) -> bool:
    """A share of time worth a word, and more than waits for other ranks."""
    waited, exposed = evidence.data_wait_share, evidence.exposed_allreduce_share
    if waited is None or not bars.DATA_WAIT.is_reached(waited, holds=stands):
        return False
    return not bars.EXPOSED.is_reached(exposed) or waited >= (exposed or 0.0) - (bars.DATA_WAIT.margin if stands else 0)


def _link(evidence: Evidence, stands: bool) -> bool:
    """Time that only exchanges gradients; or links near their ceiling while no part of the GPU is."""
    if _exchanges(evidence, stands):
        return True
    full = bars.TENSOR_FULL.is_reached(evidence.tensor_pct) or bars.DRAM_FULL.is_reached(evidence.dram_pct)
    return bars.LINK_FULL.is_reached(evidence.link_share, holds=stands) and not full


def _exchanges(evidence: Evidence, stands: bool) -> bool:
    """A share of time that only exchanges gradients: all that a run without a GPU says of its links.

    Beside a rank that others wait for it says nothing of them: what holds that rank up falls into its exchanges too.
    """
    return evidence.slow_rank is None and bars.EXPOSED.is_reached(evidence.exposed_allreduce_share, holds=stands)


def _host(evidence: Evidence, stands: bool) -> bool:
    """The GPU idles, or is kept busy by kernels too small to fill it, and not for want of data.

    A main thread that, with autograd's, is at a core's limit makes small kernels the host's doing; where these are idle
    themselves they wait for something that is neither. While the GPU is busy and full they prove nothing.
    """
    if evidence.data_wait_share is None:
        return False
    main = evidence.main_cpu_share
    if bars.BUSY.is_missed(evidence.busy_pct, holds=stands):
        return main is None or bars.MAIN_BUSY.is_reached(main, holds=stands)
    return bars.SM_LOW.is_missed(evidence.sm_pct, holds=stands) and bars.MAIN_FULL.is_reached(main, holds=stands)


def _power_or_heat(evidence: Evidence, stands: bool) -> bool:
    """A limit holds the clock for most of the time, clearly below what it could be."""
    return _heat(evidence, stands) or _power(evidence, stands)


def _heat(evidence: Evidence, stands: bool) -> bool:
    slow = evidence.clock_share is None or bars.CLOCK_BY_HEAT.is_missed(evidence.clock_share, holds=stands)
    return slow and bars.HELD.is_reached(evidence.thermal_limit_share, holds=stands)


def _power(evidence: Evidence, stands: bool) -> bool:
    full = bars.TENSOR_FULL.is_reached(evidence.tensor_pct)
    slow = (bars.CLOCK_OF_TENSOR if full else bars.CLOCK_BY_POWER).is_missed(evidence.clock_share, holds=stands)
    return slow and bars.HELD.is_reached(evidence.power_limit_share, holds=stands)


def _memory(evidence: Evidence, stands: bool) -> bool:
    """Memory is full for most of the time, and nearer to its peak than the Tensor Cores to theirs."""
    used, tensor = evidence.dram_pct, evidence.tensor_pct or 0.0
    if used is None or not bars.DRAM_FULL.is_reached(used, holds=stands):
        return False
    return used / bars.DRAM_PEAK >= tensor / bars.TENSOR_PEAK - (bars.NEARER if stands else 0.0)


def _compute(evidence: Evidence, stands: bool) -> bool:
    """The Tensor Cores work for a good part of the time, or there is work on nearly all SMs."""
    tensor = bars.TENSOR_FULL.is_reached(evidence.tensor_pct, holds=stands)
    return tensor or bars.SM_FULL.is_reached(evidence.sm_pct, holds=stands)


def _cpu_host(evidence: Evidence, stands: bool) -> bool:
    """Steps so short that Python and launches are most of them, all on the main thread."""
    if not bars.SHORT_STEP.is_missed(evidence.step_s, holds=stands):
        return False
    alone = bars.ONE_CORE.is_missed(evidence.run_cpu_cores, holds=stands) and (evidence.cpus or 1) > 1
    return alone and bars.MAIN_FULL.is_reached(evidence.main_cpu_share, holds=stands)


def _cpu_compute(evidence: Evidence, stands: bool) -> bool:
    """All processors work, be it for others too; or as many as the program uses, and it waits for nothing else."""
    if evidence.run_cpu_cores is None or not evidence.cpus:
        return False
    used = evidence.run_cpu_cores / evidence.cpus
    full = bars.CPUS_FULL.is_reached(used, holds=stands)
    return full or _core_full(evidence, stands) or _cpus_shared(evidence, used, stands)


def _core_full(evidence: Evidence, stands: bool) -> bool:
    """The main thread, or where it isn't known the run, uses a whole core, and the loop doesn't wait for data."""
    if evidence.data_wait_share is None:
        return False
    main = evidence.run_cpu_cores if evidence.main_cpu_share is None else evidence.main_cpu_share
    return bars.MAIN_FULL.is_reached(main, holds=stands)


def _cpus_shared(evidence: Evidence, used: float, stands: bool) -> bool:
    """Other programs have the rest, and the run has half of them, or a main thread that waits for nothing else."""
    if evidence.host_cpu_cores is None or not evidence.cpus:
        return False
    full = bars.CPUS_FULL.is_reached(evidence.host_cpu_cores / evidence.cpus, holds=stands)
    busy = evidence.data_wait_share is not None and bars.MAIN_BUSY.is_reached(evidence.main_cpu_share, holds=stands)
    return full and (busy or bars.CPUS_HALF.is_reached(used, holds=stands))


Rule = Callable[[Evidence, bool], bool]
"""Whether it holds; the flag says that it is what stands already."""

ON_GPU: tuple[tuple[str, Rule], ...] = (
    (INPUT, _input),
    (LINK, _link),
    (HOST, _host),
    (POWER_OR_HEAT, _power_or_heat),
    (MEMORY, _memory),
    (COMPUTE, _compute),
)
ON_CPU: tuple[tuple[str, Rule], ...] = (
    (INPUT, _waits_for_data),
    (LINK, _exchanges),
    (HOST, _cpu_host),
    (COMPUTE, _cpu_compute),
)
