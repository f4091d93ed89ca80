"""Threads by the names that people know them by: from the kernel's name, Python's own, and whose process it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlperf_tui.sampling.numbers import Numbers
from mlperf_tui.sampling.stat import Stat

LOADER_COMM = "pt_data_worker"
AGENT_COMM = "pt_elastic"
COMPILE_WORKER = re.compile(r"torch[/.]_inductor[/.]compile_worker")
PIN_MEMORY = "_pin_memory_loop"
WORDS = {
    "pt_data_pin": "pin memory",
    "pt_nccl_watchdg": "NCCL watchdog",
    "pt_nccl_heartbt": "NCCL heartbeat",
    "pt_nccl_runhook": "NCCL hooks",
    "pt_nccl_gil_chk": "NCCL GIL check",
    "cuda-EvtHandlr": "CUDA events",
}
"""What PyTorch (torch.multiprocessing._set_thread_name, c10::setThreadName) and CUDA call their threads: at most 15
letters, the kernel's limit. The names are of torch 2.14."""


@dataclass(frozen=True, slots=True)
class Who:
    """A process: the rank that it is or descends from, and how its threads' names begin."""

    rank: int | None
    label: str
    of_one_kind: bool = False
    """Whether there are several alike, so that the label alone names the main thread."""


class Names:
    """Names the threads of a run.

    A DataLoader's worker has no number that can be seen from outside: its number here is by the order of start among
    the workers of its rank that live, from 0, and one that starts later takes the lowest that is free. So it is with
    compile workers. `program` gives a command line's own name.
    """

    def __init__(self, root: int, program: Callable[[tuple[str, ...]], str]) -> None:
        self._root = root
        self._program = program
        self._members: Mapping[int, Stat] = {}
        self._ranks: Mapping[int, int] = {}
        self._rank_of: dict[tuple[int, int], int] = {}
        self._commands: dict[tuple[int, int, str], tuple[str, ...]] = {}
        self._numbers = Numbers()
        self._python: dict[int, Mapping[int, str]] = {}

    def update(self, members: Mapping[int, Stat], ranks: Mapping[int, int]) -> None:
        """Who there is now. `ranks` holds each rank's process."""
        self._members, self._ranks = members, ranks
        keys = {pid: (pid, stat.start) for pid, stat in members.items()}
        self._commands = {
            (*key, members[pid].comm): self._command(pid, (*key, members[pid].comm)) for pid, key in keys.items()
        }
        known = {key: rank for pid, key in keys.items() if (rank := self.rank(pid)) is not None}
        self._rank_of = known
        self._python = {pid: names for pid, names in self._python.items() if pid in members}
        self._numbers.update({pid: group for pid in members if (group := self._group(pid))}, members)

    def learn(self, pid: int, names: Mapping[int, str]) -> None:
        """What Python calls the threads of a process."""
        self._python = {**self._python, pid: names}  # whole, since another thread may be going through it

    def rank(self, pid: int) -> int | None:
        """The rank that a process is or descends from, also when its parent has gone since."""
        walked, stat = pid, self._members.get(pid)
        for _ in self._members:
            if walked in self._ranks:
                return self._ranks[walked]
            if walked not in self._members:
                break
            walked = self._members[walked].parent
        return self._rank_of.get((pid, stat.start)) if stat else None

    def thread(self, pid: int, tid: int, comm: str | None = None) -> str:
        """The name of one thread. The kernel's name for it is asked for where it isn't told."""
        who, python = self.who(pid), self._python.get(pid, {}).get(tid)
        if pid == tid:
            return who.label if who.of_one_kind else f"{who.label} main".strip()
        stat = self._members.get(pid)
        told = comm_of(pid, tid) if comm is None else comm
        return f"{who.label} {thread_word(told, python, stat.comm if stat else '')}".strip()

    def who(self, pid: int) -> Who:
        """One process."""
        rank, group = self.rank(pid), self._group(pid)
        prefix = "" if rank is None else f"rank {rank}"
        if group:
            return Who(rank, f"{prefix} {group[0]} {self._numbers.of(pid)}".strip(), of_one_kind=True)
        if pid in self._ranks:
            return Who(rank, prefix)
        alone = rank is None and not self._ranks and pid == self._root
        return Who(rank, "" if alone else f"{prefix} {self._own_name(pid)}".strip())

    def _group(self, pid: int) -> tuple[str, int | None] | None:
        """The kind of which a rank has several."""
        stat = self._members.get(pid)
        if stat is None:
            return None
        if stat.comm == LOADER_COMM:
            return ("loader", self.rank(pid))
        if self._compiles(pid) and self._compiles(stat.parent):
            return ("compile worker", self.rank(pid))
        return None

    def _own_name(self, pid: int) -> str:
        stat = self._members.get(pid)
        if stat is None:
            return str(pid)
        if stat.comm == AGENT_COMM:
            return "torchrun"
        if self._compiles(pid):
            return "compile pool"
        argv = self._argv(pid)
        return self._program(argv) if argv else stat.comm

    def _compiles(self, pid: int) -> bool:
        return any(COMPILE_WORKER.search(word) for word in self._argv(pid))

    def _argv(self, pid: int) -> tuple[str, ...]:
        stat = self._members.get(pid)
        return self._commands.get((pid, stat.start, stat.comm), ()) if stat else ()

    def _command(self, pid: int, key: tuple[int, int, str]) -> tuple[str, ...]:
        """Read once for each process and name: another program gives another name, nearly always."""
        return self._commands[key] if key in self._commands else argv_of(pid)


def thread_word(comm: str, python: str | None, process_comm: str) -> str:
    """What to call a thread that is not its process's first.

    PyTorch's and CUDA's own names count most, then Python's, then the kernel's; one that is merely its process's name,
    as every thread begins with, says nothing.
    """
    if comm in WORDS:
        return WORDS[comm]
    if python and PIN_MEMORY in python:
        return WORDS["pt_data_pin"]
    if comm.startswith("pt_") and comm not in {LOADER_COMM, AGENT_COMM}:
        return comm[3:].replace("_", " ").replace("nccl", "NCCL").strip()
    return python or (comm if comm != process_comm else "thread")


def argv_of(pid: int) -> tuple[str, ...]:
    """A process's command line, empty when it has gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return ()
    return tuple(word.decode("utf-8", "replace") for word in words) if words != [b""] else ()


def comm_of(pid: int, tid: int) -> str:
    """A thread's name in the kernel, empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/task/{tid}/comm").read_text(errors="replace").rstrip("\n")
    except OSError:
        return ""
