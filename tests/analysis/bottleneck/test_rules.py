"""Which GPUs count, and what stands for all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from mlperf_tui.analysis.bottleneck.rules import BUSY_AT_ALL_PCT, evidence, of_the_run
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.records import GpuInfo


@dataclass(frozen=True)
class Told:
    """Means as they are given: of a GPU's fields, of NVLink and of PCIe, by index."""

    fields: dict[str, dict[int, float]] = field(default_factory=dict)
    nvlinks: dict[int, float] = field(default_factory=dict)
    slots: dict[int, float] = field(default_factory=dict)

    def gpu(self, name: str, indices: Collection[int]) -> float | None:
        """Nothing of several at once."""
        return self.fields.get(name, {}).get(next(iter(indices))) if len(indices) == 1 else None

    def limited(self, word: str, indices: Collection[int]) -> float | None:
        return None

    def nvlink(self, index: int) -> float | None:
        return self.nvlinks.get(index)

    def pcie(self, index: int) -> float | None:
        return self.slots.get(index)

    def cores(self, name: str) -> float | None:
        return None

    def main_cpu_share(self) -> float | None:
        return None


def test_which_gpus_are_the_runs() -> None:
    """Those that ranks named and that are there; those that did something only where none was named."""
    means = Told({"busy_pct": {0: BUSY_AT_ALL_PCT - 1, 1: BUSY_AT_ALL_PCT}})
    assert of_the_run([0, 1, 2], {0, 3}, means) == [0]
    assert of_the_run([0, 1, 2], (), means) == [1]
    assert of_the_run([1, 2], {0}, means) == [], "the one that was named doesn't answer any more"


def test_the_slowest_clock_and_the_busiest_link() -> None:
    """A GPU that isn't the run's does not count, nor one that doesn't tell; NVLink comes before PCIe."""
    means = Told({"clock_mhz": {0: 1500.0, 1: 1000.0, 2: 10.0}}, {0: 4e9, 2: 9e9}, {0: 10e9, 1: 8e9})
    linked = GpuInfo(0, "GPU-0", "H100", clock_max_mhz=2000, links=2, link_bytes_per_s=5e9, pcie_bytes_per_s=10e9)
    plain = GpuInfo(1, "GPU-1", "H100", clock_max_mhz=2000, pcie_bytes_per_s=10e9)
    foreign = GpuInfo(2, "GPU-2", "H100", clock_max_mhz=2000, links=2, link_bytes_per_s=5e9)
    found = evidence(means, [0, 1], [linked, plain, foreign], Throughput(), None, None)
    assert (found.clock_share, found.link_share) == (0.5, 0.8)
    alone = evidence(means, [1], [linked, plain, foreign], Throughput(), None, None)
    assert alone.link_share is None, "a lone GPU exchanges nothing"
    assert evidence(means, [], [linked], Throughput(), None, None).on_gpu is False
