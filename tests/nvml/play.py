"""Runs the sampler in a child process, since pynvml keeps the first library that it loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlperf_tui.records import Alarm, GpuInfo, GpuReading, LinkReading, Source, Unavailable, decode
from tests.nvml.build import SCENARIOS, environment

ROOT = Path(__file__).parents[2]
TICK = ("read", "links", "notes", "alarms", "pass 1000")
"""What the recorder does each second."""


@dataclass
class Played:
    """Everything that came back, in order, and how often each call was made of each GPU (-1: of none)."""

    infos: list[GpuInfo] = field(default_factory=list)
    readings: list[GpuReading | None] = field(default_factory=list)
    links: list[LinkReading | None] = field(default_factory=list)
    notes: list[Source | Unavailable] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    calls: Counter[tuple[str, int]] = field(default_factory=Counter)

    def reading(self, place: int = -1) -> GpuReading:
        """One that is there."""
        reading = self.readings[place]
        assert reading is not None
        return reading

    def link(self, place: int = -1) -> LinkReading:
        """One that is there."""
        link = self.links[place]
        assert link is not None
        return link

    def reasons(self, series: str) -> dict[int | None, str]:
        """Why a series is unknown, by GPU."""
        found = [note for note in self.notes if isinstance(note, Unavailable) and note.series == series]
        return {note.index: note.reason for note in found}

    def rungs(self, series: str) -> list[str]:
        """Where a series came from, in the order of being said."""
        return [note.rung for note in self.notes if isinstance(note, Source) and note.series == series]


def play(
    library_dir: Path | None, scenario: str | Path, *actions: str, wanted: Sequence[str] | None = None, **env: str
) -> Played:
    """Open the GPUs in that scenario and do the actions (see `child`); with no directory there is no library."""
    with tempfile.NamedTemporaryFile("r", suffix=".calls") as calls:
        result = subprocess.run(  # noqa: PLW1510  the text of its failure says more
            [sys.executable, "-m", "tests.nvml.child", json.dumps([library_dir is not None, wanted, actions])],
            env=os.environ | (environment(library_dir, scenario) if library_dir else {}) | env
            | {"FAKE_NVML_CALLS": calls.name},
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        played = Played(calls=Counter(_call(line) for line in calls))
    for line in result.stdout.splitlines():
        _take_in(played, *json.loads(line))
    return played


def scenario(path: Path, base: str, *lines: str) -> Path:
    """A scenario file like `base` but for some lines."""
    path.write_text((SCENARIOS / f"{base}.txt").read_text() + "\n".join(lines) + "\n")
    return path


def _call(line: str) -> tuple[str, int]:
    name, gpu = line.split()
    return name, int(gpu)


def _take_in(played: Played, what: str, found: list[Any]) -> None:
    if what == "left":
        played.left.extend(found)
        return
    place: dict[str, list[Any]] = {
        "info": played.infos,
        "read": played.readings,
        "links": played.links,
        "notes": played.notes,
        "alarms": played.alarms,
    }
    place[what].extend(line and decode(line) for line in found)
