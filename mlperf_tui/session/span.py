"""From when to when a session's files tell: seen at both their ends, without reading them."""

from __future__ import annotations

import re
from pathlib import Path

from mlperf_tui.records import Clock
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.log import Tail

TIME = re.compile(rb'^\{"[a-z_]+":\{"t":(\d+)', re.MULTILINE)
"""A record's time stands first in its line."""

END_BYTES = 16 << 10


def last_time(folder: Folder) -> int:
    """The newest moment (monotonic ns) that any file tells of; 0 where there is none."""
    return max((_last(path) for path in [*folder.readings(), *folder.steps(), folder.printed]), default=0)


def last_reading(folder: Folder) -> int:
    """The same of what recorders have written."""
    return max((_last(path) for path in folder.readings()), default=0)


def first_clock(folder: Folder) -> Clock | None:
    """The pair of clocks with which a recorder began, or a rank where no recorder did."""
    for path in [*folder.readings(), *folder.steps()]:
        if isinstance(first := next(Tail(path).read(), None), Clock):
            return first
    return None


def _last(path: Path) -> int:
    try:
        size = path.stat().st_size
    except OSError:
        return 0
    times = TIME.findall(Tail(path, max(0, size - END_BYTES)).peek(END_BYTES))
    return int(times[-1]) if times else 0
