"""Processes let the recorder's py-spy read them where Yama's ptrace_scope 1 would forbid it.

That the kernel obeys is not shown by this: it needs a kernel with Yama, and an ordinary user.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from mlperf_tui.steps import Steps
from mlperf_tui.steps.facts import PR_SET_PTRACER, let_look, let_recorder_look


class Kernel:
    """Notes what is asked of prctl."""

    def __init__(self, asked: list[tuple[int, int]]) -> None:
        self._asked = asked

    def prctl(self, option: int, pid: Any, *_: int) -> int:
        self._asked.append((option, pid.value))
        return -1


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Kernel(found))
    return found


@pytest.mark.parametrize(("told", "expected"), [("77", [77]), ("", []), ("x", []), (None, [])])
def test_the_recorder_is_let_in(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[int, int]], told: str | None, expected: list[int]
) -> None:
    """The one that the environment names, and nobody where it names none."""
    monkeypatch.delenv("MLPERF_TUI_RECORDER", raising=False)
    if told is not None:
        monkeypatch.setenv("MLPERF_TUI_RECORDER", told)
    let_recorder_look()
    assert asked == [(PR_SET_PTRACER, pid) for pid in expected]


def test_steps_let_it_in_within_a_session_only(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By hand, nobody is let in."""
    monkeypatch.setenv("MLPERF_TUI_RECORDER", "77")
    Steps()
    assert asked == []
    monkeypatch.setenv("MLPERF_TUI_STEPS", str(tmp_path_factory.mktemp("session")))
    Steps().close()
    assert asked == [(PR_SET_PTRACER, 77)]


def test_where_it_fails_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """No libc to ask, or one without prctl."""

    def no_libc(name: str | None) -> None:
        raise OSError("none")

    monkeypatch.setattr(ctypes, "CDLL", no_libc)
    let_look(1)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    let_look(1)
