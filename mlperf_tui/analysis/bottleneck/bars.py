"""The one table of thresholds: where each bar lies, and why there.

"DCGM" is NVIDIA's DCGM user guide, "Profiling metrics", whose SM, tensor and DRAM activities are GPM's too: shares of
cycles, 0 to 100 %. "H100" was measured by us on one, with ResNet-50 at batch 256 and with an 8192³ bf16 product.
"""

from __future__ import annotations

from mlperf_tui.frozen import frozen


@frozen
class Bar:
    """A threshold; a verdict that stands already keeps standing until the value is `margin` on the other side."""

    at: float
    margin: float
    why: str

    def is_reached(self, value: float | None, *, holds: bool = False) -> bool:
        """Whether the value is known and at the bar or above."""
        return value is not None and value >= self.at - (self.margin if holds else 0.0)

    def is_missed(self, value: float | None, *, holds: bool = False) -> bool:
        """Whether the value is known and below the bar."""
        return value is not None and value < self.at + (self.margin if holds else 0.0)


DATA_WAIT = Bar(0.20, 0.05, "share of time; H100 with a JPEG folder waited 54 %, synthetic data 2 %: a fifth is felt")
EXPLAINED = Bar(0.50, 0.10, "of the GPU's idle time, at least half must be spent waiting for data to blame the data")
IDLE_SHARE = Bar(0.10, 0.03, "a GPU idle for less hides its data wait behind kernels that are still queued")
BUSY = Bar(80.0, 5.0, "% of time with any kernel; H100 trained at 97 to 99: a fifth idle is more than gaps")
SM_FULL = Bar(80.0, 5.0, "% (DCGM: 80 or more is needed to use a GPU well, though it does not prove it); H100: 87, 96")
SM_LOW = Bar(50.0, 5.0, "% (DCGM: below 50 the GPU is likely used ineffectively)")
TENSOR_FULL = Bar(45.0, 5.0, "% of cycles; half of what a pure product reaches (H100: 92.6)")
DRAM_FULL = Bar(
    50.0, 5.0, "% of cycles; as DCGM gives 80 for the most in practice, memory is then full most of the time"
)
LINK_FULL = Bar(
    0.60, 0.05, "of the ceiling, on average: with pauses between exchanges it is nearly full while they last"
)
EXPOSED = Bar(0.15, 0.03, "share of time; less is within what overlap usually leaves over")
HELD = Bar(0.50, 0.10, "share of time: most of it")
CLOCK_BY_POWER = Bar(
    0.75, 0.03, "of the maximum; boost below it is ordinary at the power limit, but a quarter lost is the cap's"
)
CLOCK_OF_TENSOR = Bar(
    0.60, 0.03, "of it while the Tensor Cores are full: they draw any limit by design, and are compute"
)
CLOCK_BY_HEAT = Bar(0.95, 0.02, "of the maximum; heat should cost nothing, and boost wanders by some percent")
MAIN_FULL = Bar(0.85, 0.05, "of a core; Python that never waits reads 0.9 to 1.0, autograd's threads with it in turn")
MAIN_BUSY = Bar(
    0.50, 0.10, "of a core; main and autograd threads below it wait for something else than launches and Python"
)
CPUS_FULL = Bar(0.85, 0.05, "of the processors that the run may use")
CPUS_HALF = Bar(0.45, 0.03, "of them: torch starts a thread a physical core, which is half of them with SMT")
OTHERS = Bar(0.10, 0.03, "of the processors, taken by other programs: less is what any system does")
ONE_CORE = Bar(1.50, 0.20, "cores: below it no second thread works beside the main one for most of the time")
RANK_ON_CPUS = Bar(1.25, 0.0, "times the others' own work; like ranks that share cores were seen to differ by a fifth")

SHORT_STEP = Bar(0.005, 0.001, "seconds: a CPU's shorter steps are mostly Python and launches between operations")

NEARER = 0.05
"""The margin where two parts are compared by how near each is to its peak."""

DRAM_PEAK = 80.0
TENSOR_PEAK = 93.0
"""What is reached at most in practice, % of cycles: DCGM's figure, and our product on an H100."""
