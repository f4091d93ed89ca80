"""What changed beside speed: means of both arms over their processes, and B less A with a plain 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.ab.result import Change
from mlperf_tui.analysis.ab.welch import difference


class Metric(NamedTuple):
    """How a metric is called. `kind` says how it reads: percent, share (0 to 1), bytes, or number."""

    label: str
    unit: str
    kind: str


METRICS: dict[str, Metric] = {
    "tensor_pct": Metric("Tensor Cores", "%", "percent"),
    "sm_pct": Metric("SMs active", "%", "percent"),
    "busy_pct": Metric("GPU busy", "%", "percent"),
    "dram_pct": Metric("DRAM", "%", "percent"),
    "memory_allocated_peak_bytes": Metric("memory", "bytes", "bytes"),
    "memory_used_peak_bytes": Metric("memory that NVML sees", "bytes", "bytes"),
    "power_w": Metric("power", "W", "number"),
    "j_per_sample": Metric("energy", "J/sample", "number"),
    "data_wait_share": Metric("data wait", "share", "share"),
    "cpu_cores": Metric("CPU", "cores", "number"),
    "link_bytes_per_step": Metric("NVLink", "bytes/step", "bytes"),
    "step_time_s": Metric("step time", "s", "number"),
}
"""By name, in the order in which they are told. `memory` is torch's own peak: NVML sees its cache as well."""

NO_TENSOR_PCT = 1.0
"""Below this the Tensor Cores did next to nothing; H100 with ResNet-50: 0.3 in fp32, 12 in amp-bf16."""

TENSOR_SHARE = 0.02
"""Of the SMs' activity: a GPU that mostly idles has idle Tensor Cores too. H100: 0.003 in fp32; amp-fp16 0.14 when
busy, 0.08 on small images that kept it busy for 15 % of the time."""


def changes(a: Sequence[Process], b: Sequence[Process]) -> tuple[Change, ...]:
    """Every metric that at least one arm knows, in the order of METRICS."""
    both = ((name, _known(a, name), _known(b, name)) for name in METRICS)
    return tuple(_change(name, of_a, of_b) for name, of_a, of_b in both if of_a or of_b)


def amp_without_tensor(processes: Sequence[Process]) -> str | None:
    """A warning where an arm claims mixed precision and the Tensor Cores say otherwise."""
    arms = dict.fromkeys(process.arm for process in processes if process.arm.startswith("amp"))
    for arm in arms:
        of_arm = [process for process in processes if process.arm == arm]
        known, active = _known(of_arm, "tensor_pct"), _known(of_arm, "sm_pct")
        if known and fmean(known) < min(NO_TENSOR_PCT, TENSOR_SHARE * fmean(active) if active else NO_TENSOR_PCT):
            return f"{arm} hardly uses the Tensor Cores ({fmean(known):.1f} %): mixed precision is not in effect"
    return None


def _known(processes: Sequence[Process], name: str) -> list[float]:
    values = (process.metrics.get(name) for process in processes)
    return [value for value in values if value is not None and math.isfinite(value)]


def _change(name: str, a: Sequence[float], b: Sequence[float]) -> Change:
    metric = METRICS[name]
    mean_a, mean_b = fmean(a) if a else None, fmean(b) if b else None
    if min(len(a), len(b)) < 2:
        apart = mean_b - mean_a if mean_a is not None and mean_b is not None else None
        return Change(name, metric.label, metric.unit, mean_a, mean_b, apart)
    found = difference(a, b)
    half = max(found.half(), ROUNDING * max(abs(value) for value in (*a, *b)))
    low, high = found.mean - half, found.mean + half
    clear = low > 0 or high < 0
    return Change(name, metric.label, metric.unit, mean_a, mean_b, found.mean, low, high, clear)


ROUNDING = 1e-9
"""A number that never scatters, such as torch's peak, changes clearly as soon as it changes by more than this share."""
