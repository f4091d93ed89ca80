"""How a run trains now: by its last steps, and how long it has made none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlperf_tui.records import Step, encode
from mlperf_tui.report.pulse import Pulse, pulse
from mlperf_tui.session.folder import Folder
from tests.report.test_pace import SECOND, session

END = 1500 * SECOND
"""When the last step of `ranks` ended."""


def ranks(path: Path, count: int) -> Folder:
    """So many, each of which took 2 s a step in the end."""
    return session(path, ranks=count, steps=1000, slow_from=500)


def test_the_rate_is_that_of_the_last_steps_of_all_ranks(tmp_path: Path) -> None:
    """Summed; unknown before anything has come."""
    found = pulse(ranks(tmp_path / "s", 3), END + SECOND)
    assert found.rate == pytest.approx(150.0)
    assert (found.since_s, found.usual_s) == (1.0, 2.0)
    assert pulse(Folder(tmp_path / "none"), 0) == Pulse()


def test_the_first_step_is_in_no_rate(tmp_path: Path) -> None:
    """It compiles: beside others it says nothing of how fast the run is. Alone it is all that is known."""
    folder = session(tmp_path / "s", steps=1)
    first = Step(SECOND, 0, 100, 0.0, 50.0)
    (folder.path / "steps-0-0.jsonl").write_text(encode(first) + "\n")
    assert pulse(folder, END).rate == 2.0
    with folder.steps()[0].open("a") as file:
        file.write("".join(encode(Step((1 + n) * SECOND, n, 100, 0.5, 0.5)) + "\n" for n in (1, 2)))
    assert pulse(folder, END).rate == 100.0


def test_it_is_unknown_as_long_as_one_rank_is(tmp_path: Path) -> None:
    """A rank that tells no samples is not taken for one that does nothing."""
    folder = ranks(tmp_path / "s", 2)
    (folder.path / "steps-1-0.jsonl").write_text(encode(Step(END, 0)) + "\n")
    assert pulse(folder, END).rate is None


@pytest.mark.parametrize(("usual_s", "silent_from"), [(0.1, 60), (2.0, 60), (12.0, 120)])
def test_silence_begins_after_a_minute_and_ten_steps(usual_s: float, silent_from: int) -> None:
    """Whichever is longer."""
    assert Pulse(5.0, silent_from - 1, usual_s).silent_s() is None
    assert Pulse(5.0, silent_from, usual_s).silent_s() == silent_from


def test_without_a_step_there_is_no_silence() -> None:
    """It may not train at all."""
    assert Pulse().silent_s() is None
