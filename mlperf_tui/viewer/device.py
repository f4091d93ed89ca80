"""What a run runs on, in a few words: 8 × H100 80GB, or CPU, 2 cores."""

from __future__ import annotations

import re
from collections.abc import Collection

from mlperf_tui.records import About
from mlperf_tui.viewer.snapshot import GpuNow, HostNow

NOISE = re.compile(r"\b(NVIDIA|Tesla|GeForce|HBM\w*|PCIe|SXM\d?|Graphics)\b\s*")


def device_words(abouts: Collection[About], gpus: tuple[GpuNow, ...], host: HostNow) -> str:
    """As the ranks say it; the machine's GPUs where they don't, since without torch a rank can't tell what it uses."""
    named = {about.gpu_uuid: about.device for about in abouts if about.gpu_uuid}
    if named:
        return _counted(len(named), next(iter(named.values())) or _name_of_used(gpus))
    if gpus and not any(about.torch for about in abouts):
        return _counted(len(gpus), gpus[0].name)
    if host.cpus is None:
        return "CPU" if abouts else ""
    return f"CPU, {host.cpus} core{'s' * (host.cpus != 1)}"


def _name_of_used(gpus: tuple[GpuNow, ...]) -> str:
    return next((gpu.name for gpu in gpus if gpu.used), "GPU")


def _counted(count: int, name: str) -> str:
    return f"{count} × {NOISE.sub('', name).strip() or 'GPU'}"
