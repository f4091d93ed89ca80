"""Which marks begin and end what no step is to be waited for in."""

from __future__ import annotations

import pytest

from mlperf_tui.session.pauses import pause


@pytest.mark.parametrize(
    ("key", "is_about"),
    [
        ("eval_start", ("eval", True)),
        ("eval_stop", ("eval", False)),
        ("save_checkpoint_start", ("save_checkpoint", True)),
        ("staging_end", ("staging", False)),
        ("turn_wait", ("turn", True)),
        ("turn_start", ("turn", False)),
        ("eval_accuracy", None),
        ("checkpoint_saved", None),
        ("epoch_start", None),
        ("run_stop", None),
        ("start", None),
    ],
)
def test_pauses(key: str, is_about: tuple[str, bool] | None) -> None:
    """By MLPerf's names; what is measured in an evaluation doesn't end it."""
    assert pause(key) == is_about
