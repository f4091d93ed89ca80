"""torch, in this Python or another: whether it sees the GPUs, has code for them, and can join several processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from mlperf_tui.doctor.arch import Capability, has_code_for
from mlperf_tui.doctor.torch_asked import Told, ask
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding

ROOM = "torch"
BF16 = (8, 0)
"""From this compute capability on; the workloads choose by the same."""

CUDA_REMEDIES = (
    ("too old", "Upgrade the NVIDIA driver, or install a torch for an older CUDA: https://pytorch.org."),
    ("no NVIDIA driver", "torch finds no libcuda: a container needs NVIDIA_DRIVER_CAPABILITIES=compute,utility."),
    ("802", "With NVSwitches nvidia-fabricmanager must run, in the driver's own version."),
)
"""A part of what CUDA says, and what helps."""

CUDA_ELSE = "A lost GPU, MIG or a driver older than this CUDA can be why; dmesg may say more (NVRM, Xid)."
INSTALL = (
    "pip install torch torchvision there (https://pytorch.org names the right index), or name another Python with "
    "--python."
)
OTHER_BUILD = "Install a torch for a CUDA that knows this GPU: https://pytorch.org."
WITH_CUDA = "pip install --force-reinstall torch, from the index for CUDA that https://pytorch.org names."


def torch(python: str | None, gpus: Sequence[Capability | None] | None) -> Iterator[Finding]:
    """What that Python's torch can do (None: this one's) with the GPUs that NVML shows, by their compute capability.

    `gpus` is None where NVML hangs: torch isn't let at them.
    """
    python = python or sys.executable
    told = ask(python, hide_gpus=gpus is None)
    if "torch" not in told:
        yield _missing(python, str(told.get("error", "")))
        return
    build = f"CUDA {told['cuda']}" if told.get("cuda") else "ROCm" if told.get("hip") else "no CUDA"
    yield Finding(ROOM, "torch", SHOWN, f"{told['torch']} ({build}), Python {told.get('python', 'unknown')}: {python}")
    if gpus is None:
        yield Finding(ROOM, "gpus", MISSING, "not asked, since NVML does not answer")
    elif gpus or told.get("gpus"):
        yield from _of_gpus(told, gpus)
    yield _ranks(told, has_gpus=bool(gpus))


def _missing(python: str, error: str) -> Finding:
    if error:
        return Finding(ROOM, "torch", MISSING, error, remedy=f'See what {python} -c "import torch" says.')
    says = f"{python} has none: our workloads can't run there, any other command can"
    return Finding(ROOM, "torch", MISSING, says, remedy=INSTALL)


def _of_gpus(told: Told, gpus: Sequence[Capability | None]) -> Iterator[Finding]:
    if not told.get("cuda"):
        says = f"this torch is built without CUDA, beside {len(gpus)} that NVML shows"
        yield Finding(ROOM, "gpus", MISSING, says, remedy=WITH_CUDA)
        return
    yield _count(told, len(gpus))
    capabilities = sorted({capability for capability in gpus if capability})
    if told.get("gpus") and capabilities:
        yield _build(told, capabilities)
        yield _bf16(capabilities)


def _count(told: Told, gpus: int) -> Finding:
    """Beside NVML's, and where they differ why."""
    seen, visible, error = int(told.get("gpus") or 0), told.get("visible"), str(told.get("cuda_error") or "")
    says = f"torch sees {seen}, NVML shows {gpus}"
    if seen == gpus:
        return Finding(ROOM, "gpus", SHOWN, says)
    if visible is not None:
        says, helps = f"{says} (CUDA_VISIBLE_DEVICES={visible})", "Unset CUDA_VISIBLE_DEVICES to train on all of them."
    else:
        says, helps = f"{says}: {error}" if error else says, _remedy(error)
    return Finding(ROOM, "gpus", PARTLY if seen else MISSING, says, remedy=helps)


def _remedy(error: str) -> str:
    """For CUDA's own words."""
    return next((text for part, text in CUDA_REMEDIES if part in error), CUDA_ELSE)


def _build(told: Told, capabilities: list[Capability]) -> Finding:
    archs = [str(arch) for arch in told.get("archs") or ()]
    lacking = [one for one in capabilities if not has_code_for(one, archs)]
    if not lacking:
        return Finding(ROOM, "build", SHOWN, f"has code for compute capability {_in_words(capabilities)}")
    says = f"no code for compute capability {_in_words(lacking)} (it has {' '.join(archs)})"
    return Finding(ROOM, "build", MISSING, says, remedy=OTHER_BUILD)


def _bf16(capabilities: list[Capability]) -> Finding:
    older = [one for one in capabilities if one < BF16]
    if not older:
        return Finding(ROOM, "bf16", SHOWN, "by the GPU itself: amp is amp-bf16")
    return Finding(ROOM, "bf16", PARTLY, f"not by compute capability {_in_words(older)}: amp is amp-fp16 there")


def _ranks(told: Told, *, has_gpus: bool) -> Finding:
    """What several processes of a run talk through: NCCL between GPUs, Gloo between CPUs."""
    backends = [name for name, key in (("NCCL", "nccl"), ("Gloo", "gloo")) if told.get(key)]
    needed = "NCCL" if has_gpus and told.get("cuda") else "Gloo"
    if needed in backends:
        return Finding(ROOM, "ranks", SHOWN, f"by {' and '.join(backends)}")
    says = f"this torch has no {needed}, which several processes need"
    return Finding(ROOM, "ranks", MISSING, says, remedy="Install torch's own build for Linux: https://pytorch.org.")


def _in_words(capabilities: list[Capability]) -> str:
    return ", ".join(f"{major}.{minor}" for major, minor in capabilities)
