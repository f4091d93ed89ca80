"""What a verdict rests on, and the verdict."""

from __future__ import annotations

from mlperf_tui.analysis.straggler import Straggler
from mlperf_tui.frozen import frozen

INPUT = "input"
COMPUTE = "compute"
MEMORY = "memory bandwidth"
LINK = "link"
HOST = "host"
POWER_OR_HEAT = "power or heat"
SLOW_RANK = "slow rank"
UNKNOWN = "unknown"


@frozen
class Evidence:
    """What is known of a stretch of a run; None is unknown. Shares are 0 to 1, percentages 0 to 100.

    GPU values are means over the GPUs in use; limits, clock and link are those of the worst. `…_limit_share` is the
    share of time that the limit held the clock, `clock_share` the clock as a share of its maximum, `link_share` the
    traffic of the busier direction as a share of what the links carry, `exposed_allreduce_share` the share of time
    that did nothing but exchange gradients. `run_cpu_cores` is what the run took of the `cpus` that it may use,
    `host_cpu_cores` what all programs took, `main_cpu_share` the busiest rank's main thread's share of one core, with
    its autograd threads, which launch kernels in turn with it. `slow_rank` is the one that the others wait for.
    `just_begun` says that what is missing may still come.
    """

    on_gpu: bool = False
    data_wait_share: float | None = None
    busy_pct: float | None = None
    sm_pct: float | None = None
    tensor_pct: float | None = None
    dram_pct: float | None = None
    power_limit_share: float | None = None
    thermal_limit_share: float | None = None
    clock_share: float | None = None
    link_share: float | None = None
    exposed_allreduce_share: float | None = None
    run_cpu_cores: float | None = None
    host_cpu_cores: float | None = None
    cpus: int | None = None
    main_cpu_share: float | None = None
    step_s: float | None = None
    precision: str | None = None
    slow_rank: Straggler | None = None
    just_begun: bool = False

    @property
    def others_cpu_cores(self) -> float | None:
        """What other programs took of the processors."""
        if self.host_cpu_cores is None or self.run_cpu_cores is None:
            return None
        return max(0.0, self.host_cpu_cores - self.run_cpu_cores)

    @property
    def is_missing(self) -> bool:
        """Whether nothing at all is known that a verdict could rest on."""
        machine = (self.busy_pct, self.sm_pct, self.tensor_pct, self.dram_pct) if self.on_gpu else (self.run_cpu_cores,)
        return all(value is None for value in (self.data_wait_share, *machine))

    @property
    def is_early(self) -> bool:
        """Whether it has just begun, and the first readings or steps are still to come."""
        return self.just_begun and (self.is_missing or self.step_s is None)


@frozen
class Verdict:
    """What limits a run (`value`), the short facts that say so, and a next step in one sentence."""

    value: str
    evidence: tuple[str, ...]
    advice: str
