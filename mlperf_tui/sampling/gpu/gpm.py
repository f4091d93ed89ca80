"""GPM, the GPU's own performance counters (Hopper and newer): what happened between two samples.

Of two samples less than 100 ms apart GPM says 0, without an error; so it does of the links of a GPU that has none.
Metric 1 (graphics) costs 1.6 ms where all others together cost 10 µs.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pynvml

from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Refusal, attempt, refusal_of
from mlperf_tui.sampling.gpu.units import share
from mlperf_tui.sampling.gpu.words import NEEDS_HOPPER

SM, TENSOR, DRAM = 2, 5, 10
PCIE_TX, PCIE_RX = 20, 21
LINKS_RX, LINKS_TX = 60, 61
SHARES = (("sm_pct", SM), ("tensor_pct", TENSOR), ("dram_pct", DRAM))
CLOSEST_NS = 100_000_000
STALE_NS = 5_000_000_000

_LINK_BLOCKS = ((36, 405), (18, 212), (0, 62))
_SUPPORT, _SAMPLE, _METRICS = "nvmlGpmQueryDeviceSupport", "nvmlGpmSampleGet", "nvmlGpmMetricsGet"


def link_metrics(link: int) -> tuple[int, int]:
    """The metrics of what one NVLink sent and received, in what NVML calls MiB/s; it keeps them in three blocks."""
    first_link, first_metric = next(block for block in _LINK_BLOCKS if link >= block[0])
    received = first_metric + 2 * (link - first_link)
    return received + 1, received


class Gpm:
    """Keeps a GPU's last two samples, so that a tick takes one and waits for nothing."""

    def __init__(self, device: Device, metrics: Sequence[int], clock: Callable[[], int]) -> None:
        self._device = device
        self._clock = clock
        self._metrics = metrics
        self._lock = threading.Lock()
        self._values: dict[int, float] = {}
        self._older: Any = None
        self._newer: Any = None
        self._taken_ns: int | None = None
        self._has_pair = False
        self._get = pynvml.c_nvmlGpmMetricsGet_t()
        self._get.version = pynvml.NVML_GPM_METRICS_GET_VERSION
        self._places = list(self._get.metrics)
        self._placed: list[int] = []
        self._query()

    def advance(self) -> None:
        """Take a sample (0.5 ms), unless the last is too young, and read the metrics between it and the one before."""
        with self._lock:
            now = self._clock()
            if self.refusal() or (self._taken_ns is not None and now - self._taken_ns < CLOSEST_NS):
                return
            self._has_pair = self._take(now)
            self._values = self._measure(self._metrics) if self._has_pair else {}

    def value(self, metric: int) -> float | None:
        """A metric as the last `advance` found it, in NVML's unit: percent or MiB/s."""
        with self._lock:
            return self._values.get(metric) if self._is_fresh() else None

    def more(self, metrics: Sequence[int]) -> dict[int, float]:
        """Further metrics of the last two samples, those that answer."""
        with self._lock:
            return self._measure(metrics) if self._has_pair and self._is_fresh() else {}

    def refusal(self, *metrics: int) -> Refusal | None:
        """Why there will never be a value of GPM, or of one of these metrics."""
        names = (_SUPPORT, "nvmlGpmSampleAlloc", _SAMPLE, _METRICS, *map(_name, metrics))
        refusals = (self._device.refusal(name) for name in names)
        return next((refusal for refusal in refusals if refusal and refusal.is_permanent), None)

    def shares(self) -> dict[str, float | None]:
        """How busy the SMs, the Tensor Cores and the memory's bandwidth were, in percent."""
        return {name: self._share(f"gpu.{name}", metric) for name, metric in SHARES}

    def explain(self, series: str, *metrics: int) -> None:
        """Leave a note why the series has no value, if something was refused."""
        for name in (_SUPPORT, "nvmlGpmSampleAlloc", _SAMPLE, _METRICS, *map(_name, metrics)):
            self._device.explain(series, name)

    def close(self) -> None:
        """Give the samples back."""
        with self._lock:
            for sample in (self._older, self._newer):
                if sample is not None:
                    attempt("nvmlGpmSampleFree", sample)
            self._older = self._newer = None
            self._has_pair = False

    def _query(self) -> None:
        support = self._device.ask(_SUPPORT)
        refusal = self._device.refusal(_SUPPORT)
        is_unknown_to_it = refusal is not None and refusal.code == pynvml.NVML_ERROR_NOT_SUPPORTED
        if is_unknown_to_it or (support is not None and not support.isSupportedDevice):
            self._device.settle(_SUPPORT, Refusal(pynvml.NVML_ERROR_NOT_SUPPORTED, NEEDS_HOPPER))

    def _share(self, series: str, metric: int) -> float | None:
        value = self.value(metric)
        if value is None:
            self.explain(series, metric)
            return None
        self._device.notes.source(series, f"GPM {metric}", "%")
        return share(value)

    def _is_fresh(self) -> bool:
        return self._taken_ns is not None and self._clock() - self._taken_ns < STALE_NS

    def _take(self, now: int) -> bool:
        """Sample into the older of the two; whether there are now two to compare."""
        self._older = self._older or self._device.door.ask(self._device.index, "nvmlGpmSampleAlloc")
        if self._older is None or self._device.ask(_SAMPLE, self._older) is None:
            return False
        is_second = self._taken_ns is not None
        self._older, self._newer, self._taken_ns = self._newer, self._older, now
        return is_second

    def _measure(self, metrics: Sequence[int]) -> dict[int, float]:
        wanted = [metric for metric in metrics if self._device.may_ask(_name(metric))]
        self._place(wanted)
        self._get.sample1, self._get.sample2 = self._older, self._newer
        if not wanted or self._device.door.ask(self._device.index, _METRICS, self._get) is None:
            return {}
        return {m: float(got.value) for m, got in zip(wanted, self._places, strict=False) if self._is_good(m, got)}

    def _place(self, wanted: list[int]) -> None:
        """Say which metrics are to be told; they stay said from tick to tick."""
        if wanted != self._placed:
            self._get.numMetrics, self._placed = len(wanted), wanted
            for place, metric in zip(self._places, wanted, strict=False):
                place.metricId = metric

    def _is_good(self, metric: int, got: Any) -> bool:
        answer = got.value if got.nvmlReturn == pynvml.NVML_SUCCESS else refusal_of(got.nvmlReturn)
        self._device.settle(_name(metric), answer)
        return not isinstance(answer, Refusal) and math.isfinite(answer)


@functools.cache
def _name(metric: int) -> str:
    return f"GPM {metric}"
