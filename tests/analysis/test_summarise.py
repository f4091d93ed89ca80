"""A summary has a number or a reason for each of its names, in every state that a session can be in."""

from __future__ import annotations

import json

import pytest

from mlperf_tui.analysis.summarise import summarise
from mlperf_tui.analysis.summary import LimitedBy
from mlperf_tui.records import (
    About,
    Alarm,
    End,
    FrameReading,
    GpuInfo,
    GpuReading,
    HostInfo,
    HostReading,
    LinkReading,
    Mark,
    Record,
    Source,
    Step,
    ThreadInfo,
    ThreadReading,
    Unavailable,
)
from mlperf_tui.report.as_json import to_json
from mlperf_tui.report.as_markdown import to_markdown
from mlperf_tui.report.as_text import to_text
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.rollup import Fold
from mlperf_tui.session.status import Status
from tests.session.test_folder import plan

S = 1_000_000_000
RANK_0 = Origin("steps-0-0.jsonl", 0)
GPUS: list[Record] = [
    GpuInfo(0, "GPU-a", "H100", memory_total_bytes=80 << 30, power_limit_w=700.0),
    GpuInfo(1, "GPU-b", "H100"),
    Source("link.tx_bytes_per_s", "GPM", "bytes/s"),
    Unavailable("gpu.tensor_pct", "GPM needs Hopper or newer", 1),
]


def _fold(*records: Record) -> Fold:
    fold = Fold()
    for record in records:
        fold.add(RANK_0, record)
    return fold


def _gpu_run() -> Fold:
    readings = [
        record
        for t in range(1, 11)
        for record in (
            GpuReading(
                t * S,
                busy_pct=(90.0, 0.0),
                tensor_pct=(50.0, None),
                power_w=(500.0, 70.0),
                memory_used_bytes=(10 << 30, 1 << 30),
                limits=("power" if t > 5 else "", ""),
            ),
            LinkReading(t * S, (1e9, 0.0), (2e9, 0.0)),
            HostReading(
                t * S, run_cpu_cores=1.5, run_memory_bytes=1 << 30, monitor_cpu_s=0.01 * t, late_ticks=0, lines_lost=0
            ),
        )
    ]
    steps = [Step(t * S, t, 100, 0.1, 0.9) for t in range(1, 11)]
    about = About(0, 1, 0, 1, gpu_uuid="GPU-a", precision="amp-bf16", metric="top-1", target=0.5)
    marks = [
        Mark(0, "run_start"),
        Mark(9 * S, "eval_accuracy", 0.6),
        Mark(10 * S, "run_stop", None, {"status": "success"}),
    ]
    ordered = sorted([*marks[:2], *readings, *steps], key=lambda record: getattr(record, "t", 0))
    return _fold(about, *GPUS, *ordered, marks[2])


FINISHED = Status("finished", "exit code 0", End(11 * S, "finished", "exit code 0", exit_code=0))


def test_a_gpu_run_by_hand() -> None:
    """Every number of a small run, worked out by hand."""
    summary = summarise(plan("s-1"), FINISHED, _gpu_run())
    assert summary.throughput.mean == pytest.approx(100)
    assert summary.throughput.data_wait_share == pytest.approx(0.1)
    first, second = summary.gpus
    assert (first.in_use, second.in_use) == (True, False)
    assert first.energy_j == pytest.approx(5000)
    assert first.limited_s is not None
    assert first.limited_s.power == pytest.approx(5)
    assert summary.energy.j_per_sample == pytest.approx(5)
    assert second.tensor_pct is None
    assert summary.unknown["gpus.tensor_pct"] == "GPM needs Hopper or newer"
    assert summary.links.source == "GPM"
    assert summary.links.per_gpu[0].bytes_per_step == pytest.approx(1e9)
    assert "NVLink      sent 1.0 GB/s, received 2.0 GB/s a GPU, mean of 1 (GPM); a GPU sends 1.00 GB a step" in to_text(
        summary
    )
    assert summary.monitor.cpu_pct == pytest.approx(1.0)  # 0.09 s more between the first reading and the last
    assert summary.quality[0].time_to_target_s == 9
    assert summary.session.precision == "amp-bf16"


@pytest.mark.parametrize("word", ["running", "finished", "failed", "stopped", "interrupted", "starting", "elsewhere"])
def test_every_state_has_a_summary_that_says_so(word: str) -> None:
    """Nothing recorded at all is still a summary in all three styles, and each unknown has its reason."""
    summary = summarise(plan("s-1"), Status(word, "because"), Fold(), ("last words",))
    assert f"{word} (because)" in to_text(summary)
    assert word in to_markdown(summary)
    body = json.loads(to_json(summary))
    assert body["session"]["status"] == word
    assert body["throughput"]["mean"] is None
    assert (body["failure"] is not None) == (word in {"failed", "interrupted"})
    assert {"throughput", "gpus", "links", "host.cpu_cores", "session.exit_code"} <= body["unknown"].keys()


def test_names_that_others_rely_on() -> None:
    """summary.json's names; to change one breaks somebody's gate."""
    body = json.loads(to_json(summarise(plan("s-1"), FINISHED, _gpu_run())))
    assert list(body) == [
        "format",
        "session",
        "plan",
        "about",
        "failure",
        "throughput",
        "ranks",
        "quality",
        "loss",
        "marks",
        "gpus",
        "links",
        "host",
        "energy",
        "limited_by",
        "alarms",
        "monitor",
        "unknown",
    ]
    assert {
        "id",
        "name",
        "status",
        "workload",
        "precision",
        "command",
        "host",
        "started",
        "duration_s",
        "exit_code",
    } <= body["session"].keys()
    assert {
        "unit",
        "mean",
        "median",
        "p10",
        "steps",
        "warmup_steps",
        "step_time_ms",
        "data_wait_share",
        "exposed_allreduce_share",
        "mfu",
        "peak",
        "silent_s",
    } == body["throughput"].keys()
    assert {"mean", "p50", "p90", "p99", "source"} == body["throughput"]["step_time_ms"].keys()
    assert {
        "index",
        "uuid",
        "busy_pct",
        "tensor_pct",
        "memory_used_peak_bytes",
        "power_w",
        "energy_j",
        "limited_s",
        "pcie",
    } <= body["gpus"][0].keys()


T = 100 * S
"""When the run below starts."""


def _threads() -> list[Record]:
    """Main at 90 % and a loader at 20 % of a core for ten seconds, each seen in two functions."""
    found: list[Record] = [ThreadInfo(T, 1, 1, "rank 0 main", 0), ThreadInfo(T, 2, 2, "rank 0 loader 0", 0)]
    for second in range(11):
        t, frame = T + second * S, "forward conv.py:3" if second < 7 else "step sgd.py:9"
        found += [ThreadReading(t, (1, 2), (0.9, 0.2), "RS", 3, 0.1), FrameReading(t, 1, (1,), (frame,))]
    return found


def test_threads_and_what_limits_the_run() -> None:
    """CPU over the whole run, the function seen most, and a verdict with its grounds; all in text and Markdown."""
    steps = [Step(T + t * S, t, 100, 0.01, 0.99) for t in range(1, 11)]
    cores = [HostReading(T + t * S, run_cpu_cores=1.2) for t in range(1, 11)]
    start, stop = Mark(T, "run_start"), Mark(T + 10 * S, "run_stop")
    summary = summarise(
        plan("s-1"), FINISHED, _fold(HostInfo("a", 2, 1 << 30), start, *_threads(), *steps, *cores, stop)
    )
    main, loader, other = summary.host.threads
    assert [thread.name for thread in (main, loader, other)] == ["rank 0 main", "rank 0 loader 0", "other"]
    assert [thread.cpu_pct for thread in (main, loader, other)] == pytest.approx([90, 20, 10])
    assert [thread.top_frame for thread in (main, loader, other)] == ["forward conv.py", None, None]
    assert summary.limited_by.value == "compute"
    assert "limited_by.value" not in summary.unknown
    told = "compute (main + autograd 90 % of a core, 1.2 of 2 cores, data wait 1 %)"
    assert f"limited by  {told}" in to_text(summary)
    assert f"| limited by | {told} |" in to_markdown(summary)
    assert "threads     rank 0 main 90 % (forward conv.py), rank 0 loader 0 20 %, other 10 %" in to_text(summary)
    assert summary.limited_by.advice is not None
    assert summary.limited_by.advice in " ".join(to_text(summary).split())
    assert summary.limited_by.advice.replace("_", r"\_") in to_markdown(summary)


def test_evaluation_and_pauses_are_no_evidence() -> None:
    """A loop that is at its core's limit and idles for as long as it trains is limited by the core."""
    told: list[Record] = [HostInfo("a", 2, 1 << 30), ThreadInfo(T, 1, 1, "rank 0 main", 0), Mark(T, "run_start")]
    for second in range(1, 61):
        t, busy = T + second * S, second % 20 < 10
        told.append(HostReading(t, run_cpu_cores=1.0 if busy else 0.02))
        told.append(ThreadReading(t, (1,), (0.97 if busy else 0.01,)))
        told += [Step(t, second, 100, 0.01, 0.99)] if busy else []
    summary = summarise(plan("s-1"), FINISHED, _fold(*told, Mark(T + 60 * S, "run_stop")))
    assert summary.limited_by.value == "compute"
    assert summary.limited_by.evidence == ("main + autograd 97 % of a core", "1.0 of 2 cores", "data wait 1 %")
    assert summary.host.cpu_cores is not None
    assert summary.host.cpu_cores.mean < 0.6, "the run's own mean stays over all of its time"


def _launched(main: float, autograd: float, busy_pct: float, sm_pct: float) -> LimitedBy:
    """A run on one GPU whose backward is launched by autograd's thread: what limits it."""
    told: list[Record] = [HostInfo("a", 16, 1 << 30), GpuInfo(0, "GPU-a", "H100"), Mark(T, "run_start")]
    told.append(About(0, 1, 0, 1, gpu_uuid="GPU-a"))
    told += [ThreadInfo(T, 1, 1, "rank 0 main", 0), ThreadInfo(T, 1, 2, "rank 0 autograd 0", 0)]
    for second in range(1, 31):
        t = T + second * S
        told.append(GpuReading(t, busy_pct=(busy_pct,), sm_pct=(sm_pct,), tensor_pct=(9.0,), dram_pct=(20.0,)))
        told.append(ThreadReading(t, (1, 2), (main, autograd), "RS"))
        told.append(Step(t, second, 100, 0.0, 1.0))
    return summarise(plan("s-1"), FINISHED, _fold(*told, Mark(T + 30 * S, "run_stop"))).limited_by


@pytest.mark.parametrize(
    ("main", "autograd", "busy_pct", "sm_pct", "value"),
    [
        (0.37, 0.22, 72.0, 45.0, "host"),
        (0.37, 0.05, 72.0, 45.0, None),
        (0.55, 0.4, 99.0, 30.0, "host"),
        (0.55, 0.1, 99.0, 30.0, None),
        (0.37, 0.23, 99.0, 90.0, "compute"),
        (0.55, 0.4, 99.0, 90.0, "compute"),
    ],
)
def test_autograds_thread_launches_too(
    main: float, autograd: float, busy_pct: float, sm_pct: float, value: str | None
) -> None:
    """Half of a core, both together, leaves a GPU idle for the host's sake; a GPU that is full is not the host's."""
    found = _launched(main, autograd, busy_pct, sm_pct)
    assert found.value == value
    if value == "host":
        assert found.evidence[-1] == f"main + autograd {100 * (main + autograd):.0f} % of a core"


def test_what_cannot_be_told_has_its_reason() -> None:
    """Null in JSON, and named in `unknown`: the limit, the threads, their frames."""
    summary = summarise(plan("s-1"), FINISHED, _fold(Step(S, 0, 1, 0.1, 0.9)))
    assert summary.limited_by.value is None
    assert summary.unknown["limited_by.value"] == "nothing is known of its processors, data wait 10 %"
    assert summary.unknown["host.threads"] == "no reading of threads fell between run_start and run_stop"
    assert "limited by  unknown: nothing is known of its processors" in to_text(summary)
    refused = Unavailable("thread.frame", "py-spy may not read it")
    threads = [record for record in _threads() if not isinstance(record, FrameReading)]
    unseen = summarise(plan("s-1"), FINISHED, _fold(refused, *threads, Mark(T + 10 * S, "run_stop")))
    assert unseen.unknown["host.threads.top_frame"] == "py-spy may not read it"
    assert "host.threads" not in unseen.unknown


def test_output_is_data_in_markdown() -> None:
    """A failure's output can't close its fence, and a name can't open a tag or a table cell."""
    status = Status("failed", "exit code 1", End(1, "failed", "exit code 1", exit_code=1))
    summary = summarise(plan("s-1", name="a|b <script>"), status, _fold(Alarm(1, "x", "y")), ("```", "<b>", "````"))
    text = to_markdown(summary)
    assert "`````\n```\n<b>\n````\n`````" in text
    assert "a\\|b \\<script\\>" in text
