"""What can be done to a run from its screen. Each may take a while, and raises MlperfTuiError with one sentence."""

from __future__ import annotations

from collections.abc import Callable

from mlperf_tui.frozen import frozen


def _nothing() -> None:
    return None


@frozen
class Control:
    """`stop` ends the run, `revive` starts another recorder, `dump` has stacks written, `summary` is the Markdown."""

    stop: Callable[[], object] = _nothing
    revive: Callable[[], object] = _nothing
    dump: Callable[[], object] = _nothing
    summary: Callable[[], str] = str
