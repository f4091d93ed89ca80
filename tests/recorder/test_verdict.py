"""What a run came to, for each way in which it can end."""

from __future__ import annotations

import pytest

from mlperf_tui.recorder.verdict import verdict
from mlperf_tui.recorder.workload import Exit


@pytest.mark.parametrize(
    ("ended", "more", "word", "why"),
    [
        (Exit(0, None), {}, "finished", "exit code 0"),
        (Exit(3, None), {}, "failed", "exit code 3"),
        (Exit(137, None), {}, "failed", "exit code 137: SIGKILL"),
        (Exit(128, None), {}, "failed", "exit code 128"),
        (Exit(255, None), {}, "failed", "exit code 255"),
        (Exit(None, 9), {}, "failed", "killed by SIGKILL"),
        (Exit(None, 64), {}, "failed", "killed by SIGRTMAX"),
        (Exit(None, 50), {}, "failed", "killed by signal 50"),
        (Exit(None, 15), {}, "stopped", "ended by SIGTERM from outside"),
        (Exit(143, None), {}, "stopped", "ended by SIGTERM from outside"),
        (Exit(143, None), {"stopping": True}, "stopped", "stopped on request"),
        (Exit(None, 9), {"stopping": True, "killed": True}, "stopped", "was killed"),
        (None, {"run_stop": "success"}, "finished", "run_stop (success)"),
        (None, {}, "interrupted", "without run_stop"),
        (Exit(None, 9), {"no_memory": True}, "failed", "killed by SIGKILL; meanwhile the kernel ended processes"),
        (
            Exit(137, None),
            {"no_memory": True},
            "failed",
            "exit code 137: SIGKILL; meanwhile the kernel ended processes",
        ),
    ],
)
def test_verdict(ended: Exit | None, more: dict[str, object], word: str, why: str) -> None:
    """Word and sentence."""
    end = verdict(1, ended, **{"stopping": False, "killed": False, "run_stop": None, **more})  # type: ignore[arg-type]
    assert end.status == word
    assert why in end.why


@pytest.mark.parametrize("ended", [Exit(1, None), Exit(None, 11), Exit(0, None)])
def test_only_what_was_killed_lacked_memory(ended: Exit) -> None:
    """Another program may have taken it."""
    assert "memory" not in verdict(1, ended, stopping=False, killed=False, run_stop=None, no_memory=True).why
