"""What the screen shows at one moment, frozen: the model makes it, the panes draw it and ask nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.analysis.quality import Quality
from mlperf_tui.analysis.throughput import Throughput
from mlperf_tui.frozen import frozen
from mlperf_tui.records import Plan, Source
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.history import Track


@frozen
class Event:
    """A mark or an alarm with its moment: `t` monotonic, `wall_ns` since the epoch where a clock was recorded."""

    t: int
    wall_ns: int | None
    text: str
    alarm: bool = False


@frozen
class Training:
    """How fast it trains: `now` over the last seconds, `whole` over the run without its warm-up.

    `silent_s` is the time since the last step, None before the first; `compiling_s` that since the model began to be
    compiled, None where it isn't; `pausing` says that it evaluates or saves, by its marks; `memory_bytes` is the most
    that torch allocated on one device; `curve` samples a second; `spent_w` the power of the run's GPUs.
    """

    now: Throughput = field(default_factory=Throughput)
    whole: Throughput = field(default_factory=Throughput)
    curve: Track = field(default_factory=Track)
    silent_s: float | None = None
    compiling_s: float | None = None
    pausing: bool = False
    memory_bytes: int | None = None
    spent_w: float | None = None


@frozen
class Learning:
    """Whether it learns. `estimate_s` is the time to the target from now: at the earliest, at the latest."""

    loss: float | None = None
    losses: Track = field(default_factory=Track)
    nan_steps: int = 0
    qualities: tuple[Quality, ...] = ()
    evaluations: int = 0
    estimate_s: tuple[float, float] | None = None


@frozen
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


@frozen
class LinkNow:
    """One GPU's way to the others, bytes a second; `ceiling_bytes_per_s` is what it can carry in one direction.

    `by_link` holds sent and received of each NVLink, where they are read one by one.
    """

    index: int
    tx_bytes_per_s: float | None = None
    rx_bytes_per_s: float | None = None
    ceiling_bytes_per_s: float | None = None
    bytes_per_step: float | None = None
    by_link: tuple[tuple[float | None, float | None], ...] = ()
    traffic: Track = field(default_factory=Track)


@frozen
class LinksNow:
    """The GPUs' links: `kind` is NVLink, or PCIe where there is none; `rung` measures them, `reason` says why not."""

    kind: str = "NVLink"
    gpus: tuple[LinkNow, ...] = ()
    rung: str | None = None
    reason: str | None = None


@frozen
class ThreadNow:
    """One thread: its share of one core in percent, the kernel's letter for its state, and where it is.

    `spent` holds the functions of its last minute, each with its share (0 to 1), the largest first. `stale_s` is the
    frame's age where it is so old that the thread may long be elsewhere, else None.
    """

    pid: int
    tid: int
    name: str
    rank: int | None = None
    cpu_pct: float | None = None
    state: str = ""
    frame: str | None = None
    spent: tuple[tuple[str, float], ...] = ()
    stale_s: float | None = None


@frozen
class ThreadsNow:
    """The busiest threads, busiest first, and the sum of all others; `no_frames` says why no frame can be read."""

    threads: tuple[ThreadNow, ...] = ()
    more_threads: int | None = None
    more_cpu_pct: float | None = None
    no_frames: str | None = None


@frozen
class Stack:
    """One thread of a dump: frames as `function file:line`, innermost first."""

    pid: int
    tid: int
    name: str
    rank: int | None
    frames: tuple[str, ...]


@frozen
class Dump:
    """The newest dump of stacks: its moment and its threads."""

    t: int
    wall_ns: int | None
    stacks: tuple[Stack, ...]


@frozen
class Cost:
    """What watching takes, in percent of one core, and what it sent to this terminal in the last seconds."""

    recorder_pct: float | None = None
    viewer_pct: float | None = None
    bytes_per_s: float | None = None
    late_ticks: int | None = None
    lines_lost: int | None = None


@frozen
class Known:
    """Where series come from, why some have no value, and how old the newest reading of each kind is.

    `reasons` holds (series, GPU or None for all, reason); `ages_s` is by kind: gpu, link, host, thread, frame.
    """

    sources: tuple[Source, ...] = ()
    reasons: tuple[tuple[str, int | None, str], ...] = ()
    ages_s: Mapping[str, float] = field(default_factory=dict)

    def source(self, series: str) -> Source | None:
        """What measures a series."""
        return next((source for source in self.sources if source.series == series), None)

    def reason(self, series: str) -> str | None:
        """Why a series has no value for any GPU."""
        return next((why for name, index, why in self.reasons if name == series and index is None), None)


@frozen
class Look:
    """The cursor in time, where it isn't live: at `t`, moving at `speed` times real time (0 stands still).

    `began` and `end` (monotonic ns) are the first and the last moment that there is to see.
    """

    t: int
    speed: float
    began: int
    end: int


@frozen
class HostNow:
    """The host and the run's own tree of processes on it."""

    cpus: int | None = None
    cpu_cores: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    run_cpu_cores: float | None = None
    run_memory_bytes: int | None = None
    run_processes: int | None = None


@frozen
class Snapshot:
    """One moment of a session: `now` is monotonic ns of its host, `wall_ns` the same by the wall, `began` its first.

    `device` says what it runs on, `no_gpu` why there is no GPU to show, `batch` counts the samples of a step and rank.
    `look` is where the cursor in time stands, None when live; `output` is what was printed before byte `output_end`.
    """

    plan: Plan
    status: Status
    now: int
    wall_ns: int | None = None
    began: int | None = None
    elapsed_s: float | None = None
    precision: str | None = None
    device: str = ""
    batch: int | None = None
    flop_per_sample: float | None = None
    ranks: int = 1
    epoch: int | None = None
    epochs: int | None = None
    steps_before: int = 0
    training: Training = field(default_factory=Training)
    learning: Learning = field(default_factory=Learning)
    gpus: tuple[GpuNow, ...] = ()
    no_gpu: str | None = None
    links: LinksNow = field(default_factory=LinksNow)
    threads: ThreadsNow = field(default_factory=ThreadsNow)
    dump: Dump | None = None
    limited: Verdict | None = None
    cost: Cost = field(default_factory=Cost)
    known: Known = field(default_factory=Known)
    host: HostNow = field(default_factory=HostNow)
    look: Look | None = None
    output_end: int | None = None
    events: tuple[Event, ...] = ()
    output: tuple[str, ...] = ()
    alarms: tuple[Event, ...] = ()

    @property
    def over(self) -> bool:
        """Whether this is a run's end: its numbers are those of the whole, and nothing more will come."""
        return self.look is None and not self.status.live and self.status.word != "elsewhere"
