"""A training on disk, whole enough to go on bit for bit: weights, optimiser, loss scale, dice, and how far it was."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from workloads.common.options import Refusal
from workloads.common.places import NAME, file_of, refuse_absent


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write `state` to the folder's last.pt. Whoever is killed meanwhile leaves the one before.

    Raises OSError or, from torch's zip writer, RuntimeError; then the disk is left as full as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{NAME}.new"
    try:
        with fresh.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / NAME)
    except Exception:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def load(path: Path) -> dict[str, Any]:
    """What was saved; `path` may be the folder. Raises Refusal where that isn't a checkpoint of ours."""
    refuse_absent(path)
    file = file_of(path)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle, zip and torch each have their own
        raise Refusal(f"--resume {path}: {file} can't be read: it is no checkpoint, or was cut off") from error
    if not isinstance(state, dict) or "made_with" not in state:
        raise Refusal(f"--resume {path}: {file} is no checkpoint of mlperf-tui's workloads")
    return state


def refuse_unlike(path: Path, made_with: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Raise a Refusal that names the first thing in which the run that made a checkpoint differs from this one.

    "workload" is what made it; each other name is an option, or what follows from options.
    """
    for name, value in here.items():
        if name not in made_with:
            raise Refusal(f"--resume {path}: an older mlperf-tui made it, which did not note its {_words(name)}")
        if made_with[name] == value:
            continue
        if name == "workload":
            raise Refusal(f"--resume {path}: it was made by {made_with[name]}, and this is {value}")
        raise Refusal(f"--resume {path}: it was made with {_words(name)} {made_with[name]}, and this run has {value}")


def _words(name: str) -> str:
    return name.replace("_", " ")


def reason(error: Exception) -> str:
    """Why a checkpoint was not written, in one line: the system's words, also behind torch's; else torch's first."""
    causes: list[BaseException | None] = [error, error.__context__]
    said = next((cause.strerror for cause in causes if isinstance(cause, OSError)), None)
    return said or next(iter(str(error).splitlines()), type(error).__name__)


def dice(device: torch.device) -> list[torch.Tensor]:
    """The states of torch's random numbers: the CPU's, and the GPU's where it computes there."""
    on_gpu = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return [torch.get_rng_state(), *on_gpu]


def put_dice(states: list[torch.Tensor], device: torch.device) -> None:
    """The same states again."""
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)
