"""What threads are called."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.sampling import thread_names
from mlperf_tui.sampling.introductions import AGAIN_NS, Introductions
from mlperf_tui.sampling.stat import Stat
from mlperf_tui.sampling.tasks import Task
from mlperf_tui.sampling.thread_names import Names, thread_word

POOL = "/site-packages/torch/_inductor/compile_worker/__main__.py"
ARGV = {
    10: ("python", "torchrun", "train.py"),
    20: ("python", "train.py"),
    21: ("python", "train.py"),
    40: ("python", POOL),
    41: ("python", POOL),
    42: ("python", POOL),
    50: ("ffmpeg", "-i"),
}


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that there are not."""
    monkeypatch.setattr(thread_names, "argv_of", lambda pid: ARGV.get(pid, ("python", "train.py")))


def process(parent: int, start: int, comm: str = "python") -> Stat:
    return Stat(parent, "S", start, 0.0, 1, 0, comm)


RUN = {
    10: process(1, 1, "pt_elastic"),
    20: process(10, 2),
    21: process(10, 2),
    33: process(20, 3, "pt_data_worker"),
    31: process(20, 4, "pt_data_worker"),
    32: process(21, 4, "pt_data_worker"),
    40: process(21, 5),
    41: process(40, 6),
    42: process(40, 6),
    50: process(33, 7, "ffmpeg"),
}
RANKS = {20: 0, 21: 1}


def names(members: Mapping[int, Stat] = RUN, ranks: Mapping[int, int] = RANKS) -> Names:
    made = Names(10, lambda argv: argv[-1])
    made.update(members, ranks)
    return made


@pytest.mark.parametrize(
    ("pid", "tid", "comm", "name"),
    [
        (10, 10, "pt_elastic", "torchrun main"),
        (20, 20, "python", "rank 0 main"),
        (21, 21, "python", "rank 1 main"),
        (20, 99, "pt_data_pin", "rank 0 pin memory"),
        (20, 99, "pt_autograd_0", "rank 0 autograd 0"),
        (20, 99, "pt_nccl_watchdg", "rank 0 NCCL watchdog"),
        (20, 99, "pt_nccl_new", "rank 0 NCCL new"),
        (20, 99, "cuda-EvtHandlr", "rank 0 CUDA events"),
        (20, 99, "NCCL Progress0", "rank 0 NCCL Progress0"),
        (20, 99, "python", "rank 0 thread"),
        (33, 33, "pt_data_worker", "rank 0 loader 0"),
        (31, 31, "pt_data_worker", "rank 0 loader 1"),
        (32, 32, "pt_data_worker", "rank 1 loader 0"),
        (31, 99, "pt_data_worker", "rank 0 loader 1 thread"),
        (40, 40, "python", "rank 1 compile pool main"),
        (41, 41, "python", "rank 1 compile worker 0"),
        (42, 42, "python", "rank 1 compile worker 1"),
        (50, 50, "ffmpeg", "rank 0 -i main"),
    ],
)
def test_names(pid: int, tid: int, comm: str, name: str) -> None:
    """Each kind of thread as people know it; loaders by start, whatever their pids."""
    assert names().thread(pid, tid, comm) == name


def test_a_lone_program_is_main() -> None:
    """Without ranks the first process needs no name, and another one has its own."""
    made = names({10: process(1, 1), 50: process(10, 2, "ffmpeg"), 33: process(10, 3, "pt_data_worker")}, {})
    assert made.thread(10, 10, "python") == "main"
    assert made.thread(50, 50, "ffmpeg") == "-i main"
    assert made.thread(33, 33, "pt_data_worker") == "loader 0"
    assert made.rank(33) is None


def test_pythons_own_names() -> None:
    """py-spy tells them; the pin-memory thread is known by what it runs, too."""
    made = names()
    made.learn(20, {98: "my helper", 99: "Thread-3 (_pin_memory_loop)"})
    assert made.thread(20, 98, "python") == "rank 0 my helper"
    assert made.thread(20, 99, "python") == "rank 0 pin memory"
    made.update({pid: stat for pid, stat in RUN.items() if pid != 20}, RANKS)
    made.update(RUN, RANKS)
    assert made.thread(20, 98, "python") == "rank 0 thread"


def test_a_loader_keeps_its_number_and_a_new_one_takes_the_lowest_free() -> None:
    """Each epoch's workers have the numbers of those before; one that outlives its rank stays that rank's."""
    made = names()
    second = {**RUN, 34: process(20, 9, "pt_data_worker")}
    del second[33]
    made.update(second, RANKS)
    assert made.thread(31, 31) == "rank 0 loader 1"
    assert made.thread(34, 34) == "rank 0 loader 0"
    orphan = {**second, 31: process(1, 4, "pt_data_worker")}
    del orphan[20]
    made.update(orphan, {21: 1})
    assert made.thread(31, 31) == "rank 0 loader 1"


@settings(deadline=None)
@given(st.text(max_size=15), st.none() | st.text(max_size=30), st.text(max_size=15))
def test_every_thread_has_a_word(comm: str, python: str | None, process_comm: str) -> None:
    """Whatever the kernel and Python call a thread, no name is empty but where the kernel's own is."""
    assert thread_word(comm, python, process_comm) or not comm.removeprefix("pt_").strip("_ ")


def test_who_a_thread_is_is_said_again() -> None:
    """At first, when the name changes, and each minute as long as it is kept."""
    said, made, task = Introductions(), names(), Task(20, 98, "python", "R")
    assert [info.name for info in said.of(0, [task], made)] == ["rank 0 thread"]
    assert said.of(AGAIN_NS - 1, [task], made) == []
    made.learn(20, {98: "my helper"})
    [info] = said.of(AGAIN_NS - 1, [task], made)
    assert (info.pid, info.tid, info.name, info.rank) == (20, 98, "rank 0 my helper", 0)
    assert said.of(AGAIN_NS, [task], made) == []
    assert len(said.of(2 * AGAIN_NS, [task], made)) == 1
