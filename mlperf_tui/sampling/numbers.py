"""Numbers for processes of which there are several alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping

from mlperf_tui.sampling.stat import Stat


class Numbers:
    """Each process's number within its group: by order of start from 0, or the lowest that one which ended had."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int, Hashable], int] = {}
        self._by_pid: dict[int, int] = {}

    def update(self, groups: Mapping[int, Hashable], members: Mapping[int, Stat]) -> None:
        """Who there is now: the group of each process by pid."""
        present = sorted((members[pid].start, pid, group) for pid, group in groups.items() if pid in members)
        self._numbers = {key: self._numbers[key] for key in present if key in self._numbers}
        taken: dict[Hashable, set[int]] = defaultdict(set)
        for (_, _, group), number in self._numbers.items():
            taken[group].add(number)
        for key in present:
            if key not in self._numbers:
                self._numbers[key] = _lowest_free(taken[key[2]])
                taken[key[2]].add(self._numbers[key])
        self._by_pid = {pid: number for (_, pid, _), number in self._numbers.items()}

    def of(self, pid: int) -> int:
        """The number of one process; 0 for one that nobody told of."""
        return self._by_pid.get(pid, 0)


def _lowest_free(taken: set[int]) -> int:
    return next(number for number in range(len(taken) + 1) if number not in taken)
