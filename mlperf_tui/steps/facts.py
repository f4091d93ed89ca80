"""What a rank can say of itself: its place among the ranks, its host's boot, torch's versions and switches."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any, Dict

LAUNCHER_NAMES = {
    "rank": ("RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "PMI_RANK"),
    "world": ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_NTASKS", "PMI_SIZE"),
    "local_rank": ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"),
}
"""Where torchrun, Open MPI, Slurm and MPICH say who a process is, first hit first."""

PR_SET_PTRACER = 0x59616D61


def identity() -> Dict[str, int]:
    """`rank`, `world` and `local_rank`, as the launcher tells them."""
    alone = {"rank": 0, "world": 1, "local_rank": 0}
    for name, variables in LAUNCHER_NAMES.items():
        told = next((os.environ[variable] for variable in variables if variable in os.environ), "")
        if told.isdigit():
            alone[name] = int(told)
    return alone


def let_recorder_look() -> None:
    """Let the recorder that watches this process ask py-spy where it is."""
    recorder = os.environ.get("MLPERF_TUI_RECORDER", "")
    if recorder.isdigit():
        let_look(int(recorder))


def let_look(pid: int) -> None:
    """Let a process and its children read this one, where Yama's ptrace_scope 1 forbids it (prctl(2)); else nothing.

    It lasts beyond an exec; a fork does not inherit it.
    """
    try:
        import ctypes  # noqa: PLC0415  it takes 10 ms, for nothing where there is no session

        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def boot_id() -> str:
    """What tells one boot of a host from the next, "" where the kernel doesn't say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def torch_facts() -> Dict[str, Any]:
    """Versions, TF32 switches and the GPU, as torch itself says them, where torch is loaded."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    try:
        facts = {"torch": torch.__version__, "cuda": torch.version.cuda, "tf32": _tf32(torch)}
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            device = torch.cuda.get_device_properties(torch.cuda.current_device())
            facts.update(cudnn=torch.backends.cudnn.version(), device=device.name, gpu_uuid=f"GPU-{device.uuid}")
        return facts
    except Exception:  # noqa: BLE001  another torch may lack any of these names
        return {"torch": str(getattr(torch, "__version__", "unknown"))}


def _tf32(torch: Any) -> Dict[str, bool]:
    """Asked by torch's newer names where it has them: to mix them with the older ones raises."""
    matmul, conv = torch.backends.cuda.matmul, getattr(torch.backends.cudnn, "conv", None)
    if hasattr(matmul, "fp32_precision") and conv is not None:
        return {"matmul": matmul.fp32_precision == "tf32", "conv": conv.fp32_precision == "tf32"}
    return {"matmul": bool(matmul.allow_tf32), "conv": bool(torch.backends.cudnn.allow_tf32)}


def hostname() -> str:
    """Name this host, without its domain."""
    return socket.gethostname().partition(".")[0]
