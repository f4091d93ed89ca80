"""Everything that `doctor` looks at, room after room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mlperf_tui.doctor.frames import frames
from mlperf_tui.doctor.gpus import gpus, hangs
from mlperf_tui.doctor.host import host
from mlperf_tui.doctor.links import links
from mlperf_tui.doctor.nvml import Told, ask_nvml
from mlperf_tui.doctor.pairs import capabilities, spots
from mlperf_tui.doctor.sessions import sessions
from mlperf_tui.doctor.terminal import terminal
from mlperf_tui.doctor.torch import torch
from mlperf_tui.report.doctor import Diagnosis, Finding
from mlperf_tui.sampling.host import host_info
from mlperf_tui.steps.facts import hostname


def examine(root: Path, python: str | None, *, has_screen: bool) -> Diagnosis:
    """Some seconds: two readings of the GPUs, and torch loaded by `python` (None: this one).

    `root` is where sessions lie, `has_screen` whether the screen would open here.
    """
    told = ask_nvml()
    findings = tuple(_findings(told, root, python, has_screen=has_screen))
    return Diagnosis(findings, spots(told.topology) if told else (), told.topology.ways if told else ())


def _findings(told: Told | None, root: Path, python: str | None, *, has_screen: bool) -> Iterator[Finding]:
    if told is None:
        yield hangs()
    else:
        yield from gpus(told)
        yield from links(told, frozenset(os.sched_getaffinity(0)))
    yield from host(host_info(hostname()))
    yield frames()
    yield from torch(python, None if told is None else capabilities(told.topology))
    yield from sessions(root)
    yield from terminal(os.environ, has_screen=has_screen)
