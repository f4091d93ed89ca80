"""Progress lines: what they say of a run that goes, that stands still, and that was begun long ago."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlperf_tui.headless.session import Progress, follow, opening
from mlperf_tui.records import About, Alarm, HostReading, Late, Mark, Step
from mlperf_tui.report.pulse import Pulse
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.follow import Origin

RECORDED = Path(__file__).parent / "recorded"
SECOND = 1_000_000_000
RANK, RECORDER = Origin("steps-0-0.jsonl", 0), Origin("readings-h-0.jsonl", None)
GOING = Pulse(70.0, 0.1, 0.1)


def trained(steps: int = 80) -> Progress:
    """Ten steps a second of 8 samples each."""
    progress = Progress("samples/s")
    for n in range(steps):
        progress.add(RANK, Step((n + 1) * SECOND // 10, n, 8, 0.0, 0.1))
        progress.add(RANK, Late(n, loss=1.0))
    return progress


def test_a_line_is_of_the_stretch_since_the_last_one() -> None:
    """Step, rate and loss."""
    assert trained().line(GOING) == "00:00:07  step 80  80.0 samples/s  loss 1.00  – CPU cores"


def test_steps_are_counted_from_the_trainings_beginning() -> None:
    """As --steps counts them, and the program's own lines: 58 were taken before the checkpoint that it went on from."""
    progress = Progress("samples/s")
    progress.add(RANK, About(0, 1, 0, 1, resumed={"after_step": 58, "file": "ck/last.pt"}))
    for n in range(80):
        progress.add(RANK, Step((n + 1) * SECOND // 10, n, 8, 0.0, 0.1))
    assert "step 138  80.0 samples/s" in progress.line(GOING)
    assert About(0, 1, 0, 1, resumed={"after_step": "?"}).steps_before == 0


def test_history_has_no_part_in_the_first_line() -> None:
    """Of a run that was begun long ago the last steps tell the rate."""
    progress = trained()
    progress.catch_up()
    assert progress.line(GOING) == "00:00:07  step 80  70.0 samples/s  loss 1.00  – CPU cores"


def test_a_stalled_run_says_for_how_long() -> None:
    """And neither a rate nor a loss, however fast it was before."""
    progress = trained()
    progress.line(GOING)
    progress.add(RECORDER, HostReading(174 * SECOND, run_cpu_cores=0.5))
    assert progress.line(Pulse(79.8, 166.0, 0.1)) == "00:02:53  step 80  no step for 00:02:46  0.500 CPU cores"


def test_slow_steps_are_no_stall() -> None:
    """Between two of them their rate and loss still hold."""
    progress = trained()
    progress.line(GOING)
    assert "0.500 samples/s  loss 1.00" in progress.line(Pulse(0.5, 15.0, 16.0))


def test_the_step_that_compiles_is_in_no_rate() -> None:
    """While it lasts that is said."""
    progress = Progress("samples/s")
    progress.add(RANK, Mark(1 * SECOND, "compile_start"))
    progress.add(RECORDER, HostReading(9 * SECOND, run_cpu_cores=1.0))
    assert progress.line(Pulse()) == "00:00:08  the model is being compiled  1.00 CPU cores"
    progress.add(RANK, Mark(29 * SECOND, "compile_stop"))
    progress.add(RANK, Step(30 * SECOND, 0, 8, 0.0, 29.5))
    for n in range(1, 11):
        progress.add(RANK, Step(30 * SECOND + n * SECOND // 10, n, 8, 0.0, 0.1))
    assert "step 11  80.0 samples/s" in progress.line(GOING)


def test_before_the_first_step() -> None:
    """There is nothing to say yet."""
    assert Progress("samples/s").line(Pulse()) == "00:00:00  no steps reported  – CPU cores"


def test_marks_and_alarms_are_lines_of_their_own() -> None:
    """As they come."""
    progress = trained()
    assert progress.add(RANK, Mark(10 * SECOND, "eval_accuracy", 0.5)) == "00:00:09  eval_accuracy 0.5000"
    assert progress.add(RECORDER, Alarm(70 * SECOND, "no-step", "no step for 62 s")) == (
        "00:01:09  alarm: no step for 62 s"
    )


def test_an_ended_session_is_told_at_once(tmp_path: Path) -> None:
    """In one line; following it ends with what it said."""
    folder = Folder(Path(shutil.copytree(RECORDED / "failed", tmp_path / "s-failed")))
    assert opening(folder).startswith("s-failed: failed, ")
    said: list[str] = []
    follow(folder, said.append)
    assert not [line for line in said if "step" in line and "alarm" not in line]
