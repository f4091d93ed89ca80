"""Where the GPUs sit, as NVML tells it: links by their other ends, else what two have in common on PCIe."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.sampling.gpu.topology import Ports, Seat, Topology, links_between, members
from tests.conftest import ROOT
from tests.nvml.build import environment
from tests.nvml.play import scenario

ASK = """
import pickle, sys
from mlperf_tui.sampling.gpu import Gpus
gpus = Gpus()
sys.stdout.buffer.write(pickle.dumps(gpus.topology()))
gpus.close()
"""


def topology(nvml_dir: Path, machine: str | Path, calls: Path | None = None) -> Topology:
    """Asked in a child: pynvml keeps the first library that it loads."""
    noted = {} if calls is None else {"FAKE_NVML_CALLS": str(calls)}
    env = {**os.environ, **environment(nvml_dir, machine), **noted}
    ended = subprocess.run([sys.executable, "-c", ASK], env=env, cwd=ROOT, capture_output=True, check=True)
    found = pickle.loads(ended.stdout)
    assert isinstance(found, Topology)
    return found


def square(ways: str, gpus: int) -> tuple[tuple[str, ...], ...]:
    """The same way between each two."""
    return tuple(tuple("X" if row == column else ways for column in range(gpus)) for row in range(gpus))


def test_eight_on_switches(nvml_dir: Path) -> None:
    """Each pair has all 18 links, and each GPU says how it is set and what it is near to."""
    found = topology(nvml_dir, "eight-h100")
    assert found.ways == square("NV18", 8)
    assert found.barred == (("",) * 8,) * 8
    first, last = found.seats[0], found.seats[7]
    assert (first.mig, first.compute_mode, first.persistence, first.capability) == (False, 0, True, (9, 0))
    assert (first.generation, first.generation_max, first.lanes, first.lanes_max) == (5, 5, 16, 16)
    assert (first.bus, last.bus) == ((0, 0x10, 0), (0, 0x17, 0))
    assert (first.nodes, last.nodes) == (frozenset({0}), frozenset({1}))
    assert (first.cpus, last.cpus) == (frozenset(range(8)), frozenset(range(8, 16)))
    assert first.ports == Ports(up=18, switched=18)


def test_direct_links_are_counted_by_their_other_ends(nvml_dir: Path) -> None:
    """Four V100 with six links each: two to each other one."""
    found = topology(nvml_dir, "v100")
    assert found.ways == square("NV2", 4)
    assert found.seats[0].ports.switched == 0
    assert Counter(found.seats[0].ports.peers) == dict.fromkeys([(0, 0x11, 0), (0, 0x12, 0), (0, 0x13, 0)], 2)


@pytest.mark.parametrize(
    ("lines", "way"),
    [
        ((), "PHB"),
        (("level = 10",), "PIX"),
        (("level = 20",), "PXB"),
        (("level = 40",), "NODE"),
        (("sockets = 2",), "SYS"),
        (("level = 0",), "?"),
        (("level = 35",), "?"),
    ],
)
def test_without_links_it_is_pcie(nvml_dir: Path, tmp_path: Path, lines: tuple[str, ...], way: str) -> None:
    """In the words of nvidia-smi; a level that nobody knows yet is no guess."""
    found = topology(nvml_dir, scenario(tmp_path / "pair.txt", "no-nvlink-a10", *lines))
    assert found.ways == square(way, 2)


def test_links_that_are_down_are_not_counted(nvml_dir: Path, tmp_path: Path) -> None:
    """Two of 18."""
    found = topology(nvml_dir, scenario(tmp_path / "down.txt", "eight-h100", "links_down = 2"))
    assert found.ways == square("NV16", 8)
    assert (found.seats[3].ports.up, found.seats[3].ports.down) == (16, 2)


def test_a_lost_gpu_costs_its_own_row(nvml_dir: Path, tmp_path: Path) -> None:
    """And its column."""
    found = topology(nvml_dir, scenario(tmp_path / "lost.txt", "eight-h100", "lost = 3 0"))
    assert found.seats[3] == Seat(3)
    assert found.ways[3] == ("?", "?", "?", "X", "?", "?", "?", "?")
    assert found.ways[0] == ("X", "NV18", "NV18", "?", "NV18", "NV18", "NV18", "NV18")
    assert found.barred[0][3] is None


@pytest.mark.parametrize(("status", "words"), [(1, "chipset"), (3, "the way between"), (4, "driver's settings")])
def test_why_no_peer_access(nvml_dir: Path, tmp_path: Path, status: int, words: str) -> None:
    """By nvmlGpuP2PStatus_t."""
    found = topology(nvml_dir, scenario(tmp_path / "x.txt", "no-nvlink-a10", f"peer_status = {status}"))
    assert words in (found.barred[0][1] or "")
    assert found.barred[0][0] == ""


def test_a_refused_pair_is_not_all_pairs(nvml_dir: Path, tmp_path: Path) -> None:
    """Not Supported of GPU 1 says nothing about GPU 0."""
    refuse = ("refuse = nvmlDeviceGetP2PStatus 3 1", "refuse = nvmlDeviceGetTopologyCommonAncestor 3 1")
    found = topology(nvml_dir, scenario(tmp_path / "x.txt", "no-nvlink-a10", "gpus = 3", *refuse))
    assert found.barred == (("", None, ""), (None, "", None), ("", None, ""))
    assert found.ways == (("X", "?", "PHB"), ("?", "X", "?"), ("PHB", "?", "X"))


def test_only_questions_are_asked(nvml_dir: Path, tmp_path: Path) -> None:
    """No call that sets, resets or clears anything."""
    topology(nvml_dir, "eight-h100", tmp_path / "calls")
    calls = {line.split()[0] for line in (tmp_path / "calls").read_text().splitlines()}
    assert "nvmlDeviceGetP2PStatus" in calls
    assert {call for call in calls if not call.startswith(("nvmlDeviceGet", "nvmlSystemGet"))} == {
        "nvmlInitWithFlags", "nvmlShutdown", "nvmlGpmQueryDeviceSupport", "nvmlDeviceRegisterEvents",
        "nvmlEventSetCreate", "nvmlEventSetFree",
    }  # fmt: skip


def test_links_through_switches_are_as_many_as_both_have() -> None:
    """The fewer of the two."""
    one, other = Seat(0, ports=Ports(18, switched=18)), Seat(1, ports=Ports(16, switched=16))
    assert (links_between(one, other), links_between(other, one)) == (16, 16)
    assert links_between(one, Seat(2, bus=(0, 1, 0))) == 0


@given(st.sets(st.integers(0, 64 * 16 - 1)))
def test_members_of_a_mask(numbers: set[int]) -> None:
    """Each bit stands for its number, over all words."""
    words = [sum(1 << number % 64 for number in numbers if number // 64 == word) for word in range(16)]
    assert members(words) == numbers
