"""The vocabulary: every record that a session holds, each to and from one JSON line.

A line is one object with one key, the record's name: `{"step":{"t":81,"n":3,"samples":32}}`. Fields that are None, or
empty where that is the default, are left out of a line; fields that a reader doesn't know are ignored, so that a newer
recorder can add some. `t` is the host's monotonic clock in nanoseconds; every other unit stands in the field's name. In
arrays over GPUs, None is unknown. A number that JSON can't say is written as "nan", "inf" or "-inf".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, TypeAlias

from mlperf_tui.frozen import frozen

FORMAT = 1
"""The session directory's format number. History: 1, the first."""

Values: TypeAlias = tuple[float | None, ...]
"""One value a GPU, None where unknown."""


@frozen
class Plan:
    """What was asked for, settled before anything started. `minutes` limits the run, `grace_s` a stop's patience.

    `on_end` is a shell command that the recorder runs once the session has ended. A session of an experiment names it,
    the `arm` that it stands for, which `pair` of it (from 1), and with `turns` it waits between steps for its turn.
    """

    id: str
    kind: str
    workload: str
    argv: tuple[str, ...]
    cwd: str
    host: str
    utc: str
    name: str | None = None
    note: str | None = None
    precision: str | None = None
    scale: str | None = None
    batch: int | None = None
    gpus: int | None = None
    data: str | None = None
    seed: int | None = None
    steps: int | None = None
    minutes: float | None = None
    target: float | None = None
    unit: str = "samples/s"
    grace_s: float = 30.0
    on_end: str | None = None
    env_kept: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    git: dict[str, Any] | None = None
    experiment: str | None = None
    arm: str | None = None
    pair: int | None = None
    turns: bool | None = None
    format: int = FORMAT


@frozen
class Experiment:
    """Several runs that differ in one factor alone, settled before the first of them starts.

    `arms` are the factor's values as typed, the first is the one that the others are held against; `argvs` and `envs`
    are what is run in each arm, in the same order, without the seed, which each pair has its own of (`seed` + pair - 1)
    where `seeded`. `options` are the options of `run` in each arm. With `turns` the processes of a pair take turns,
    else each runs alone to its end. `within` is the half-width at which the answer is good enough (0.02 is ±2 %),
    `limit_s` how long it may take, `most_pairs` how many pairs at most; `command` is what was typed.
    """

    id: str
    kind: str
    workload: str
    factor: str
    arms: tuple[str, ...]
    argvs: tuple[tuple[str, ...], ...]
    envs: tuple[dict[str, str], ...]
    command: tuple[str, ...]
    cwd: str
    host: str
    utc: str
    name: str | None = None
    note: str | None = None
    options: tuple[dict[str, Any], ...] = ()
    unit: str = "samples/s"
    seeded: bool = False
    seed: int = 1
    turns: bool = False
    within: float = 0.02
    limit_s: float = 240.0
    most_pairs: int = 20
    grace_s: float = 30.0
    on_end: str | None = None
    env_kept: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    git: dict[str, Any] | None = None
    format: int = FORMAT


@frozen
class Stage:
    """What an experiment does from `t` on, such as "warming up amp-bf16": `session` is the run that it is about."""

    t: int
    text: str
    pair: int | None = None
    arm: str | None = None
    session: str | None = None


@frozen
class Clock:
    """One instant on both clocks: `t` monotonic, `wall_ns` since the epoch. `t` holds for this host and boot only."""

    t: int
    wall_ns: int
    host: str
    boot_id: str


@frozen
class About:
    """What a rank says of itself. `target` and `metric` are of its own evaluation; `tf32` is as torch had it then.

    `targets` are by metric, where one evaluation gives several, such as {"BBOX": 0.377, "SEGM": 0.339}.
    `batches_ahead` is how many batches its loaders prepare beforehand at most. `resumed` says where it went on from a
    checkpoint, such as {"after_step": 637, "file": "ck/last.pt"}.
    """

    rank: int
    world: int
    local_rank: int
    pid: int
    device: str | None = None
    gpu_uuid: str | None = None
    torch: str | None = None
    cuda: str | None = None
    cudnn: int | None = None
    tf32: dict[str, bool] | None = None
    precision: str | None = None
    scale: str | None = None
    data: str | None = None
    parameters: int | None = None
    flop_per_sample: float | None = None
    samples_per_step: int | None = None
    steps_per_epoch: int | None = None
    epochs: int | None = None
    batches_ahead: int | None = None
    compiled: bool | None = None
    cuda_graphs: bool | None = None
    metric: str | None = None
    direction: str | None = None
    target: float | None = None
    targets: dict[str, float] | None = None
    resumed: dict[str, Any] | None = None

    @property
    def steps_before(self) -> int:
        """How many steps an earlier part of the training took, whose checkpoint this went on from."""
        after = (self.resumed or {}).get("after_step")
        return after if isinstance(after, int) else 0


@frozen
class Step:
    """A training step as the host saw it end: `data_s` waited for its batch, then `host_s` until its end."""

    t: int
    n: int
    samples: int | None = None
    data_s: float | None = None
    host_s: float | None = None


@frozen
class Late:
    """What is known of step `n` only afterwards. `gpu_s` runs from the end of the step before, on the GPU's own clock.

    `memory_allocated_bytes` is torch's peak so far, `exposed_allreduce_s` the part of the step in which this rank had
    nothing left but to wait for the exchange of gradients.
    """

    n: int
    gpu_s: float | None = None
    loss: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    loss_scale: float | None = None
    skipped: bool | None = None
    memory_allocated_bytes: int | None = None
    exposed_allreduce_s: float | None = None


COMPILES = ("compile_start", "compile_stop")
"""Marks around the pass in which torch.compile compiles; MLPerf has none for it."""


@frozen
class Mark:
    """An event of the benchmark, by MLPerf's name, such as `run_start` or `eval_accuracy`."""

    t: int
    key: str
    value: Any = None
    metadata: dict[str, Any] = field(default_factory=dict)


@frozen
class HostInfo:
    """What stays the same about a host."""

    host: str
    cpus: int
    memory_total_bytes: int
    cpu_model: str | None = None
    kernel: str | None = None


@frozen
class GpuInfo:
    """What stays the same about a GPU. `link_bytes_per_s` is one NVLink's speed in one direction.

    `pcie_bytes_per_s` is what its slot can carry in one direction.
    """

    index: int
    uuid: str
    name: str
    memory_total_bytes: int | None = None
    power_limit_w: float | None = None
    clock_max_mhz: int | None = None
    links: int | None = None
    link_bytes_per_s: float | None = None
    pcie_bytes_per_s: float | None = None
    driver: str | None = None


@frozen
class GpuReading:
    """One tick over all GPUs, by index. `busy_pct` is NVML's utilisation: some kernel ran; the other shares are GPM's.

    `limits` says what held the clock back: words joined by `+`, "" for nothing. `energy_j` counts since the driver's
    load.
    """

    t: int
    busy_pct: Values = ()
    sm_pct: Values = ()
    tensor_pct: Values = ()
    dram_pct: Values = ()
    memory_used_bytes: Values = ()
    power_w: Values = ()
    temperature_c: Values = ()
    clock_mhz: Values = ()
    pcie_tx_bytes_per_s: Values = ()
    pcie_rx_bytes_per_s: Values = ()
    energy_j: Values = ()
    limits: tuple[str | None, ...] = ()


@frozen
class LinkReading:
    """NVLink traffic: a total a GPU each tick, and by link at a slower pace (one tuple a GPU)."""

    t: int
    tx_bytes_per_s: Values = ()
    rx_bytes_per_s: Values = ()
    link_tx_bytes_per_s: tuple[Values, ...] = ()
    link_rx_bytes_per_s: tuple[Values, ...] = ()


@frozen
class HostReading:
    """The host, the run's own process tree (`run_…`), its output so far, and what the recorder itself costs.

    `swapped_bytes` is what the host has swapped in and out since it was booted, both together.
    """

    t: int
    cpu_cores: float | None = None
    load_1m: float | None = None
    memory_used_bytes: int | None = None
    run_cpu_cores: float | None = None
    run_memory_bytes: int | None = None
    run_processes: int | None = None
    run_threads: int | None = None
    output_bytes: int | None = None
    disk_free_bytes: int | None = None
    monitor_cpu_s: float | None = None
    late_ticks: int | None = None
    lines_lost: int | None = None
    swapped_bytes: int | None = None


@frozen
class ThreadInfo:
    """Who a thread is: said when it is first among the busiest, and again each minute as long as it is.

    `name` is as people know it, such as `rank 0 main` or `rank 0 loader 3`; several threads may share one.
    """

    t: int
    pid: int
    tid: int
    name: str
    rank: int | None = None


@frozen
class ThreadReading:
    """The busiest threads of the run, busiest first, over the time since the reading before.

    Arrays over these threads: `cpu_cores` is a thread's share of one core (0 to 1), `states` the kernel's letter of
    each, all in one word. All other threads are summed in `more_…`.
    """

    t: int
    tids: tuple[int, ...] = ()
    cpu_cores: Values = ()
    states: str = ""
    more_threads: int | None = None
    more_cpu_cores: float | None = None


@frozen
class FrameReading:
    """Where threads of one process were: for each thread its innermost Python frame, as `function file:line`."""

    t: int
    pid: int
    tids: tuple[int, ...]
    frames: tuple[str, ...]


@frozen
class StackReading:
    """A thread's whole stack, from a dump: frames as `function file:line`, innermost first.

    All threads of one dump share one `t`.
    """

    t: int
    pid: int
    tid: int
    frames: tuple[str, ...]
    name: str = ""
    rank: int | None = None


@frozen
class Source:
    """Where a series comes from: the rung of the ladder that answered, and its unit."""

    series: str
    rung: str
    unit: str


@frozen
class Unavailable:
    """Why a series has no value, for one GPU or, with `index` None, for all."""

    series: str
    reason: str
    index: int | None = None


@frozen
class Alarm:
    """Something a person should look at, said once when it begins."""

    t: int
    kind: str
    text: str


@frozen
class Minute:
    """A minute of a session in one line, or less where more than 20,000 records came; derived from the raw files.

    `offsets` are theirs, in bytes, at its end.

    `series` is by name, such as `gpu.busy_pct`: (min, mean, max, count) a GPU. `ranks` holds each rank's step totals
    (`session.totals.RankTotals`), `threads` each thread name's CPU seconds and frames (`session.threads`), `said` the
    lines of all records that are rare. Sixty of them, or more, may be folded into one hour of the same shape.
    """

    t0: int
    t1: int
    offsets: dict[str, int]
    series: Mapping[str, tuple[tuple[float, ...] | None, ...]]
    ranks: dict[str, dict[str, Any]]
    said: tuple[str, ...] = ()
    threads: dict[str, dict[str, Any]] = field(default_factory=dict)


@frozen
class End:
    """The last line of a session: `status` is finished, failed, stopped or interrupted, `why` a sentence."""

    t: int
    status: str
    why: str
    exit_code: int | None = None
    signal: int | None = None

    @property
    def shell_code(self) -> int | None:
        """The exit code as a shell counts it: 128 and the signal's number where one ended the program."""
        return self.exit_code if self.signal is None else 128 + self.signal


Record: TypeAlias = (
    Plan
    | Experiment
    | Stage
    | Clock
    | About
    | Step
    | Late
    | Mark
    | HostInfo
    | GpuInfo
    | GpuReading
    | LinkReading
    | HostReading
    | ThreadInfo
    | ThreadReading
    | FrameReading
    | StackReading
    | Source
    | Unavailable
    | Alarm
    | Minute
    | End
)

NAMES: dict[str, type[Any]] = {
    "plan": Plan,
    "experiment": Experiment,
    "stage": Stage,
    "clock": Clock,
    "about": About,
    "step": Step,
    "late": Late,
    "mark": Mark,
    "host_info": HostInfo,
    "gpu_info": GpuInfo,
    "gpu": GpuReading,
    "link": LinkReading,
    "host": HostReading,
    "thread_info": ThreadInfo,
    "thread": ThreadReading,
    "frame": FrameReading,
    "stack": StackReading,
    "source": Source,
    "unavailable": Unavailable,
    "alarm": Alarm,
    "minute": Minute,
    "end": End,
}
"""A record's name on its line, and its class."""

_NAME_OF = {cls: name for name, cls in NAMES.items()}
_FIELDS = {
    name: {f.name: any(kind in str(f.type) for kind in ("float", "Values", "Any")) for f in fields(cls)}
    for name, cls in NAMES.items()
}
_DEFAULTS = {name: {f.name: f.default for f in fields(cls)} for name, cls in NAMES.items()}
_DECODER = json.JSONDecoder()
_NUMBERS = {int, float, bool}
_SIMPLE = {int, float, bool, type(None)}
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(record: Record) -> str:
    """The record as one line of JSON, without the newline."""
    defaults = _DEFAULTS[_NAME_OF[type(record)]]
    body = {
        name: _to_json(value)
        for name, default in defaults.items()
        if (value := getattr(record, name)) is not None and not (value == default == ())
    }
    return json.dumps({_NAME_OF[type(record)]: body}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decode(line: str | bytes) -> Record | None:
    """The record that a line holds; None when its name is not one of ours.

    Raises ValueError when the line is not a record at all.
    """
    try:
        text = (line if isinstance(line, str) else line.decode("utf-8", "replace")).strip()
        told, end = _DECODER.raw_decode(text)
        if end != len(text):
            raise ValueError("more behind it")
        [(name, body)] = told.items()
        cls = NAMES.get(name)
        return None if cls is None else _build(cls, _FIELDS[name], body)
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a record: {error}") from None


def _build(cls: type[Any], known: dict[str, bool], body: dict[str, Any]) -> Any:
    """`known` are the field names, each with whether it may hold a number that JSON can't say."""
    if _NUMBERS.issuperset(map(type, body.values())) and known.keys() >= body.keys():
        return cls(**body)  # nearly every line of a long run is one of numbers alone
    return cls(**{name: _from_json(value, known[name]) for name, value in body.items() if name in known})


def _to_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    return value


def _from_json(value: Any, may_be_float: bool) -> Any:
    if isinstance(value, list):
        if (_SIMPLE if may_be_float else _SIMPLE | {str}).issuperset(map(type, value)):
            return tuple(value)  # nothing inside to look at: most arrays are such
        return tuple(_from_json(item, may_be_float) for item in value)
    if may_be_float and isinstance(value, dict):
        if _SIMPLE.issuperset(map(type, value.values())):
            return value
        return {key: _from_json(item, may_be_float) for key, item in value.items()}
    if may_be_float and isinstance(value, str):
        return _NOT_FINITE.get(value, value)
    return value
