"""The evidence of a whole run, from the series that were folded: from those of training time where there are any."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from mlperf_tui.analysis.bottleneck.evidence import Evidence
from mlperf_tui.analysis.bottleneck.rules import evidence, of_the_run
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.records import GpuInfo, HostInfo
from mlperf_tui.session.launchers import by_rank, launcher
from mlperf_tui.session.series import Spread
from mlperf_tui.session.training import MAIN_CORES, TRAINING

SeriesByName = Mapping[str, tuple[Spread | None, ...]]


class Spent(Protocol):
    """A thread's CPU time."""

    cpu_s: float


class Folded:
    """The means of series: what `rules.Means` asks for.

    Where no reading fell into a step that is timed, the whole run stands for it, and `main_cpu_share` for its
    launching threads.
    """

    def __init__(self, series: SeriesByName, main_cpu_share: float | None) -> None:
        self._series = _of_training(series)
        self._main_cpu_share = main_cpu_share

    def gpu(self, name: str, indices: Collection[int]) -> float | None:
        return _average(self._mean(f"gpu.{name}", index) for index in indices)

    def limited(self, word: str, indices: Collection[int]) -> float | None:
        return _most(self._mean(f"gpu.limit_{word}", index) for index in indices)

    def nvlink(self, index: int) -> float | None:
        return _most(self._mean(f"link.{way}_bytes_per_s", index) for way in ("tx", "rx"))

    def pcie(self, index: int) -> float | None:
        return _most(self._mean(f"gpu.pcie_{way}_bytes_per_s", index) for way in ("tx", "rx"))

    def cores(self, name: str) -> float | None:
        return self._mean(f"host.{name}")

    def main_cpu_share(self) -> float | None:
        """The busiest rank's main thread with its autograd threads while it trained."""
        share = _most(self._mean(MAIN_CORES, rank) for rank in range(len(self._series.get(MAIN_CORES, ()))))
        return self._main_cpu_share if share is None else share

    def _mean(self, name: str, index: int = 0) -> float | None:
        cells = self._series.get(name, ())
        cell = cells[index] if index < len(cells) else None
        return None if cell is None else cell[1]


def gather(
    rate: Throughput,
    series: SeriesByName,
    infos: Collection[GpuInfo],
    used: Collection[str],
    host: HostInfo | None,
    main_cpu_share: float | None,
    precision: str | None,
) -> Evidence:
    """Evidence of training time: evaluation and pauses say nothing of what limits a step.

    `used` holds the uuids that ranks named.
    """
    means = Folded(series, main_cpu_share)
    named = {info.index for info in infos if info.uuid in used}
    indices = of_the_run([info.index for info in infos], named, means)
    return evidence(means, indices, infos, rate, host, precision)


def busiest_main(threads: Mapping[str, Spent], seconds: float) -> float | None:
    """The busiest rank's main thread's share of one core, with its autograd threads, over so many seconds.

    None where no main thread was seen.
    """
    found = [(one, totals.cpu_s) for name, totals in threads.items() if (one := launcher(name))]
    spent = by_rank(((one.rank, cpu_s) for one, cpu_s in found), {one.rank for one, _ in found if one.is_main})
    return max(spent.values()) / seconds if spent and seconds > 0 else None


def _of_training(series: SeriesByName) -> SeriesByName:
    """The series of training time under their plain names; all as they are where nothing is known of it."""
    found = {name[len(TRAINING) :]: cells for name, cells in series.items() if name.startswith(TRAINING)}
    return found if any(cells for cells in found.values()) else series


def _average(values: Iterable[float | None]) -> float | None:
    """Unknown as soon as one is: a GPU that can't tell may be the one that matters."""
    known = list(values)
    found = [value for value in known if value is not None]
    return sum(found) / len(found) if found and len(found) == len(known) else None


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
