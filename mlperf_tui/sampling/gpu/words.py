"""NVML's codes and bits in words."""

from __future__ import annotations

import pynvml

NO_DRIVER = "no NVIDIA driver here"
NO_GPUS = "the NVIDIA driver is here, but it shows no GPU: check CUDA's and the container's settings"
NEEDS_HOPPER = "GPM needs Hopper or newer"

_CANNOT_START = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: NO_DRIVER,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded: run nvidia-smi as root, or reboot",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        "the NVIDIA driver and its library differ in version: reboot or reload the driver"
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: "no permission to use the NVIDIA driver: check who may open /dev/nvidia*",
    pynvml.NVML_ERROR_GPU_IS_LOST: "a GPU is lost: the NVIDIA driver needs a reboot",
}
_REFUSED = {
    pynvml.NVML_ERROR_NOT_SUPPORTED: "not supported by this GPU",
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND: "this driver is too old for it",
    pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH: "this driver is too old for it",
    pynvml.NVML_ERROR_NO_PERMISSION: "no permission: it needs root",
    pynvml.NVML_ERROR_GPU_IS_LOST: "the GPU is lost",
    pynvml.NVML_ERROR_TIMEOUT: "the driver did not answer in time",
    pynvml.NVML_ERROR_UNKNOWN: "the driver answered with an unknown error",
}
_LIMITS = (
    ("power", pynvml.nvmlClocksEventReasonSwPowerCap | pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown),
    ("thermal", pynvml.nvmlClocksEventReasonSwThermalSlowdown | pynvml.nvmlClocksEventReasonHwThermalSlowdown),
    ("hw", pynvml.nvmlClocksEventReasonHwSlowdown),
    ("idle", pynvml.nvmlClocksEventReasonGpuIdle),
    ("app", pynvml.nvmlClocksEventReasonApplicationsClocksSetting),
    ("sync", pynvml.nvmlClocksEventReasonSyncBoost),
    ("display", pynvml.nvmlClocksEventReasonDisplayClockSetting),
)
_XIDS = {
    13: "an error in a kernel",
    31: "a kernel touched memory that is not its own",
    43: "a kernel was stopped",
    45: "the program's channels were removed",
    48: "a memory error that could not be corrected",
    63: "a memory row was replaced",
    64: "a memory row could not be replaced",
    74: "an NVLink error",
    79: "the GPU has fallen off the bus",
    94: "a memory error that was contained",
    95: "a memory error that was not contained",
    119: "the GPU's own processor did not answer",
    120: "the GPU's own processor failed",
}


def cannot_start(code: int, text: str) -> str:
    """Why there is no NVML at all, and what helps: one sentence."""
    return _CANNOT_START.get(code, f"the NVIDIA driver's library cannot start: {text}")


def refusal_in_words(code: int, text: str) -> str:
    """Why one value is unknown."""
    return _REFUSED.get(code) or text or f"the driver answered with error {code}"


def limits_in_words(reasons: int) -> str:
    """What holds the clock back, by NVML's clock event reasons: words joined by `+`, "" for nothing."""
    return "+".join(word for word, bits in _LIMITS if reasons & bits)


def xid_in_words(gpu: int, xid: int) -> str:
    """A critical event of a GPU: NVIDIA's XID number and what it stands for, where that is well known."""
    meaning = _XIDS.get(xid)
    return f"GPU {gpu}: XID {xid}" + (f" ({meaning})" if meaning else "")


def lost_in_words(gpu: int) -> str:
    """A GPU that the driver no longer reaches."""
    return f"GPU {gpu} is lost: the driver no longer reaches it (the kernel's log says why)"
