"""What the screen shows at one moment, frozen: the model makes it, the panes draw it and ask nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlperf_tui.analysis.summary import Quality
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.records import Plan
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.history import Track


@dataclass(frozen=True, slots=True)
class Event:
    """A mark or an alarm with its moment: `t` monotonic, `wall_ns` since the epoch where a clock was recorded."""

    t: int
    wall_ns: int | None
    text: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Training:
    """How fast it trains: `now` over the last seconds, `whole` over the run without its warm-up.

    `silent_s` is the time since the last step, None before the first; `memory_bytes` the most that torch allocated on
    one device; `curve` samples a second; `spent_w` the power of the run's GPUs.
    """

    now: Throughput = field(default_factory=Throughput)
    whole: Throughput = field(default_factory=Throughput)
    curve: Track = field(default_factory=Track)
    silent_s: float | None = None
    memory_bytes: int | None = None
    spent_w: float | None = None


@dataclass(frozen=True, slots=True)
class Learning:
    """Whether it learns. `estimate_s` is the time to the target from now: at the earliest, at the latest."""

    loss: float | None = None
    losses: Track = field(default_factory=Track)
    nan_steps: int = 0
    qualities: tuple[Quality, ...] = ()
    evaluations: int = 0
    estimate_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class GpuNow:
    """One GPU. `used` says whether a rank of the run named it, None where none did; `lost` is the reason."""

    index: int
    name: str = ""
    used: bool | None = None
    lost: str | None = None
    busy_pct: float | None = None
    sm_pct: float | None = None
    tensor_pct: float | None = None
    dram_pct: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    temperature_c: float | None = None
    clock_mhz: float | None = None
    limits: str | None = None
    busy: Track = field(default_factory=Track)


@dataclass(frozen=True, slots=True)
class LinksNow:
    """NVLink of all GPUs together, bytes a second, and the rung that measured it."""

    tx_bytes_per_s: float
    rx_bytes_per_s: float
    rung: str | None = None


@dataclass(frozen=True, slots=True)
class HostNow:
    """The host and the run's own tree of processes on it."""

    cpus: int | None = None
    cpu_cores: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    run_cpu_cores: float | None = None
    run_memory_bytes: int | None = None
    run_processes: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a session: `now` is monotonic ns of its host, `wall_ns` the same moment since the epoch.

    `device` says what it runs on, `no_gpu` why there is no GPU to show, `batch` counts the samples of a step and rank.
    """

    plan: Plan
    status: Status
    now: int
    wall_ns: int | None = None
    elapsed_s: float | None = None
    precision: str | None = None
    device: str = ""
    batch: int | None = None
    ranks: int = 1
    epoch: int | None = None
    epochs: int | None = None
    training: Training = field(default_factory=Training)
    learning: Learning = field(default_factory=Learning)
    gpus: tuple[GpuNow, ...] = ()
    no_gpu: str | None = None
    links: LinksNow | None = None
    host: HostNow = field(default_factory=HostNow)
    events: tuple[Event, ...] = ()
    output: tuple[str, ...] = ()
    alarms: tuple[Event, ...] = ()
    frozen: bool = False
