"""One word for what limits a run, on grounds that are known, and none where they are not."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.analysis.bottleneck import Evidence, Verdict, judge
from mlperf_tui.analysis.bottleneck.evidence import (
    COMPUTE,
    HOST,
    INPUT,
    LINK,
    MEMORY,
    POWER_OR_HEAT,
    SLOW_RANK,
    UNKNOWN,
)
from mlperf_tui.analysis.straggler import Straggler

VALUES = (INPUT, COMPUTE, MEMORY, LINK, HOST, POWER_OR_HEAT, SLOW_RANK, UNKNOWN)
FP32 = Evidence(on_gpu=True, data_wait_share=0.01, busy_pct=99, sm_pct=96, tensor_pct=0, dram_pct=40, precision="fp32")
AMP = Evidence(
    on_gpu=True, data_wait_share=0.0, busy_pct=97, sm_pct=87, tensor_pct=11, dram_pct=55, precision="amp-bf16"
)
"""ResNet-50 at batch 256 as it was measured on an H100."""

EIGHT = replace(
    AMP, tensor_pct=61, sm_pct=95, dram_pct=45, data_wait_share=0.02, power_limit_share=0.95, clock_share=0.88,
    link_share=0.24, exposed_allreduce_share=0.07, main_cpu_share=0.72,
)  # fmt: skip
TINY = Evidence(on_gpu=True, data_wait_share=0.0, busy_pct=62, sm_pct=3, tensor_pct=0, dram_pct=0, main_cpu_share=0.99)
NO_GPM = Evidence(on_gpu=True, data_wait_share=0.02, busy_pct=99, power_limit_share=1.0, clock_share=0.95)
CPU = Evidence(data_wait_share=0.02, run_cpu_cores=1.9, cpus=2, main_cpu_share=0.97)


@pytest.mark.parametrize(
    ("evidence", "value"),
    [
        (FP32, COMPUTE),
        (AMP, MEMORY),
        (EIGHT, COMPUTE),
        (replace(AMP, data_wait_share=0.54, busy_pct=45, sm_pct=40, tensor_pct=5, dram_pct=25), INPUT),
        (replace(AMP, data_wait_share=0.5, busy_pct=97), MEMORY),
        (Evidence(on_gpu=True, data_wait_share=0.54), INPUT),
        (replace(TINY, data_wait_share=0.05), HOST),
        (replace(TINY, busy_pct=99), HOST),
        (replace(TINY, main_cpu_share=None), HOST),
        (replace(TINY, main_cpu_share=0.1), UNKNOWN),
        (replace(TINY, busy_pct=99, main_cpu_share=0.3), UNKNOWN),
        (replace(TINY, busy_pct=72, sm_pct=40, main_cpu_share=0.59), HOST),
        (replace(EIGHT, main_cpu_share=0.6), COMPUTE),
        (replace(EIGHT, main_cpu_share=1.03), COMPUTE),
        (replace(AMP, data_wait_share=0.54, busy_pct=45, sm_pct=40, main_cpu_share=0.6), INPUT),
        (replace(TINY, data_wait_share=None), UNKNOWN),
        (replace(EIGHT, exposed_allreduce_share=0.3), LINK),
        (replace(EIGHT, tensor_pct=20, link_share=0.7), LINK),
        (replace(EIGHT, link_share=0.7), COMPUTE),
        (Evidence(link_share=1.0, run_cpu_cores=0.4, cpus=2), UNKNOWN),
        (replace(EIGHT, clock_share=0.5), POWER_OR_HEAT),
        (replace(EIGHT, clock_share=0.7), COMPUTE),
        (replace(FP32, power_limit_share=0.9, clock_share=0.7), POWER_OR_HEAT),
        (replace(FP32, power_limit_share=0.2, clock_share=0.7), COMPUTE),
        (replace(FP32, thermal_limit_share=0.6, clock_share=0.9), POWER_OR_HEAT),
        (NO_GPM, UNKNOWN),
        (replace(NO_GPM, clock_share=0.6), POWER_OR_HEAT),
        (replace(AMP, sm_pct=65, dram_pct=30), UNKNOWN),
        (replace(EIGHT, data_wait_share=0.4, exposed_allreduce_share=0.5, busy_pct=60), LINK),
        (replace(EIGHT, data_wait_share=0.5, exposed_allreduce_share=0.4, busy_pct=50), INPUT),
        (replace(CPU, data_wait_share=0.27, exposed_allreduce_share=0.41), LINK),
        (replace(CPU, data_wait_share=0.41, exposed_allreduce_share=0.27), INPUT),
        (replace(CPU, exposed_allreduce_share=0.05), COMPUTE),
        (CPU, COMPUTE),
        (replace(CPU, data_wait_share=0.5), INPUT),
        (replace(CPU, run_cpu_cores=1.02), COMPUTE),
        (replace(CPU, run_cpu_cores=1.02, step_s=0.3), COMPUTE),
        (replace(CPU, run_cpu_cores=1.02, step_s=0.003), HOST),
        (replace(CPU, run_cpu_cores=1.9, step_s=0.003), COMPUTE),
        (replace(CPU, run_cpu_cores=1.02, host_cpu_cores=2.0), COMPUTE),
        (replace(CPU, run_cpu_cores=1.02, main_cpu_share=None), COMPUTE),
        (replace(CPU, run_cpu_cores=1.02, main_cpu_share=0.4), UNKNOWN),
        (replace(CPU, run_cpu_cores=1.02, data_wait_share=None), UNKNOWN),
        (replace(CPU, run_cpu_cores=0.98, cpus=1), COMPUTE),
        (replace(CPU, run_cpu_cores=8.0, cpus=16), COMPUTE),
        (replace(CPU, run_cpu_cores=12.0, cpus=128), COMPUTE),
        (replace(CPU, run_cpu_cores=0.3, main_cpu_share=0.3), UNKNOWN),
        (replace(CPU, run_cpu_cores=1.5, main_cpu_share=0.7, host_cpu_cores=2.0), COMPUTE),
        (replace(CPU, run_cpu_cores=1.5, main_cpu_share=0.7, host_cpu_cores=1.6), UNKNOWN),
        (replace(CPU, run_cpu_cores=0.5, main_cpu_share=0.4, host_cpu_cores=2.0), UNKNOWN),
        (replace(CPU, run_cpu_cores=0.7, main_cpu_share=0.69, host_cpu_cores=2.0), COMPUTE),
        (replace(CPU, run_cpu_cores=0.7, main_cpu_share=0.69, host_cpu_cores=1.0), UNKNOWN),
        (Evidence(), UNKNOWN),
        (Evidence(on_gpu=True), UNKNOWN),
    ],
)
def test_known_runs(evidence: Evidence, value: str) -> None:
    """What was measured on a real card, and what follows from a fact that is plain."""
    assert judge(evidence).value == value


def test_a_verdict_in_full() -> None:
    """Short facts, the strongest first, and a step that names something to do."""
    assert judge(EIGHT) == Verdict(
        COMPUTE,
        ("tensor 61 %", "SM 95 %", "held by power 95 %", "data wait 2 %"),
        "The card itself is the limit: more GPUs, or less work for a sample, make it faster.",
    )
    assert judge(TINY).evidence == ("busy 62 %", "SM 3 %", "data wait 0 %", "main + autograd 99 % of a core")
    assert "--precision amp" in judge(FP32).advice
    one = judge(replace(CPU, run_cpu_cores=1.02))
    assert one.evidence == ("main + autograd 97 % of a core", "1.0 of 2 cores", "data wait 2 %")
    assert "OMP_NUM_THREADS" in one.advice
    assert "OMP_NUM_THREADS" not in judge(CPU).advice
    assert judge(replace(CPU, run_cpu_cores=1.0, step_s=0.003)).evidence[:3] == (*one.evidence[:2], "step 3.0 ms")


def test_other_programs_are_named() -> None:
    """Where they take a part of the processors that counts."""
    shared = judge(replace(CPU, run_cpu_cores=1.5, main_cpu_share=0.7, host_cpu_cores=2.0))
    assert shared.evidence == (
        "main + autograd 70 % of a core", "1.5 of 2 cores", "other programs 0.5", "data wait 2 %",
    )  # fmt: skip
    assert "Other programs" in shared.advice
    assert judge(replace(CPU, host_cpu_cores=2.0)).evidence[1:] == ("1.9 of 2 cores", "data wait 2 %")


def test_a_card_without_gpm_is_not_guessed_about() -> None:
    """Busy says only that some kernel ran."""
    assert judge(NO_GPM).evidence == ("busy 99 %, but this card doesn't say with what",)


def test_an_idle_gpu_whose_loop_is_not_timed() -> None:
    """It may wait for data or for Python: the advice is to find out."""
    verdict = judge(replace(TINY, data_wait_share=None))
    assert verdict.evidence == ("busy 62 %", "the loop doesn't say how long it waits for data")
    assert "Steps.over()" in verdict.advice


def test_the_advice_fits_what_is_missing() -> None:
    """A thread that waits calls for its stack, one that works for a look at its threads, a loop untimed for a clock."""
    few = replace(CPU, run_cpu_cores=12.0, cpus=128, main_cpu_share=0.7)
    assert "OMP_NUM_THREADS" in judge(few).advice
    assert "stacks" in judge(replace(few, run_cpu_cores=0.1, main_cpu_share=0.1)).advice
    assert "Steps.over()" in judge(replace(few, data_wait_share=None)).advice
    starved = replace(few, run_cpu_cores=0.4, host_cpu_cores=2.0, main_cpu_share=0.35, cpus=2)
    assert (judge(starved).value, "Other programs" in judge(starved).advice) == (UNKNOWN, True)
    waits = replace(CPU, data_wait_share=0.5, host_cpu_cores=1.2)
    assert "--workers" in judge(waits).advice
    assert "no free core" in judge(replace(waits, host_cpu_cores=2.0)).advice
    full = judge(replace(waits, run_cpu_cores=0.5, host_cpu_cores=2.0))
    assert "no free core" in full.advice
    assert any(fact.startswith("other programs") for fact in full.evidence), "what takes the cores is told"
    assert "--accumulate" in judge(replace(CPU, exposed_allreduce_share=0.4)).advice
    assert "--batch" in judge(replace(AMP, sm_pct=65, dram_pct=30)).advice
    assert "torch.profiler" in judge(NO_GPM).advice


def test_what_stands_has_the_margins_in_its_favour() -> None:
    """At the same evidence, just below a bar, it goes on standing and would not have begun."""
    waits = replace(AMP, data_wait_share=0.17, busy_pct=80, dram_pct=30, sm_pct=70)
    assert judge(waits).value != INPUT
    assert judge(waits, INPUT).value == INPUT
    full = replace(AMP, dram_pct=47)
    assert (judge(full).value, judge(full, MEMORY).value) == (COMPUTE, MEMORY)


def test_a_rank_that_others_wait_for_comes_first() -> None:
    """Whatever limits each of them, or if that can't be told; but not before the first steps."""
    slow = Straggler(3, 0.343, 0.18)
    for evidence in (
        replace(EIGHT, slow_rank=slow),
        replace(CPU, main_cpu_share=0.4, run_cpu_cores=0.9, slow_rank=slow),
    ):
        found, alone = judge(evidence), judge(replace(evidence, slow_rank=None))
        assert found.value == SLOW_RANK
        assert found.evidence == ("rank 3, 1.9× as long", *alone.evidence)[:4]
        assert "wait for rank 3" in found.advice
        assert ("GPU" in found.advice) is evidence.on_gpu
    assert judge(replace(EIGHT, exposed_allreduce_share=0.3, slow_rank=slow)).value == SLOW_RANK, "not the link"
    assert judge(Evidence(slow_rank=slow, just_begun=True)).evidence == ("too early to say",)


share = st.none() | st.floats(0, 1) | st.sampled_from([math.nan, math.inf, -1.0])
percentage = st.none() | st.floats(0, 100) | st.sampled_from([math.nan, 1e9])
evidences = st.builds(
    Evidence,
    on_gpu=st.booleans(),
    cpus=st.none() | st.integers(0, 512),
    run_cpu_cores=st.none() | st.floats(0, 512),
    host_cpu_cores=st.none() | st.floats(0, 512),
    step_s=st.none() | st.floats(1e-5, 10),
    just_begun=st.booleans(),
    precision=st.none() | st.sampled_from(["fp32", "tf32", "amp-bf16"]),
    slow_rank=st.none() | st.builds(Straggler, st.integers(0, 15), st.floats(1e-3, 10), st.floats(1e-3, 10)),
    **{f.name: share for f in fields(Evidence) if f.name.endswith("_share")},
    **{f.name: percentage for f in fields(Evidence) if f.name.endswith("_pct")},
)
GROUNDS = {
    INPUT: ("data_wait_share",),
    MEMORY: ("dram_pct",),
    LINK: ("exposed_allreduce_share", "link_share"),
    POWER_OR_HEAT: ("power_limit_share", "thermal_limit_share"),
}


@given(evidences, st.none() | st.sampled_from(VALUES))
@settings(deadline=None)
def test_no_limit_without_its_evidence(evidence: Evidence, standing: str | None) -> None:
    """Whatever is known: no error, a known word, at most four facts, one sentence of advice."""
    found = judge(evidence, standing)
    assert found.value in VALUES
    assert 1 <= len(found.evidence) <= 4
    assert found.advice.endswith(".")
    known = {f.name for f in fields(Evidence) if getattr(evidence, f.name) is not None}
    if found.value in GROUNDS:
        assert known & set(GROUNDS[found.value])
    if found.value == COMPUTE:
        assert known & ({"tensor_pct", "sm_pct"} if evidence.on_gpu else {"run_cpu_cores"})
    if found.value == HOST:
        assert known >= ({"data_wait_share"} if evidence.on_gpu else {"run_cpu_cores", "main_cpu_share", "step_s"})
        assert not evidence.on_gpu or known & {"busy_pct", "sm_pct"}
