"""The answer of an experiment from its files, and that of stored sessions."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import About, Late, Record, Stage, decode, encode
from mlperf_tui.report.ab.as_json import as_json
from mlperf_tui.report.ab.build import build, compare, store
from mlperf_tui.report.ab.read import Reader
from mlperf_tui.report.ab.rows import arms_table, sessions_table
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder
from tests.recorded.parts import T0
from tests.report.ab import turning
from tests.report.ab.turning import Arm

RECORDED = Path(__file__).parents[2] / "recorded"
FP32 = Arm("fp32", (400.0, 402.0, 401.0, 399.0), memory=27 << 30)
AMP = Arm("amp-bf16", (1640.0, 1652.0, 1645.0, 1660.0), tensor=61.0, power=600.0, memory=11 << 30)


@pytest.mark.parametrize("gpu", [True, False], ids=["gpu", "cpu"])
def test_an_experiment_of_four_pairs(tmp_path: Path, gpu: bool) -> None:
    """The ratio of the means of logs, settled, with what changed beside it."""
    ab = build(turning.experiment(tmp_path, [FP32, AMP], gpu=gpu))
    [comparison] = ab.comparisons
    look = comparison.speed.looks[-1]
    product = (1640 * 1652 * 1645 * 1660 / (400 * 402 * 401 * 399)) ** 0.25
    assert look.ratio == pytest.approx(product, rel=1e-5)
    assert look.low < product < look.high
    assert (comparison.speed.conclusion, comparison.speed.settled, ab.pairs) == ("faster", True, 4)
    assert [one.pairs for one in comparison.speed.looks] == [2, 3, 4]
    assert (ab.unit, ab.arms, ab.refused) == ("images/s", ("fp32", "amp-bf16"), ())
    assert ("tensor_pct" in {change.name for change in comparison.changes}) == gpu
    assert comparison.sentence.startswith("amp-bf16 is 4.1 times faster")


def test_the_same_twice_can_t_be_told_apart(tmp_path: Path) -> None:
    """A against A."""
    arms = [Arm("fp32 #1", (400.0, 402.0, 401.0, 399.0)), Arm("fp32 #2", (401.0, 400.0, 402.0, 399.0))]
    ab = build(turning.experiment(tmp_path, arms))
    assert ab.comparisons[0].speed.conclusion == "cannot_tell"
    assert ab.refused == ()


def test_three_arms_are_each_held_against_the_first(tmp_path: Path) -> None:
    """In the order of the plan; a pair is A B C C B A."""
    third = Arm("amp-fp16", (800.0, 804.0, 802.0, 798.0), tensor=50.0)
    ab = build(turning.experiment(tmp_path, [FP32, AMP, third]))
    assert [(one.a, one.b) for one in ab.comparisons] == [("fp32", "amp-bf16"), ("fp32", "amp-fp16")]
    assert ab.pairs == 4
    assert ab.comparisons[1].speed.looks[-1].ratio == pytest.approx(2, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"about": {"torch": "2.9.0"}}, "torch 2.14.0 in fp32, 2.9.0 in amp-bf16"),
        ({"about": {"samples_per_step": 64}}, "batch 32 in fp32, 64 in amp-bf16"),
        ({"about": {"data": "imagenet"}}, "data digits in fp32, imagenet in amp-bf16"),
        ({"plan": {"argv": ("python", "-m", "x", "--workers=2")}}, "options none in fp32, --workers=2 in amp-bf16"),
    ],
)
def test_unlike_runs_are_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """Nothing is compared, and each run is listed."""
    ab = build(turning.experiment(tmp_path, [FP32, replace(AMP, **change)]))
    assert ab.refused == (said,)
    assert ab.comparisons == ()
    assert len(ab.processes) == 8


def test_another_gpu_and_world_size_are_refused(tmp_path: Path) -> None:
    """As the recorder and the ranks say them."""
    folder = turning.experiment(tmp_path, [FP32, AMP])
    for session in folder.sessions():
        if "amp" in session.id:
            readings = session.readings()[0]
            readings.write_text(readings.read_text().replace("NVIDIA H100", "NVIDIA A100"))
    assert build(folder).refused == ("device 1 × NVIDIA H100 in fp32, 1 × NVIDIA A100 in amp-bf16",)
    other = turning.experiment(tmp_path / "other", [FP32, AMP], gpu=False)
    for session in other.sessions():
        if "fp32" in session.id:
            continue
        [steps] = session.steps()
        lines = [decode(line) for line in steps.read_text().splitlines()]
        two = [replace(one, world=2) if isinstance(one, About) else one for one in lines]
        for rank in range(2):
            (session.path / f"steps-{rank}-0.jsonl").write_text("".join(f"{encode(one)}\n" for one in two if one))
    assert build(other).refused == ("ranks 1 in fp32, 2 in amp-bf16",)


def test_a_pair_that_is_not_whole_counts_nowhere(tmp_path: Path) -> None:
    """And the reason is said."""
    folder = turning.experiment(tmp_path, [FP32, AMP])
    lost = folder.sessions()[-1]
    readings = lost.readings()[0]
    readings.write_text(readings.read_text().replace('"status":"stopped"', '"status":"failed"'))
    ab = build(folder)
    assert ab.pairs == 3
    assert f"{lost.id} counts nowhere: failed (stopped by the runner)" in ab.warnings


def _again(folder: ExperimentFolder, session: Folder, name: str) -> None:
    """The same process once more, at the same time: what a runner that was killed has left going."""
    copied = Folder(Path(shutil.copytree(session.path, session.path.parent / name)))
    plan = copied.plan()
    copied.session.write_text(encode(replace(plan, id=name)) + "\n")
    with (folder.path / "log-0.jsonl").open("a") as log:
        log.write(encode(Stage(T0, "starting", plan.pair, plan.arm, name)) + "\n")


def test_two_that_shared_their_time_count_nowhere(tmp_path: Path) -> None:
    """Nor does their pair: it is said, and the tables count only what the answer rests on."""
    folder = turning.experiment(tmp_path, [FP32, AMP])
    one = folder.sessions()[-1]
    _again(folder, one, "s-orphan")
    ab = build(folder)
    assert ab.pairs == 3
    assert f"{one.id} counts nowhere: it shared its time with s-orphan" in ab.warnings
    assert f"s-orphan counts nowhere: it shared its time with {one.id}" in ab.warnings
    assert [row[3] for row in arms_table(ab)] == ["processes", "3", "3"]
    assert [row[-1] for row in sessions_table(ab)] == ["counts", *["yes"] * 6, "no", "no", "no"]
    assert [run["counts"] for run in json.loads(as_json(ab, ()))["sessions"]] == [*[True] * 6, False, False, False]


def test_whole_runs_that_went_on_at_once_count_nowhere(tmp_path: Path) -> None:
    """Of runs that take no turns the whole life counts: these are copies of one, to the second."""
    folder = turning.experiment(tmp_path, [FP32, AMP], turns=False)
    (folder.path / "log-0.jsonl").write_text("")
    known = {"turns": None, "experiment": folder.id, "pair": 1}
    for arm in folder.plan().arms:
        for run in copies(tmp_path, 1, arm=arm, **known):
            with (folder.path / "log-0.jsonl").open("a") as log:
                log.write(encode(Stage(T0, f"starting {arm}", 1, arm, run.id)) + "\n")
    ab = build(folder)
    assert (ab.pairs, len(ab.processes)) == (0, 2)
    assert all(process.per_s for process in ab.processes)
    assert [text.partition("counts nowhere: ")[2][:25] for text in ab.warnings] == ["it shared its time with s"] * 2


def test_one_that_failed_refuses_nothing(tmp_path: Path) -> None:
    """It is not compared, so it need not be alike."""
    folder = turning.experiment(tmp_path, [FP32, replace(AMP, about={"torch": "2.9.0"}, status="failed")])
    assert build(folder).refused == ()


def test_the_processes_of_a_pair_share_their_readings(tmp_path: Path) -> None:
    """One recorder saw nothing of the GPU."""
    folder = turning.experiment(tmp_path, [FP32, AMP])
    first = folder.sessions()[0]
    [readings] = first.readings()
    lines = readings.read_text().splitlines(keepends=True)
    readings.write_text("".join(line for line in lines if not line.startswith('{"gpu":')))
    assert build(folder).processes[0].metrics["power_w"] == 400.0


def test_a_session_that_can_t_be_read_is_said(tmp_path: Path) -> None:
    """The others still count."""
    folder = turning.experiment(tmp_path, [FP32, AMP])
    lost = folder.sessions()[-1]
    lost.session.write_text("no plan")
    ab = build(folder)
    assert (ab.pairs, len(ab.processes)) == (3, 7)
    assert any(text.startswith(f"{lost.id} can't be read") for text in ab.warnings)


def test_before_anything_was_measured(tmp_path: Path) -> None:
    """No session yet."""
    folder = turning.experiment(tmp_path, [FP32, AMP])
    (folder.path / "log-0.jsonl").unlink()
    ab = build(folder)
    assert (ab.pairs, ab.processes, ab.unit) == (0, (), "images/s")
    assert ab.comparisons[0].speed.conclusion == "cannot_tell"


def test_it_is_kept_beside_the_experiment(tmp_path: Path) -> None:
    """As JSON; asked again with the same reader it comes to the same."""
    folder, reader = turning.experiment(tmp_path, [FP32, AMP]), Reader()
    ab = build(folder, reader)
    assert build(folder, reader) == ab == build(folder)
    store(folder, ab)
    stored = json.loads(folder.summary.read_text())
    assert stored["conclusion"] == "faster"
    assert stored["experiment"] == folder.id


def _slower(record: Record, at: int) -> Record:
    """By a fifth of a percent a copy, as the GPU has timed it."""
    if isinstance(record, Late) and record.gpu_s is not None:
        return replace(record, gpu_s=record.gpu_s * (1 + 0.002 * at))
    return record


def copies(root: Path, count: int, **change: Any) -> list[Folder]:
    """Of one measured run, each with a plan of its own, and a little slower than the one before."""
    made = []
    for at in range(count):
        name = f"s-{len(list(root.iterdir()))}"
        folder = Folder(Path(shutil.copytree(RECORDED / "one-h100", root / name)))
        folder.session.write_text(encode(replace(folder.plan(), id=name, seed=at, **change)) + "\n")
        [steps] = folder.steps()
        records = [decode(line) for line in steps.read_text().splitlines()]
        steps.write_text("".join(f"{encode(_slower(record, at))}\n" for record in records if record))
        made.append(folder)
    return made


def test_stored_runs_of_unequal_count(tmp_path: Path) -> None:
    """Three against two, by the commit; arms are called by it."""
    git = {"commit": "1234567", "dirty": False}
    ab = compare(copies(tmp_path, 3), copies(tmp_path, 2, git=git))
    assert (ab.factor, ab.arms, ab.refused) == ("commit", ("unknown", "1234567"), ())
    [comparison] = ab.comparisons
    assert comparison.speed.conclusion == "cannot_tell"
    assert len(comparison.speed.looks) == 1


def test_stored_runs_of_other_versions_are_refused(tmp_path: Path) -> None:
    """Unless that is what is to be compared."""
    a, b = copies(tmp_path, 2), copies(tmp_path, 2)
    for folder in b:
        [steps] = folder.steps()
        steps.write_text(steps.read_text().replace('"torch":"2.11.0+cu130"', '"torch":"2.9.0"'))
    assert compare(a, b).refused == ("torch 2.11.0+cu130 in A, 2.9.0 in B",)
    assert compare(a, b, factor="torch").refused == ()
    assert compare(a, b, factor="torch").comparisons != ()


def test_a_factor_that_is_named(tmp_path: Path) -> None:
    """An option or a variable that a run was given is one; a slip of the pen is told with what there is."""
    words = ("python", "-m", "workloads.resnet50")
    a = copies(tmp_path, 2, argv=(*words, "--workers=1"), env_kept={"OMP_NUM_THREADS": "1"})
    b = copies(tmp_path, 2, argv=(*words, "--workers=2"), env_kept={"OMP_NUM_THREADS": "1"})
    assert compare(a, b, factor="workers").refused == ()
    assert compare(a, b, factor="OMP_NUM_THREADS").refused == ("options --workers=1 in A, --workers=2 in B",)
    with pytest.raises(
        MlperfTuiError, match="--factor worker: no run was given it, and it is none of workload, command"
    ):
        compare(a, b, factor="worker")


def test_where_something_is_written_is_no_factor(tmp_path: Path) -> None:
    """Runs that differ in nothing else are alike, and it can't be asked for."""
    words = ("python", "-m", "workloads.resnet50")
    a, b = (copies(tmp_path, 2, argv=(*words, f"--checkpoint=/tmp/{name}")) for name in "ab")
    assert (compare(a, b).factor, compare(a, b).refused) == ("nothing", ())
    with pytest.raises(MlperfTuiError, match="--factor checkpoint: where something is written to changes nothing"):
        compare(a, b, factor="checkpoint")


def test_one_run_each_is_no_verdict(tmp_path: Path) -> None:
    """The numbers are there all the same."""
    ab: Ab = compare(copies(tmp_path, 1), copies(tmp_path, 1))
    speed = ab.comparisons[0].speed
    assert speed.conclusion == "cannot_tell"
    assert "no verdict" in speed.why
    assert speed.mean_a == pytest.approx(4010, abs=20)
    assert ab.factor == "nothing"
