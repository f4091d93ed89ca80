"""What a session comes to, in the names of summary.json: a person's ticket and a program's gate read the same ones.

Unknown is None, and `unknown` names it with its reason. Fields are in the order in which they are written.
"""

from __future__ import annotations

from typing import Any

from mlperf_tui.analysis.peak import Peak
from mlperf_tui.analysis.quality import Quality
from mlperf_tui.frozen import frozen


@frozen
class Range:
    """A mean and the most that was seen, between `run_start` and `run_stop` where the program marks them."""

    mean: float
    max: float


@frozen
class Session:
    """Which run this was. `status` is a word of session.status, `started` UTC, `exit_code` None when nobody saw it."""

    id: str
    name: str | None
    note: str | None
    status: str
    why: str
    workload: str
    precision: str | None
    command: str
    host: str
    started: str
    duration_s: float | None
    exit_code: int | None


@frozen
class Failure:
    """Why a run failed: the signal's number where one ended it, and the last lines of its output."""

    signal: int | None
    reason: str
    last_lines: tuple[str, ...]


@frozen
class StepTime:
    """Milliseconds of a step, and the clock that measured them."""

    mean: float
    p50: float
    p90: float
    p99: float
    source: str


@frozen
class Rate:
    """Samples a second: samples over training time, with evaluation, checkpoints and warm-up left out.

    `median` is the rate of a step at its median time, `p10` at its 90th percentile time; `data_wait_share` is the
    part of training time that waited for data (0 to 1), `exposed_allreduce_share` that of the rank that waits least
    for the exchange of gradients and nothing else; `mfu` the part (0 to 1) of `peak` that the model's arithmetic takes.
    `silent_s` is how long before its end a run that didn't mark it (run_stop) took its last step.
    """

    unit: str
    mean: float | None
    median: float | None
    p10: float | None
    steps: int
    warmup_steps: int
    step_time_ms: StepTime | None
    data_wait_share: float | None
    exposed_allreduce_share: float | None
    mfu: float | None
    peak: Peak | None
    silent_s: float | None = None


@frozen
class Rank:
    """One process of the run. `own_step_ms` is its step time without the wait for the exchange of gradients.

    Ranks that exchange them take as long for a step; what tells them apart is how much of it is their own work.
    """

    rank: int
    host: str
    gpu: str | None
    throughput: float | None
    own_step_ms: float | None


@frozen
class Loss:
    """The last loss, and in how many steps (of the rank with most) it was no number or the loss scaler skipped one."""

    final: float | None
    nan_steps: int
    skipped_steps: int


@frozen
class MarkSaid:
    """A mark of the benchmark, in seconds from `run_start` (or from the first thing recorded)."""

    at_s: float
    key: str
    value: Any
    metadata: dict[str, Any]


@frozen
class Limited:
    """Seconds for which a GPU's clock was held back."""

    power: float
    thermal: float


@frozen
class Pcie:
    """PCIe traffic of a GPU in bytes a second."""

    tx: Range | None
    rx: Range | None


@frozen
class Gpu:
    """One GPU over the run. `busy_pct` only says that some kernel ran; `energy_j` is mean power times the time."""

    index: int
    uuid: str
    name: str
    in_use: bool | None
    busy_pct: Range | None
    sm_pct: Range | None
    tensor_pct: Range | None
    dram_pct: Range | None
    memory_used_peak_bytes: int | None
    memory_allocated_peak_bytes: int | None
    memory_total_bytes: int | None
    power_w: Range | None
    energy_j: float | None
    temperature_c: Range | None
    clock_mhz: Range | None
    limited_s: Limited | None
    pcie: Pcie


@frozen
class GpuLinks:
    """One GPU's NVLink traffic; `bytes_per_step` is what it sends in the time of a step, in training alone."""

    index: int
    tx_bytes_per_s: Range | None
    rx_bytes_per_s: Range | None
    bytes_per_step: float | None


@frozen
class Links:
    """NVLink, and the rung of NVML's ladder that answered."""

    source: str | None
    per_gpu: tuple[GpuLinks, ...]


@frozen
class Thread:
    """All threads of one name: CPU in percent of one core over the run, and the function that was seen most often."""

    name: str
    cpu_pct: float
    top_frame: str | None


@frozen
class Host:
    """The run's own process tree on the host: CPU in cores; memory resident, shared pages counted in each process.

    `threads` are the busiest, and the rest as one.
    """

    cpu_cores: Range | None
    memory_peak_bytes: int | None
    threads: tuple[Thread, ...]


@frozen
class Energy:
    """Joules of the GPUs in use for one sample trained, evaluation included."""

    j_per_sample: float | None


@frozen
class LimitedBy:
    """What limited the run (a word of analysis.bottleneck), the facts that say so, and a next step."""

    value: str | None
    evidence: tuple[str, ...]
    advice: str | None


@frozen
class AlarmSaid:
    """An alarm, in seconds from `run_start` (or from the first thing recorded)."""

    at_s: float
    kind: str
    text: str


@frozen
class Monitor:
    """What recording cost: the recorder's CPU in percent of one core, ticks that came late, lines not written."""

    cpu_pct: float | None
    late_ticks: int | None
    lines_lost: int | None


@frozen
class Summary:
    """The whole of summary.json."""

    format: int
    session: Session
    plan: dict[str, Any]
    about: dict[str, Any] | None
    failure: Failure | None
    throughput: Rate
    ranks: tuple[Rank, ...]
    quality: tuple[Quality, ...]
    loss: Loss
    marks: tuple[MarkSaid, ...]
    gpus: tuple[Gpu, ...]
    links: Links
    host: Host
    energy: Energy
    limited_by: LimitedBy
    alarms: tuple[AlarmSaid, ...]
    monitor: Monitor
    unknown: dict[str, str]
