"""NVML as a whole: opened, or one sentence that says why not."""

from __future__ import annotations

from collections.abc import Collection

from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Door, Refusal, attempt
from mlperf_tui.sampling.gpu.notes import Notes
from mlperf_tui.sampling.gpu.words import NO_GPUS, cannot_start

SERIES = "gpu"


def open_library(notes: Notes) -> bool:
    """Start NVML; whether it runs. If not, a note says why and what helps."""
    answer = attempt("nvmlInit")
    if isinstance(answer, Refusal):
        notes.unavailable(SERIES, cannot_start(answer.code, answer.reason))
        return False
    return True


def find_devices(door: Door, notes: Notes, wanted: Collection[str] | None) -> tuple[Device, ...]:
    """All GPUs, or those named by index or UUID (its beginning is enough), by NVML's index."""
    count = attempt("nvmlDeviceGetCount")
    if isinstance(count, Refusal):
        notes.unavailable(SERIES, cannot_start(count.code, count.reason))
        return ()
    if count == 0:
        notes.unavailable(SERIES, NO_GPUS)
    devices = tuple(Device(door, notes, index) for index in range(count))
    if wanted is None:
        return devices
    for name in wanted:
        if not any(_is(device, name) for device in devices):
            notes.unavailable(SERIES, f"there is no GPU {name} here")
    return tuple(device for device in devices if any(_is(device, name) for name in wanted))


def driver_version() -> str | None:
    """Such as 580.159.04."""
    answer = attempt("nvmlSystemGetDriverVersion")
    return None if isinstance(answer, Refusal) else str(answer)


def library_version() -> str | None:
    """NVML's own: CUDA's major number, and the driver's version that it belongs to, such as 13.580.159.04."""
    answer = attempt("nvmlSystemGetNVMLVersion")
    return None if isinstance(answer, Refusal) else str(answer)


def close_library() -> None:
    """Let NVML go."""
    attempt("nvmlShutdown")


def _is(device: Device, name: str) -> bool:
    return name == str(device.index) or (len(name) > len("GPU-") and device.uuid.startswith(name))
