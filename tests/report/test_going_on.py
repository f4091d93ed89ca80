"""What a summary says of a run that is in parts: where it went on, what it saved last, that it still goes on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mlperf_tui.analysis.summarise import summarise
from mlperf_tui.analysis.summary import Summary
from mlperf_tui.records import About, End, HostReading, Late, Mark, Record, Step
from mlperf_tui.report.as_json import to_json
from mlperf_tui.report.as_markdown import to_markdown
from mlperf_tui.report.as_text import to_text
from mlperf_tui.report.rows import rows, title
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.rollup import Fold
from mlperf_tui.session.status import LIVE, Status
from tests.session.test_folder import plan

SAVED = Mark(2, "checkpoint_saved", "ck/last.pt", {"step": 1200})
FAILED = Mark(3, "checkpoint_failed", "No space left on device", {"step": 1300})


def summary(*records: Record, status: str = "finished", kind: str = "workload") -> Summary:
    fold = Fold()
    for record in records:
        fold.add(Origin("steps-0-0.jsonl", 0), record)
    return summarise(replace(plan("s-1"), kind=kind), Status(status), fold)


def test_where_it_went_on() -> None:
    """In text, Markdown and JSON; of any other run nothing."""
    found = summary(About(0, 1, 0, 1, resumed={"after_step": 1637, "file": "ck2/last.pt"}))
    assert "\nresumed    after step 1,637 of ck2/last.pt\n" in to_text(found)
    assert "| resumed | after step 1,637 of ck2/last.pt |" in to_markdown(found)
    assert json.loads(to_json(found))["about"]["resumed"] == {"after_step": 1637, "file": "ck2/last.pt"}
    assert "resumed" not in dict(rows(summary(About(0, 1, 0, 1))))


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([], None),
        ([replace(SAVED, metadata={"step": 600}), SAVED], "ck/last.pt, after step 1,200"),
        ([FAILED], "none after step 1,300: No space left on device"),
        ([SAVED, FAILED], "ck/last.pt, after step 1,200; none after step 1,300: No space left on device"),
        ([replace(SAVED, metadata={})], "ck/last.pt, after step –"),
    ],
)
def test_what_was_saved_last(marks: list[Record], said: str | None) -> None:
    """And what could not be; a program that doesn't say after which step breaks nothing."""
    found = summary(*marks)
    assert dict(rows(found)).get("checkpoint") == said
    assert [mark["key"] for mark in json.loads(to_json(found))["marks"]] == [
        m.key for m in marks if isinstance(m, Mark)
    ]


@pytest.mark.parametrize(
    ("kind", "world", "said"),
    [
        ("workload", 2, "batch 100 × 3 accumulated × 2 ranks"),
        ("workload", 1, "batch 100 × 3 accumulated"),
        ("command", 2, "batch 300 × 2 ranks"),
    ],
)
def test_accumulated_batches_are_in_the_title(kind: str, world: int, said: str) -> None:
    """Of our own workloads: whether another program counts a step as they do is not known."""
    about = About(0, world, 0, 1, samples_per_step=300)
    found = summary(about, Mark(1, "gradient_accumulation_steps", 3), kind=kind)
    assert title(found).endswith(f" · {said}")


def test_a_target_reached_after_a_resume() -> None:
    """What was trained before isn't in the time."""
    marks = Mark(10**9, "run_start"), Mark(6 * 10**9, "eval_accuracy", 0.9, {"epoch_num": 2})
    about = About(0, 1, 0, 1, metric="top-1", direction="up", target=0.9)
    whole = dict(rows(summary(about, *marks)))["quality"]
    assert whole.endswith("reached after 00:00:05")
    part = replace(about, resumed={"after_step": 205, "file": "ck/last.pt"})
    assert dict(rows(summary(part, *marks)))["quality"] == f"{whole}, counted from where it went on"


def test_that_nothing_was_saved() -> None:
    """Where a folder for checkpoints was named: the run was killed before its first."""
    made = summary(About(0, 1, 0, 1), status="stopped")
    asked = replace(made, plan={**made.plan, "argv": ["python", "--checkpoint=ck"]})
    assert dict(rows(asked))["checkpoint"] == "none was saved"
    assert "checkpoint" not in dict(rows(made))


@pytest.mark.parametrize(("end_s", "more", "said"), [(60, [], "00:00:50"), (19, [], None), (60, ["run_stop"], None)])
def test_a_run_that_stood_still_before_its_end(end_s: int, more: list[str], said: str | None) -> None:
    """Where it marked no end: how long it had made no step. No rate tells of it."""
    fold = Fold()
    steps: list[Record] = [Step(n * 10**9, n, 1, 0.1, 0.9) for n in range(1, 11)]
    for record in (*steps, *(Mark(1, key) for key in more)):
        fold.add(Origin("steps-0-0.jsonl", 0), record)
    status = Status("stopped", "", End(end_s * 10**9, "stopped", "stopped on request"))
    found = dict(rows(summarise(plan("s-1"), status, fold)))
    assert found.get("stalled") == (said and f"no step in the last {said}, which is in no rate")


@pytest.mark.parametrize(("by", "said"), [("epochs", "(exit code 0; epochs done)"), ("target", "(exit code 0)")])
def test_what_ended_it(by: str, said: str) -> None:
    """Of --minutes, --steps and the epochs the first that was over."""
    fold = Fold()
    fold.add(Origin("steps-0-0.jsonl", 0), Mark(1, "run_stop", None, {"status": "aborted", "ended_by": by}))
    found = summarise(plan("s-1"), Status("finished", "exit code 0"), fold)
    assert dict(rows(found))["status"] == f"✓ finished {said}"


def test_compiling_and_graphs_are_told() -> None:
    """How long torch.compile took, which is in no step's time; while it works, nothing."""
    about, start = About(0, 1, 0, 1, torch="2.11", compiled=True, cuda_graphs=True), Mark(10**9, "compile_start")
    steps = [Step(15 * 10**9, 0, 1, 0.1, 14.0), Step(16 * 10**9, 1, 1, 0.1, 0.9)]
    found = dict(rows(summary(about, start, *steps, Mark(13 * 10**9, "compile_stop"))))
    assert found["compiling"] == "12.0 s, in the first step; in no rate"
    assert found["made with"].startswith("torch 2.11, torch.compile, CUDA graphs, ")
    assert "compiling" not in dict(rows(summary(about, start, *steps)))


@pytest.mark.parametrize("status", ["running", "stopping", "finished", "stopped"])
def test_while_it_runs_nothing_is_the_end(status: str) -> None:
    """Loss and target are what they are so far."""
    about = About(0, 1, 0, 1, metric="top-1", target=1.0)
    found = dict(rows(summary(about, Step(1, 0, 1, 0.1, 0.1), Late(0, loss=2.787), status=status)))
    goes_on = status in LIVE
    assert found["loss"] == ("2.787 so far" if goes_on else "2.787 at the end")
    assert found["quality"] == "top-1 –, target 1.00 not reached" + (" so far" if goes_on else "")


@pytest.mark.parametrize(("kind", "said"), [("workload", "it took no step"), ("command", "1.0 cores")])
def test_nothing_limited_a_workload_that_took_no_step(kind: str, said: str) -> None:
    """It was refused, or failed on its way; another program may only not tell its steps."""
    found = summary(HostReading(1, run_cpu_cores=1.0, cpu_cores=1.8), status="failed", kind=kind)
    assert found.limited_by.value is None
    assert said in found.unknown["limited_by.value"]
    assert {"limited by", "next step"}.isdisjoint(dict(rows(found)))
