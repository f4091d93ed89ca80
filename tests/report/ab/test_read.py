"""From sessions to evidence: known throughputs come back, by the right clock, and only what counts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.records import Clock, HostReading, Late, decode, encode
from mlperf_tui.report.ab.read import Reader, process_of
from mlperf_tui.session.folder import Folder
from tests.recorded.parts import T0, clock
from tests.report.ab import turning
from tests.report.ab.turning import Arm

RECORDED = Path(__file__).parents[2] / "recorded"
FP32 = Arm("fp32", (400.0, 402.0), power=400.0, memory=27 << 30)
AMP = Arm("amp-bf16", (1640.0, 1652.0), tensor=61.0, power=600.0, clock_mhz=1755.0, memory=11 << 30)


def processes(root: Path, *arms: Arm, ranks: int = 1, gpu: bool = True) -> list[Process]:
    """Of all sessions, each with the others of its pair beside it."""
    folders = turning.experiment(root, arms, ranks=ranks, gpu=gpu).sessions()
    return [process_of(folder, origin=clock(T0), beside=folders) for folder in folders]


@pytest.mark.parametrize("gpu", [True, False], ids=["gpu", "cpu"])
@pytest.mark.parametrize("ranks", [1, 4])
def test_known_throughputs_come_back(tmp_path: Path, gpu: bool, ranks: int) -> None:
    """Of all ranks together; the first two steps of a window are slow, and count nowhere."""
    found = processes(tmp_path, FP32, AMP, gpu=gpu, ranks=ranks)
    assert [(one.arm, one.pair, one.seed) for one in found] == [
        ("fp32", 1, 1), ("amp-bf16", 1, 1), ("amp-bf16", 2, 2), ("fp32", 2, 2),
    ]  # fmt: skip
    assert [one.per_s for one in found] == pytest.approx([400, 1640, 1652, 402], rel=1e-5)
    assert all(one.usable and len(one.windows) == 2 for one in found)
    assert {window.left_out for one in found for window in one.windows} == {2}
    assert {one.source for one in found} == {"GPU events" if gpu else "host clock"}


def test_windows_lie_where_they_were(tmp_path: Path) -> None:
    """In seconds from the experiment's start: A B B A, then B A A B."""
    found = processes(tmp_path, FP32, AMP)
    at = {(one.arm, one.pair): [window.at_s for window in one.windows] for one in found}
    first, last = at["fp32", 1]
    assert first == pytest.approx(9.7, abs=0.1)
    assert last == pytest.approx(19.3, abs=0.1)
    assert first < at["amp-bf16", 1][0] < at["amp-bf16", 1][1] < last
    assert at["amp-bf16", 2][0] < at["fp32", 2][0] < at["fp32", 2][1] < at["amp-bf16", 2][1]


def test_the_machine_counts_in_its_own_windows_alone(tmp_path: Path) -> None:
    """While the other arm runs the same GPU it does something else."""
    a, b = processes(tmp_path, FP32, AMP)[:2]
    assert (a.metrics["tensor_pct"], b.metrics["tensor_pct"]) == (0.0, 61.0)
    assert (a.metrics["power_w"], b.metrics["clock_mhz"]) == (400.0, 1755.0)
    assert a.metrics["j_per_sample"] == pytest.approx(1.0)
    assert a.metrics["step_time_s"] == pytest.approx(0.08)
    assert a.metrics["link_bytes_per_step"] == pytest.approx(0.08 * 1e9)
    assert a.metrics["memory_allocated_peak_bytes"] == 27 << 30
    assert a.metrics["cpu_cores"] == 1.5
    assert a.metrics["memory_used_peak_bytes"] is None
    assert a.metrics["sm_pct"] is None


def test_what_the_other_recorder_saw_of_the_same_gpu_counts(tmp_path: Path) -> None:
    """Windows are short, and two look twice as often."""
    folders = turning.experiment(tmp_path, [FP32, AMP]).sessions()
    [readings] = folders[0].readings()
    lines = readings.read_text().splitlines(keepends=True)
    [info, *_] = [line for line in lines if line.startswith('{"gpu_info"')]
    readings.write_text("".join(line for line in lines if not line.startswith('{"gpu":')))
    assert info in readings.read_text()
    assert process_of(folders[0]).metrics["power_w"] is None
    assert process_of(folders[0], beside=folders[:2]).metrics["power_w"] == 400.0


def test_without_a_gpu_its_numbers_are_unknown(tmp_path: Path) -> None:
    """The processor's are not."""
    a = processes(tmp_path, FP32, AMP, gpu=False)[0]
    unknown = {name for name, value in a.metrics.items() if value is None}
    assert {"tensor_pct", "power_w", "j_per_sample", "memory_allocated_peak_bytes"} <= unknown
    assert a.metrics["cpu_cores"] == 1.5


@pytest.mark.parametrize(("ahead", "wait", "left_out"), [(8, 0.5, 10), (8, 0.0, 2), (0, 0.5, 2)])
def test_what_loaders_prepared_in_the_pause_is_left_out(tmp_path: Path, ahead: int, wait: float, left_out: int) -> None:
    """Where the process waits for data, so that its first batches came for nothing."""
    arm = replace(FP32, ahead=ahead, wait=wait)
    a = processes(tmp_path, arm, AMP)[0]
    assert {window.left_out for window in a.windows} == {left_out}
    assert a.per_s == pytest.approx(400, rel=1e-5)
    assert a.metrics["data_wait_share"] == pytest.approx(wait / (wait + 0.9 * (1 - wait)), abs=0.01)


def test_windows_too_short_to_use_up_what_was_prepared_are_none(tmp_path: Path) -> None:
    """All of their batches came for nothing: nobody knows how fast it would be."""
    a = processes(tmp_path, replace(FP32, ahead=60, wait=0.5), AMP)[0]
    assert (a.usable, a.windows, a.per_s) == (False, (), None)


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_a_process_that_failed_counts_nowhere(tmp_path: Path, status: str) -> None:
    """It is listed all the same, with what it had."""
    a = processes(tmp_path, replace(FP32, status=status), AMP)[0]
    assert not a.usable
    assert a.status == status
    assert len(a.windows) == 2


def test_one_that_was_cut_off_early_counts_nowhere(tmp_path: Path) -> None:
    """After its first window."""
    folder = turning.experiment(tmp_path, [FP32, AMP]).sessions()[0]
    path = folder.steps()[0]
    lines = path.read_text().splitlines(keepends=True)
    waits = [at for at, line in enumerate(lines) if '"turn_wait"' in line]
    path.write_text("".join(lines[: waits[2] + 1]))
    assert [process_of(folder).usable, len(process_of(folder).windows)] == [False, 1]


def test_a_rank_that_is_missing_or_began_again_counts_nowhere(tmp_path: Path) -> None:
    """What the others did is not the whole."""
    folder = turning.experiment(tmp_path, [FP32, AMP], ranks=2).sessions()[0]
    shutil.copy(folder.steps()[1], folder.path / "steps-1-1.jsonl")
    assert not process_of(folder).usable
    for path in folder.steps()[1:]:
        path.unlink()
    assert not process_of(folder).usable


def test_the_host_s_clock_counts_where_the_gpu_timed_too_few(tmp_path: Path) -> None:
    """Here it says a tenth less for each step."""
    folder = turning.experiment(tmp_path, [FP32, AMP]).sessions()[0]
    path = folder.steps()[0]
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not (isinstance(late := decode(line), Late) and late.n % 5 == 0)))
    process = process_of(folder)
    assert process.source == "host clock"
    assert process.per_s == pytest.approx(400 / 0.9, rel=1e-5)


def test_followed_as_it_grows_it_comes_to_the_same(tmp_path: Path) -> None:
    """Read after every few lines, torn ones too; nothing is read twice."""
    folders = turning.experiment(tmp_path / "whole", [FP32, AMP]).sessions()
    growing = Folder(tmp_path / "growing" / folders[0].id)
    shutil.copytree(folders[0].path, growing.path)
    whole = {path.name: path.read_bytes() for path in (*growing.steps(), *growing.readings())}
    reader, seen = Reader(), []
    for part in range(1, 41):
        for name, data in whole.items():
            (growing.path / name).write_bytes(data[: len(data) * part // 40])
        seen.append(reader.seen(growing, clock(T0), folders[1:2]).process)
    assert seen[-1] == process_of(folders[0], origin=clock(T0), beside=folders[1:2])
    assert sorted({len(one.windows) for one in seen}) == [0, 1, 2]


def test_of_one_that_has_not_changed_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer, until something is written."""
    folders = turning.experiment(tmp_path, [FP32, AMP]).sessions()
    reader = Reader()
    first = reader.seen(folders[0], None, folders)
    monkeypatch.setattr(Reader, "_read", lambda *_: pytest.fail("read again"))
    assert reader.seen(folders[0], None, folders) is first
    monkeypatch.undo()
    with folders[0].steps()[0].open("a") as file:
        file.write(encode(Late(0, loss=float("nan"))) + "\n")
    assert reader.seen(folders[0], None, folders).process.nan_steps == 1


@pytest.fixture
def h100(tmp_path: Path) -> Folder:
    """Measured on a real card, alone, to its end; a copy, since to look at it writes its rollup."""
    return Folder(Path(shutil.copytree(RECORDED / "one-h100", tmp_path / "s-one-h100")))


def test_a_run_alone_is_one_window(h100: Folder) -> None:
    """All steps but the warm-up, at the rate of its summary, with the numbers of that."""
    process = process_of(h100)
    [window] = process.windows
    assert process.usable
    assert process.per_s == pytest.approx(4010, abs=1)
    assert (window.steps, window.left_out, process.source) == (399, 1, "GPU events")
    assert process.metrics["tensor_pct"] == pytest.approx(11, abs=1)
    assert process.metrics["j_per_sample"] == pytest.approx(0.144, abs=0.001)
    assert process.metrics["step_time_s"] == pytest.approx(0.0638, abs=0.0002)
    assert not process.can_be_learned
    assert len(process.losses) == 400


def test_its_time_is_by_the_wall_clock_where_boots_differ(h100: Folder) -> None:
    """And by the monotonic one where they don't."""
    began = Clock(324504917145, 1795516566096687900, "vm", "00000000-0000-0000-0000-000000000000")
    here = process_of(h100, origin=began).windows[0].at_s
    assert process_of(h100, origin=replace(began, wall_ns=0)).windows[0].at_s == here
    elsewhere = process_of(h100, origin=replace(began, boot_id="another", t=1, wall_ns=began.wall_ns - 10**9))
    assert 0 < here < 60
    assert elsewhere.windows[0].at_s == pytest.approx(here + 1, abs=0.01)


def test_an_evaluation_is_its_outcome(tmp_path: Path) -> None:
    """With the target and when it was reached."""
    folder = Folder(Path(shutil.copytree(RECORDED / "cpu-digits", tmp_path / "s-cpu")))
    outcome = process_of(folder).outcome
    assert outcome is not None
    assert (outcome.metric, outcome.direction, outcome.reached) == ("top-1", "up", True)
    assert outcome.time_to_target_s == pytest.approx(85, abs=1)


def test_one_that_was_stopped_counts_only_where_it_is_wanted(tmp_path: Path) -> None:
    """In a comparison of stored runs it does, in an experiment it doesn't."""
    folder = Folder(Path(shutil.copytree(RECORDED / "eight-gpus", tmp_path / "s-eight")))
    assert not process_of(folder).usable
    assert process_of(folder, stopped_counts=True).usable


def test_one_that_runs_tells_its_losses_and_nothing_else(tmp_path: Path) -> None:
    """Its summary would cost too much every two seconds."""
    folder = Folder(Path(shutil.copytree(RECORDED / "cpu-digits", tmp_path / "s-cpu")))
    readings = folder.readings()[0]
    lines = readings.read_text().splitlines(keepends=True)
    readings.write_text("".join(line for line in lines if not line.startswith('{"end"')))
    (folder.lock).write_text('{"host": "elsewhere", "boot_id": "x", "recorder": null, "workload": null}')
    process = process_of(folder)
    assert (process.status, process.usable, process.windows) == ("elsewhere", False, ())
    assert len(process.losses) > 100


@pytest.mark.parametrize(
    ("since_boot", "a_reading", "swapped"), [(0, 1 << 20, True), (10**12, 0, False), (1_000_004_960_000, 1000, False)]
)
def test_what_the_host_swapped_while_one_ran_alone(
    tmp_path: Path, since_boot: int, a_reading: int, swapped: bool
) -> None:
    """From its rollup, which keeps six digits: of a host that has long swapped much, the last digit is no growth."""
    folder = Folder(Path(shutil.copytree(RECORDED / "cpu-digits", tmp_path / "s-cpu")))
    for path in (*folder.rollups(), *folder.hour_files()):
        path.unlink()
    [readings] = folder.readings()
    told = [decode(line) for line in readings.read_text().splitlines()]
    hosts = [record for record in told if isinstance(record, HostReading)]
    swaps = {record.t: since_boot + at * a_reading for at, record in enumerate(hosts)}
    told = [replace(one, swapped_bytes=swaps[one.t]) if isinstance(one, HostReading) else one for one in told]
    readings.write_text("".join(encode(record) + "\n" for record in told if record is not None))
    found = Reader().seen(folder, None).conditions.swapped_bytes
    assert found is not None
    assert (found > 0) == swapped


def test_one_that_was_stopped_before_it_took_a_step_says_so(tmp_path: Path) -> None:
    """As of a pair that was begun ahead, and wasn't needed."""
    folder = turning.experiment(tmp_path, [FP32, AMP]).sessions()[0]
    for path in folder.steps():
        path.unlink()
    seen = Reader().seen(folder, None)
    assert (seen.process.usable, seen.why) == (False, "stopped before its first step")
