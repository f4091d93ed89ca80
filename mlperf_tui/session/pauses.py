"""What lies between two steps and may take its time: evaluations, checkpoints, another run's turn."""

from __future__ import annotations

INTERVALS = ("eval", "checkpoint", "staging", "init")
"""From NAME_start to NAME_stop (or NAME_end), as MLPerf's logger names them."""

TURNS = {"turn_wait": True, "turn_start": False}
"""A run of an experiment waits between these two while another is measured."""

ENDS = {"start": True, "stop": False, "end": False}


def pause(key: str) -> tuple[str, bool] | None:
    """The name of the pause that a mark's `key` is about, and whether it begins; None of any other mark."""
    name, _, end = key.rpartition("_")
    if key in TURNS:
        return name, TURNS[key]
    if end in ENDS and any(interval in name for interval in INTERVALS):
        return name, ENDS[end]
    return None
