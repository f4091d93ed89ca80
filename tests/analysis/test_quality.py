"""Evaluations against their target."""

from __future__ import annotations

from mlperf_tui.analysis.quality import quality
from mlperf_tui.records import About, Mark
from tests.session.test_folder import plan

S = 1_000_000_000
ABOUT = About(0, 1, 0, 1, metric="top-1", direction="up", target=0.9)


def _marks(*values: object) -> list[Mark]:
    return [Mark(S, "run_start"), *(Mark((2 + n) * S, "eval_accuracy", value) for n, value in enumerate(values))]


def test_time_to_target_is_from_run_start_to_the_first_hit() -> None:
    """Later dips don't undo it; value is the last, best the best."""
    [one] = quality(plan("s"), ABOUT, _marks(0.5, 0.92, 0.91))
    assert (one.metric, one.value, one.best, one.reached, one.time_to_target_s) == ("top-1", 0.91, 0.92, True, 2.0)


def test_not_reached_and_not_evaluated() -> None:
    """Before any evaluation there is an aim and no value; afterwards a value that falls short."""
    [before] = quality(plan("s"), ABOUT, _marks())
    assert (before.value, before.reached, before.target) == (None, False, 0.9)
    [after] = quality(plan("s"), ABOUT, _marks(0.5))
    assert (after.value, after.reached, after.time_to_target_s) == (0.5, False, None)


def test_a_metric_that_falls() -> None:
    """Perplexity and loss are better when lower."""
    about = About(0, 1, 0, 1, metric="loss", direction="down", target=3.3)
    [one] = quality(plan("s"), about, _marks(4.0, 3.2))
    assert (one.best, one.reached) == (3.2, True)


def test_several_metrics_in_one_mark() -> None:
    """Mask R-CNN's evaluation is an object of two."""
    found = quality(plan("s"), None, _marks({"BBOX": 0.3, "SEGM": 0.2}))
    assert [(one.metric, one.value, one.reached) for one in found] == [("BBOX", 0.3, None), ("SEGM", 0.2, None)]


def test_each_of_several_metrics_has_its_target() -> None:
    """The program tells them by name; one that it doesn't name is held to the run's."""
    about = About(0, 1, 0, 1, metric="box AP", target=0.3, targets={"SEGM": 0.2})
    found = quality(plan("s"), about, _marks({"BBOX": 0.29, "SEGM": 0.21}))
    assert [(one.metric, one.target, one.reached) for one in found] == [("BBOX", 0.3, False), ("SEGM", 0.2, True)]


def test_values_that_are_no_numbers() -> None:
    """A string of a number counts, other text and nothing don't; without a target nothing is claimed."""
    assert [one.value for one in quality(plan("s"), None, _marks("0.25", "n/a", None))] == [0.25]
    assert quality(plan("s"), None, _marks("n/a")) == ()
