"""A session as it was at one moment: reached from its hours and minutes, and from there forward line by line."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from mlperf_tui.records import HostReading, Minute, Plan
from mlperf_tui.session.folder import Folder, is_readings, is_rollup
from mlperf_tui.session.follow import Follower, Origin
from mlperf_tui.session.index import Index
from mlperf_tui.session.span import first_clock
from mlperf_tui.viewer.model import Model

RAW_NS = 180_000_000_000
"""So much before a moment is read line by line; what lies before comes from the minutes."""

RAW_BYTES = 1 << 20
"""But no more of the steps than this, some 11,000 lines: a fast loop's last minutes come from the rollup as well."""

FAR_NS = 60_000_000_000
"""What is farther ahead is reached anew."""

OF_READINGS = ('{"host_info"', '{"gpu_info"', '{"source"', '{"unavailable"', '{"alarm"', '{"end"')
"""What a recorder says: a minute's copy of it is left out where its file is read too."""


class Standing:
    """The model of a session as it was at `t` (monotonic ns). It goes forward only; None is as far as there is."""

    def __init__(self, folder: Folder, plan: Plan, index: Index, t: int) -> None:
        self.t = 0
        self.model = Model(plan)
        self.output_bytes: int | None = None
        self._follower = Follower(folder, self._reach(folder, index, t))

    def leads_to(self, t: int) -> bool:
        """Whether it is best to go there from here."""
        return self.t <= t <= self.t + FAR_NS

    def read(self, until: int | None) -> None:
        """Take in all that was written up to then."""
        for origin, record in self._follower.read(until):
            self.model.add(origin, record)
            if isinstance(record, HostReading) and record.output_bytes is not None:
                self.output_bytes = record.output_bytes

    def _reach(self, folder: Folder, index: Index, t: int) -> dict[str, int]:
        """Recall what lies before `t`, up to where its lines are to be read: the offset to begin at in each file."""
        if (clock := first_clock(folder)) is not None:
            self.model.add(Origin("", None), clock)
        index.refresh()
        readings: dict[str, int] = {}
        near: deque[Minute] = deque()
        for stretch in index.until(t):
            near.append(stretch)
            while near and near[0].t1 <= t - RAW_NS:
                readings = near[0].offsets
                self.model.recall(near.popleft(), t)
        steps = self._recall_fast_steps(near, readings, t)
        return {name: (readings if is_readings(name) else steps).get(name, 0) for name in steps}

    def _recall_fast_steps(self, near: deque[Minute], offsets: dict[str, int], t: int) -> dict[str, int]:
        while len(near) > 1 and _steps_bytes(offsets, near[-1].offsets) > RAW_BYTES:
            offsets = near[0].offsets
            said = tuple(line for line in near[0].said if not line.startswith(OF_READINGS))
            self.model.recall(replace(near.popleft(), said=said), t)
        return offsets


def _steps_bytes(start: Mapping[str, int], end: Mapping[str, int]) -> int:
    """How much the ranks wrote in between."""
    return sum(count - start.get(name, 0) for name, count in end.items() if not (is_readings(name) or is_rollup(name)))
