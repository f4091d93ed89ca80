"""What torch says of itself, as one JSON object. It is run by the Python that is asked about, 3.9 or newer.

torch is loaded by name: the tool itself never imports it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from typing import Any


def main() -> None:
    """Whatever fails is told as `error`."""
    told: dict[str, Any] = {"python": sys.version.split()[0], "visible": os.environ.get("CUDA_VISIBLE_DEVICES")}
    try:
        if importlib.util.find_spec("torch") is not None:
            told.update(facts(importlib.import_module("torch")))
    except Exception as error:  # noqa: BLE001  a torch that can't be loaded may raise anything
        told["error"] = first_line(error)
    sys.stdout.write("\n" + json.dumps(told) + "\n")


def facts(torch: Any) -> dict[str, Any]:
    """Versions, GPUs, what this build holds code for, backends, and why no GPU.

    None of it makes a context on a GPU: that takes memory, and where a GPU is for one process it fails.
    """
    cuda, dist = torch.cuda, torch.distributed
    has_gpus = cuda.is_available()
    has_dist = dist.is_available()
    return {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "hip": getattr(torch.version, "hip", None),
        "gpus": cuda.device_count() if has_gpus else 0,
        "archs": cuda.get_arch_list() if has_gpus else [],
        "nccl": bool(has_dist and dist.is_nccl_available()),
        "gloo": bool(has_dist and dist.is_gloo_available()),
        "cuda_error": "" if has_gpus or not torch.version.cuda else why_none(cuda),
    }


def why_none(cuda: Any) -> str:
    """What CUDA says when it is started; `is_available` only warns."""
    try:
        cuda.init()
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        return first_line(error)
    return ""


def first_line(error: Exception) -> str:
    """An error's kind and the first line of its text."""
    return (f"{type(error).__name__}: {error}".splitlines() or [""])[0][:300]


if __name__ == "__main__":
    main()
