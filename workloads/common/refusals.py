"""What a device can't do, said in one sentence: asked before torch is loaded where that is possible."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sysconfig
from pathlib import Path

from workloads.common.options import Options, Refusal
from workloads.common.ranks import ranks


def refuse_precision(name: str, kind: str, capability: tuple[int, int] | None = None) -> None:
    """Raise a Refusal when a device of this `kind` (cpu, cuda) and compute capability can't train in `name`."""
    if kind == "cpu" and name in {"tf32", "amp-fp16"}:
        raise Refusal(f"a CPU can't train in {name}: use --precision fp32 or amp")
    if name in {"tf32", "amp-bf16"} and capability is not None and capability < (8, 0):
        major, minor = capability
        raise Refusal(f"{name} needs a GPU of compute capability 8.0 or newer, and this one has {major}.{minor}")


def refuse_compile(kind: str) -> None:
    """Raise a Refusal when torch.compile lacks what it builds its kernels with for a device of this `kind`.

    For a CPU they are C++, for a GPU triton's, which itself compiles a piece of C; either includes Python.h. Compilers
    are looked for where torch and triton do (torch/_inductor/config.py, triton/runtime/build.py).
    """
    if kind == "cuda" and importlib.util.find_spec("triton") is None:
        raise Refusal("--compile needs triton on a GPU, and it isn't installed here: pip install triton")
    language, variable, usual = ("C", "CC", ("gcc", "clang")) if kind == "cuda" else ("C++", "CXX", ("g++",))
    named = os.environ.get(variable, "").split()[:1]
    if not any(shutil.which(compiler) for compiler in named or usual):
        looked_for = " or ".join(named or usual)
        raise Refusal(
            f"--compile needs a {language} compiler, and there is no {looked_for} here: {variable} may name one"
        )
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        raise Refusal("--compile needs Python.h, which isn't here: install Python's headers (python3-dev or the like)")


WORKERS_A_CORE = 8
ALWAYS_ALLOWED = 16
"""Workers that no machine is too small for: they wait for a disk more than they compute."""

PROCESSES_A_CORE = 2
GPUS_OF_A_HOST = 16
"""Processes that no machine is too small for: a container may have few cores beside all of a host's GPUs."""


def refuse_workers(workers: int | None, processes: int) -> None:
    """Raise a Refusal where each of `processes` would have more loader workers than the cores here can bear."""
    cores = len(os.sched_getaffinity(0))
    most = max(ALWAYS_ALLOWED, WORKERS_A_CORE * cores // processes)
    if workers is not None and workers > most:
        here = f"{cores} core{'' if cores == 1 else 's'} here"
        raise Refusal(f"--workers {workers} is too many for the {here}: use at most {most}")


def refuse_processes(processes: int) -> None:
    """Raise a Refusal for more than the cores here can bear: each loads torch, and together they fill the memory."""
    cores = len(os.sched_getaffinity(0))
    most = max(GPUS_OF_A_HOST, PROCESSES_A_CORE * cores)
    if processes > most:
        here = f"{cores} core{'' if cores == 1 else 's'} here"
        raise Refusal(f"--gpus {processes} is too many for the {here}: use at most {most}")


DRIVERS = ("/dev/nvidiactl", "/dev/nvmap", "/dev/dxg", "/dev/kfd")
"""A device of each driver with which torch may see a GPU: NVIDIA's, Jetson's, WSL's, AMD's."""


def is_surely_cpu(device: str) -> bool:
    """Whether nothing else can be meant here: no driver of a GPU is there."""
    return device == "cpu" or (device == "auto" and not any(Path(name).exists() for name in DRIVERS))


def refuse_early(options: Options) -> None:
    """Raise a Refusal for what the options alone rule out."""
    refuse_workers(options.workers, ranks().here)
    if options.device.startswith("cuda:") and ranks().here > 1:
        raise Refusal(
            f"--device {options.device} would have {ranks().here} processes share a GPU: use --device cuda, which "
            "gives each its own, or leave it out"
        )
    cpu = is_surely_cpu(options.device)
    if cpu and options.precision:
        refuse_precision(options.precision, "cpu")
    if options.device == "cpu" and options.cudnn_benchmark:
        raise Refusal("--cudnn-benchmark needs a GPU: leave it out with --device cpu")
    if options.deterministic and options.cudnn_benchmark:
        raise Refusal("--deterministic and --cudnn-benchmark exclude each other: cuDNN's search may end otherwise")
    if cpu and options.compile:
        refuse_compile("cpu")
