"""Plain training loops for the tests, each in a process of its own, and what they leave in the session."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mlperf_tui.records import Record, decode

PLAIN = """
from mlperf_tui.steps import Steps
steps = Steps(samples_per_step=32, precision="fp32", target=0.9)
for batch in steps.over(range({steps})):
    steps.end(loss=1 / (batch + 1), lr=0.5)
print("trained")
"""


def loop(code: str, session: Path | None, prelude: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run `code` after `prelude`; `session` None means that there is none."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("MLPERF_TUI_")}
    if session is not None:
        known["MLPERF_TUI_STEPS"] = str(session)
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", prelude + code],
        cwd=root,
        env={**known, **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def records(file: Path) -> list[Record]:
    """All records of a file of whole lines."""
    text = file.read_bytes()
    assert text.endswith(b"\n")
    found = [decode(line) for line in text.splitlines()]
    return [record for record in found if record is not None]


def whole_lines(file: Path) -> tuple[list[Record], int]:
    """What a reader makes of a file that may be torn: its records, and how many lines are none."""
    found: list[Record] = []
    lost = 0
    for line in file.read_bytes().splitlines():
        try:
            record = decode(line)
        except ValueError:
            lost += 1
            continue
        if record is not None:
            found.append(record)
    return found, lost
