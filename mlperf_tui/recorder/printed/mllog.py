"""MLPerf's `:::MLLOG` lines, from whatever program prints them, with the prefixes and tails met in real logs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

PREFIX = ":::MLLOG "


@dataclass(frozen=True, slots=True)
class Printed:
    """One event; `wall_ns` is the program's own wall clock, None where the line has no time."""

    wall_ns: int | None
    key: str
    value: Any
    metadata: dict[str, Any]


def parse(line: str) -> Printed | None:
    """The event that a line holds after its last token, else None.

    Text before the token (a launcher's rank prefix, a progress bar) and behind the JSON is passed over; a missing
    event_type or metadata is nothing bad; `time_s` stands for `time_ms` in some logs.
    """
    _, found, rest = line.rpartition(PREFIX)
    if not found:
        return None
    try:
        event, _ = json.JSONDecoder().raw_decode(rest.strip())
        key = event["key"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    metadata = event.get("metadata")
    return Printed(_wall_ns(event), str(key), event.get("value"), metadata if isinstance(metadata, dict) else {})


def _wall_ns(event: dict[str, Any]) -> int | None:
    for name, factor in (("time_ms", 1_000_000), ("time_s", 1_000_000_000)):
        try:
            return round(float(event[name]) * factor)
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return None
