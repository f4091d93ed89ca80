"""Marks as short sentences."""

from __future__ import annotations

import pytest

from mlperf_tui.records import Mark
from mlperf_tui.viewer.happened import Happened


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        (Mark(1, "checkpoint_saved", "ck/last.pt", {"step": 1200}), "checkpoint ck/last.pt, after step 1,200"),
        (Mark(1, "checkpoint_failed", "No space left", {"step": 3}), "no checkpoint after step 3: No space left"),
        (Mark(1, "checkpoint_saved", "another program's"), "checkpoint_saved another program's"),
        (Mark(1, "eval_accuracy", 0.96, {"epoch_num": 2}), "eval_accuracy 0.96 (epoch 2)"),
    ],
)
def test_a_mark_in_words(mark: Mark, says: str) -> None:
    """Our own checkpoints as people say it; all else by its key."""
    happened = Happened()
    happened.mark(mark)
    assert [event.text for event in happened.events()] == [says]
