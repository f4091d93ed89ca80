"""Readings of training time alone: the steps of the lowest rank say which ones these are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from mlperf_tui.records import Step, ThreadInfo, ThreadReading, Values
from mlperf_tui.session.launchers import Launchers
from mlperf_tui.session.series import Spread, Spreads, Stored

EVIDENCE = frozenset(
    {
        *(f"gpu.{name}" for name in ("busy_pct", "sm_pct", "tensor_pct", "dram_pct", "clock_mhz")),
        *(f"gpu.{name}" for name in ("limit_power", "limit_thermal", "pcie_tx_bytes_per_s", "pcie_rx_bytes_per_s")),
        *(f"link.{way}_bytes_per_s" for way in ("tx", "rx")),
        *(f"host.{name}" for name in ("run_cpu_cores", "cpu_cores")),
    }
)
"""The series that a verdict on the run's limit rests on."""

MAIN_CORES = "thread.main_cores"
"""A main thread's share of a core with autograd's threads, by rank: known of training time only."""

TRAINING, OPEN = "training.", "open."
KINDS = ("gpu", "link", "host", "thread")
PENDING = 32
"""So many readings wait for the step that they fall into; of a longer step the newest stand for all."""

GAP_NS = 10_000_000
"""Between two steps that follow each other there is no more than this."""


class TrainingSpreads:
    """Spreads of those readings whose whole time was training: it lay in steps, and so did the reading before.

    A value is a mean since the reading before, so the first one after a pause is still half of the pause. A reading
    waits for the step that ends behind it. `stored` holds what waits at the end of a minute, so that a reader who goes
    on from there comes to the same.
    """

    def __init__(self) -> None:
        self._spreads = Spreads()
        self._pending: deque[tuple[int, str, dict[str, Values]]] = deque(maxlen=PENDING)
        self._was_training: dict[str, bool] = {}
        self._launchers = Launchers()
        self._begin = 0
        self._step_t: int | None = None

    def step(self, step: Step) -> None:
        """A step has ended: what was read until then can be judged."""
        start = step.t - round(1e9 * ((step.host_s or 0.0) + (step.data_s or 0.0)))
        if self._step_t is None or start - self._step_t > GAP_NS:
            self._begin = start
        self._step_t = step.t
        while self._pending and self._pending[0][0] <= step.t:
            self._judge(*self._pending.popleft())

    def name(self, info: ThreadInfo) -> None:
        """Learn which threads launch kernels."""
        self._launchers.name(info)

    def threads(self, reading: ThreadReading) -> None:
        """Take in what the launching threads did."""
        shares = self._launchers.shares(reading)
        if shares:
            self.add(reading.t, {MAIN_CORES: tuple(shares.get(rank) for rank in range(max(shares) + 1))})

    def add(self, t: int, values: Mapping[str, Values]) -> None:
        """Take in a reading of `t` (monotonic ns); what is no evidence is left out."""
        kept = {name: cells for name, cells in values.items() if name in EVIDENCE or name == MAIN_CORES}
        if not kept:
            return
        kind = next(iter(kept)).partition(".")[0]
        if self._step_t is not None and t <= self._step_t:
            self._judge(t, kind, kept)
        else:
            self._pending.append((t, kind, kept))

    def forget(self) -> None:
        """The run starts again."""
        self.clear()
        self._pending.clear()
        self._was_training = {}

    def clear(self) -> None:
        """Begin the next stretch; what waits goes on waiting."""
        self._spreads = Spreads()

    def result(self) -> dict[str, tuple[Spread | None, ...]]:
        """By series, named `training.…`, and GPU or rank."""
        return {TRAINING + name: cells for name, cells in self._spreads.result().items()}

    def stored(self, plain: Mapping[str, tuple[Spread | None, ...]]) -> Stored:
        """What a minute keeps: the series that differ from the plain ones, and what still waits."""
        found = self.result()
        own = {TRAINING + name: found.get(TRAINING + name, ()) for name in EVIDENCE & plain.keys()}
        differing = {
            name: cells for name, cells in {**found, **own}.items() if cells != plain.get(name[len(TRAINING) :])
        }
        return {**dict(sorted(differing.items())), **self._waiting()}

    def merge(self, stored: Stored) -> None:
        """Take in a whole minute; where it has no series of training time, all of its time was that."""
        for name in (*EVIDENCE, MAIN_CORES):
            self._spreads.merge({name: stored.get(TRAINING + name, stored.get(name, ()))})
        self._wait_again({name[len(OPEN) :]: rows for name, rows in stored.items() if name.startswith(OPEN)})

    def _judge(self, t: int, kind: str, values: dict[str, Values]) -> None:
        is_training = t >= self._begin
        if is_training and self._was_training.get(kind):
            for name, cells in values.items():
                self._spreads.add(name, cells)
        self._was_training[kind] = is_training

    def _waiting(self) -> Stored:
        """Each value that waits behind its time, the launching threads by rank, and of what kind the last one counted.

        Autograd's threads have a row of their own: sessions of earlier versions lack it.
        """
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for t, _, values in self._pending:
            for name, cells in values.items():
                rows.setdefault(OPEN + name, []).append((t, *cells))
        if any(self._was_training.values()):
            rows[OPEN + "was_training"] = [tuple(int(self._was_training.get(kind, False)) for kind in KINDS)]
        if self._launchers.mains:
            rows[OPEN + "mains"] = list(self._launchers.mains.items())
        if self._launchers.autograds:
            rows[OPEN + "autograds"] = list(self._launchers.autograds.items())
        return {name: tuple(found) for name, found in rows.items()}

    def _wait_again(self, rows: Stored) -> None:
        [flags] = rows.get("was_training") or ((0,) * len(KINDS),)
        self._was_training = {kind: bool(flag) for kind, flag in zip(KINDS, flags or (), strict=False)}
        if rows.keys() & {"mains", "autograds"}:
            self._launchers = Launchers(_by_tid(rows.get("mains", ())), _by_tid(rows.get("autograds", ())))
        waiting: dict[tuple[int, str], dict[str, Values]] = {}
        for name, found in rows.items():
            kind = name.partition(".")[0]
            for t, *cells in (row for row in found if row and kind in KINDS):
                waiting.setdefault((int(t), kind), {})[name] = tuple(cells)
        self._pending = deque(((*key, waiting[key]) for key in sorted(waiting)), maxlen=PENDING)


def _by_tid(rows: Iterable[tuple[float, ...] | None]) -> dict[int, int]:
    """Ranks by their threads, as a minute stores them."""
    return {int(row[0]): int(row[1]) for row in rows if row}
