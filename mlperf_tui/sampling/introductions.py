"""When it is time to say again who a thread is."""

from __future__ import annotations

from collections.abc import Iterable

from mlperf_tui.records import ThreadInfo
from mlperf_tui.sampling.tasks import Task
from mlperf_tui.sampling.thread_names import Names

AGAIN_NS = 60_000_000_000


class Introductions:
    """Says who a thread is when it is first met, when its name changes, and each minute as long as it is met."""

    def __init__(self) -> None:
        self._said: dict[tuple[int, int], ThreadInfo] = {}

    def of(self, t: int, tasks: Iterable[Task], names: Names) -> list[ThreadInfo]:
        """What is to be said of these threads at `t`."""
        self._said = {key: said for key, said in self._said.items() if t - said.t < AGAIN_NS}
        new = []
        for task in tasks:
            info = ThreadInfo(t, task.pid, task.tid, names.thread(task.pid, task.tid, task.comm), names.rank(task.pid))
            said = self._said.get((task.pid, task.tid))
            if said is None or (said.name, said.rank) != (info.name, info.rank):
                self._said[task.pid, task.tid] = info
                new.append(info)
        return new
