"""The run's threads by CPU time: what is kept, what is summed, and that no descriptor is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.sampling.stat import Stat, stat_of
from mlperf_tui.sampling.tasks import Descriptors, Tasks, cpu_ticks, task_of
from mlperf_tui.sampling.threads import KEPT, Busy, Spent, Threads, busiest

SPIN = """
import sys, threading, time
over = threading.Event()
for _ in range(int(sys.argv[1])):
    threading.Thread(target=over.wait, daemon=True).start()
print("ready", flush=True)
while True:
    sum(range(1000))
"""


@pytest.fixture
def spinning() -> Iterator[subprocess.Popen[bytes]]:
    """A process with one busy thread and 40 that sleep."""
    child = subprocess.Popen([sys.executable, "-c", SPIN, "40"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    yield child
    child.kill()
    child.communicate()


def members(*pids: int) -> dict[int, Stat]:
    return {pid: stat for pid in pids if (stat := stat_of(pid)) is not None}


def entries(directory: str) -> int:
    return sum(1 for _ in Path(directory).iterdir())


def reading(threads: Threads, pid: int, good: Callable[[Busy], bool]) -> Busy:
    """The first reading that is good, of those that come."""
    for _ in range(200):
        busy = threads.read(members(pid))
        if busy is not None and good(busy):
            return busy
        time.sleep(0.05)
    raise AssertionError("no such reading")


def line(tid: int, ticks: int, comm: str = "x") -> bytes:
    return f"{tid} ({comm}) R 1 1 1 0 -1 4194304 0 0 0 0 {ticks} 0 0 0 20 0 1 0 77 0 0".encode()


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 500), max_size=80),
    st.integers(0, 3000),
    st.floats(0.5, 10),
)
def test_kept_and_the_rest_make_up_all(ticks: list[int], ended: int, over_s: float) -> None:
    """Nothing is lost: the shares that are kept and the rest add up to what the processes used."""
    spent = [Spent(used / 100, 7, tid, line(tid, used)) for tid, used in enumerate(ticks) if used / 100 <= over_s]
    total_s = sum(one.cpu_s for one in spent) + ended / 100
    got = busiest(spent, total_s, len(spent) + 5, over_s).reading
    shares = [share or 0.0 for share in got.cpu_cores]
    assert shares == sorted(shares, reverse=True)
    assert len(got.tids) == len(got.states) == len(shares) == min(KEPT, len(spent))
    assert got.more_threads == len(spent) + 5 - len(shares)
    assert sum(shares) + (got.more_cpu_cores or 0.0) == pytest.approx(total_s / over_s, abs=0.02)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), max_size=15), st.integers(0, 10**9))
def test_a_name_may_hold_anything(comm: str, ticks: int) -> None:
    """Brackets, blanks and numbers in a thread's name lead nobody astray."""
    text = line(5, ticks, comm)
    assert cpu_ticks(text) == ticks
    assert task_of(1, 5, text).comm == comm
    assert task_of(1, 5, text).state == "R"


def test_the_busy_thread_is_the_one_that_is_named(spinning: subprocess.Popen[bytes]) -> None:
    """Of 41 threads the one that works is kept; the sleeping ones are counted."""
    threads = Threads()
    assert threads.read(members(spinning.pid)) is None
    busy = reading(threads, spinning.pid, lambda busy: bool(busy.tasks))
    assert busy.reading.tids == (spinning.pid,)
    assert 0 < (busy.reading.cpu_cores[0] or 0) <= 1
    assert busy.reading.more_threads == 40
    assert busy.tasks[0].pid == spinning.pid


def test_an_old_process_brings_nothing_from_before(spinning: subprocess.Popen[bytes]) -> None:
    """One that joins late counts from its first reading on: its hours before are nobody's two seconds."""
    threads = Threads()
    threads.read({})
    while (stat := members(spinning.pid)[spinning.pid]).cpu_s < 0.2:
        time.sleep(0.05)
    old = Stat(stat.parent, stat.state, stat.start - 100_000, stat.cpu_s, stat.threads, stat.memory_bytes)
    busy = threads.read({spinning.pid: old})
    assert busy is not None
    assert busy.reading.cpu_cores == ()
    assert busy.reading.more_cpu_cores == 0


def test_no_descriptor_stays(spinning: subprocess.Popen[bytes]) -> None:
    """A thread's descriptor is given back when its process has gone, and those beyond the bound are never taken."""
    before = entries("/proc/self/fd")
    threads = Threads(most_descriptors=10)
    threads.read(members(spinning.pid))
    reading(threads, spinning.pid, lambda busy: bool(busy.tasks))
    assert entries("/proc/self/fd") == before + 10
    spinning.kill()
    spinning.wait()
    threads.read(members(spinning.pid))
    assert entries("/proc/self/fd") == before


def test_a_process_that_goes_while_it_is_read_is_nothing_bad(spinning: subprocess.Popen[bytes]) -> None:
    """Its stat was there, its threads aren't any more."""
    threads = Threads()
    there = members(spinning.pid)
    threads.read(there)
    spinning.kill()
    spinning.wait()
    [[pid, stat]] = there.items()
    later = Stat(stat.parent, stat.state, stat.start, stat.cpu_s + 1, stat.threads, stat.memory_bytes)
    busy = threads.read({pid: later})
    assert busy is not None
    assert busy.reading.tids == ()


def test_threads_that_end_are_forgotten() -> None:
    """Their descriptors come back, and those that began since are seen though there are as many as before."""
    descriptors, pid = Descriptors(100), os.getpid()
    tasks = Tasks(pid, descriptors)
    seen = []
    for _ in range(3):
        over = threading.Event()
        thread = threading.Thread(target=over.wait)
        thread.start()
        count = entries(f"/proc/{pid}/task")
        seen.append(thread.native_id in tasks.read(count))
        assert descriptors.left == 100 - count
        over.set()
        thread.join()
        while Path(f"/proc/{pid}/task/{thread.native_id}").exists():
            time.sleep(0.01)
    tasks.close()
    assert seen == [True, True, True]
    assert descriptors.left == 100
