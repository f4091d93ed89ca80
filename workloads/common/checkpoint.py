"""A training on disk, whole enough to go on bit for bit: weights, optimiser, loss scale, dice, and how far it was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from workloads.common.options import Refusal

NAME = "last.pt"


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write `state` to the folder's last.pt. Whoever is killed meanwhile leaves the one before. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{NAME}.new"
    with fresh.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / NAME)


def load(path: Path) -> dict[str, Any]:
    """What was saved; `path` may be the folder. Raises Refusal where that isn't a checkpoint of ours."""
    file = path / NAME if path.is_dir() else path
    if not file.is_file():
        raise Refusal(f"--resume {path}: there is no checkpoint {file}")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        raise Refusal(f"--resume {path}: {file} can't be read as a checkpoint ({type(error).__name__})") from error
    if not isinstance(state, dict) or "made_with" not in state:
        raise Refusal(f"--resume {path}: {file} is no checkpoint of mlperf-tui's workloads")
    return state


def refuse_unlike(made_with: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Raise a Refusal that names the first thing in which the run that made a checkpoint differs from this one."""
    for name, value in here.items():
        if made_with.get(name) != value:
            raise Refusal(f"--resume: it was made with {name} {made_with.get(name)}, and this run has {value}")


def dice(device: torch.device) -> list[torch.Tensor]:
    """The states of torch's random numbers: the CPU's, and the GPU's where it computes there."""
    on_gpu = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return [torch.get_rng_state(), *on_gpu]


def put_dice(states: list[torch.Tensor], device: torch.device) -> None:
    """The same states again."""
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)
