"""What helps where a series has no value, by the reason that the sampler gives."""

from __future__ import annotations

REMEDIES = (
    ("no NVIDIA driver here", "On a CPU that is in order. Else install NVIDIA's driver; a container needs --gpus all."),
    ("shows no GPU", "In a container: --gpus all. Else NVIDIA_VISIBLE_DEVICES and /dev/nvidia* decide what is seen."),
    ("is not loaded", "Run nvidia-smi as root, which loads it, or reboot."),
    ("differ in version", "Reboot, or end what uses the GPUs and reload the kernel's modules."),
    ("who may open /dev/nvidia*", "Ask for the group that may: ls -l /dev/nvidia*."),
    ("lost", "Keep what dmesg says (NVRM, Xid), end what uses it, then nvidia-smi -r as root, or reboot."),
    (
        "while MIG is on",
        "nvidia-smi -mig 0, as root and with no program on it, gives the whole GPU and its numbers back.",
    ),
    ("GPM needs Hopper", "Nothing to be done on this model: busy, memory, power and clocks stay."),
    ("MLPERF_TUI_NO_PCIE", "Unset MLPERF_TUI_NO_PCIE."),
    ("no NVLink is up", "See nvidia-smi nvlink --status; with NVSwitches nvidia-fabricmanager must run."),
    ("needs root", "Run mlperf-tui as root, or have the driver opened to users."),
    ("too old", "Upgrade the NVIDIA driver."),
    ("not supported by this GPU", "Nothing to be done: this model, or a virtual GPU, has none or doesn't tell."),
)
"""A part of the reason, and what helps; the first that fits."""

ELSE = "Ask again; if it stays, dmesg may say why (NVRM, Xid)."


def remedy(reason: str) -> str:
    """One sentence."""
    return next((text for part, text in REMEDIES if part in reason), ELSE)
