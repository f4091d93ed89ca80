"""Which GPUs a build of torch holds code for."""

from __future__ import annotations

import re
from collections.abc import Iterable

ARCH = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")

Capability = tuple[int, int]
"""CUDA's compute capability: major and minor number."""


def has_code_for(capability: Capability, archs: Iterable[str]) -> bool:
    """Whether a build with code for `archs` runs on that GPU (CUDA C++ Programming Guide, compute capability).

    A binary (sm_86) runs on the same major number, same or higher minor; one with an `a` on its own alone. PTX
    (compute_80) is compiled for anything newer.
    """
    return any(_runs(capability, *match.groups()) for match in map(ARCH.fullmatch, archs) if match)


def _runs(capability: Capability, kind: str, major: str, minor: str, suffix: str) -> bool:
    built = int(major), int(minor)
    if suffix == "a":
        return built == capability
    if kind == "compute" and not suffix:
        return built <= capability
    return built[0] == capability[0] and built[1] <= capability[1]
