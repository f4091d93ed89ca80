"""What `doctor` reads in the kernel's files and in others' answers: nothing in them makes it fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlperf_tui.doctor.arch import has_code_for
from mlperf_tui.doctor.cgroup import group_of, quota
from mlperf_tui.doctor.frames import may_trace, ptrace_scope
from mlperf_tui.doctor.mounts import kind_in, unescaped
from mlperf_tui.doctor.torch_asked import parse

names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), min_size=1
)
points = st.lists(names.filter(lambda name: name not in {".", ".."}), max_size=4).map(lambda parts: Path("/", *parts))


def escaped(text: str) -> str:
    """As the kernel writes it (mangle in fs/proc_namespace.c)."""
    return "".join(f"\\{ord(sign):03o}" if sign in " \t\n\\#" else sign for sign in text)


@given(st.text())
def test_escaping_is_undone(text: str) -> None:
    assert unescaped(escaped(text)) == text


@given(st.lists(st.tuples(points, st.sampled_from(["ext4", "nfs4", "tmpfs"])), max_size=6), points)
def test_the_nearest_mount_wins(mounts: list[tuple[Path, str]], place: Path) -> None:
    """The one of most parts, and of two at one point the later."""
    text = "".join(f"device {escaped(str(point))} {kind} rw 0 0\n" for point, kind in mounts)
    expected = None
    for above in (place, *place.parents):
        kinds = [kind for point, kind in mounts if point == above]
        if kinds:
            expected = kinds[-1]
            break
    assert kind_in(text, place) == expected


@given(st.text())
def test_no_text_breaks_a_parser(text: str) -> None:
    kind_in(text, Path("/a"))
    group_of(text, "cpu")
    may_trace(text)
    quota(text)
    assert isinstance(parse(text.encode("utf-8", "surrogatepass")), dict)


@given(st.integers(1, 10**9), st.integers(1, 10**7))
def test_a_quota_is_a_share_of_its_period(most: int, period: int) -> None:
    assert quota(f"{most} {period}") == most / period


@pytest.mark.parametrize("text", ["max 100000", "-1 100000", "", "0 0", "100000", "1 0", "² 3"])
def test_no_quota(text: str) -> None:
    assert quota(text) is None


def test_groups() -> None:
    """Version 2 has no controller's name, version 1 several on a line."""
    text = "3:cpu,cpuacct:/a:b\n2:memory:/c\n0::/d\n"
    assert [group_of(text, name) for name in ("", "cpu", "memory", "pids")] == ["/d", "/a:b", "/c", "/"]


@given(st.integers(0, (1 << 41) - 1))
def test_a_capability_is_a_bit(held: int) -> None:
    assert may_trace(f"Name:\tx\nCapEff:\t{held:016x}\n") == bool(held & 1 << 19)


@pytest.mark.parametrize(("text", "scope"), [("0\n", 0), ("3", 3), ("", None), ("x", None)])
def test_ptrace_scope(tmp_path: Path, text: str, scope: int | None) -> None:
    (tmp_path / "scope").write_text(text)
    assert ptrace_scope(tmp_path / "scope") == scope
    assert ptrace_scope(tmp_path / "none") is None


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.text(st.characters(codec="ascii")))
def test_an_answer_is_the_last_line(told: dict[str, object], before: str) -> None:
    assert parse(f"{before}\n{json.dumps(told)}\n".encode()) == told


@pytest.mark.parametrize(
    ("capability", "archs", "runs"),
    [
        ((9, 0), ["sm_80", "sm_90"], True),
        ((8, 6), ["sm_80"], True),
        ((8, 0), ["sm_86"], False),
        ((12, 0), ["sm_80", "sm_90"], False),
        ((12, 0), ["sm_90", "compute_90"], True),
        ((9, 0), ["sm_90a"], True),
        ((9, 1), ["sm_90a"], False),
        ((12, 1), ["sm_120"], True),
        ((12, 1), ["compute_120a"], False),
        ((7, 0), ["gfx90a", "", "sm_"], False),
        ((7, 0), [], False),
    ],
)
def test_code_for_a_capability(capability: tuple[int, int], archs: list[str], runs: bool) -> None:
    """By CUDA's rules: a binary within its major number, PTX for anything newer, `a` for that one alone."""
    assert has_code_for(capability, archs) is runs


@given(st.tuples(st.integers(5, 13), st.integers(0, 9)), st.tuples(st.integers(5, 13), st.integers(0, 9)))
def test_ptx_runs_on_all_that_is_newer(gpu: tuple[int, int], built: tuple[int, int]) -> None:
    assert has_code_for(gpu, [f"compute_{built[0]}{built[1]}"]) is (gpu >= built)
