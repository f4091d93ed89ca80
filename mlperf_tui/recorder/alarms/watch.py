"""All alarms that records give cause for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mlperf_tui.recorder.alarms.disk import Disk
from mlperf_tui.recorder.alarms.gone import Gone
from mlperf_tui.recorder.alarms.heat import Heat
from mlperf_tui.recorder.alarms.held import Held
from mlperf_tui.recorder.alarms.losses import Losses
from mlperf_tui.recorder.alarms.silence import Silence
from mlperf_tui.recorder.alarms.slow import Slow
from mlperf_tui.records import GpuReading, HostReading, Late, Mark, Record, Step
from mlperf_tui.session.follow import Origin

NOBODY: Mapping[int, bool] = {}


class Watch:
    """Sees every record in order of time, at 100,000 steps a second, and is asked now and then what is wrong.

    Kinds: loss-not-finite, no-step, rank-silent, rank-slow, rank-gone, rank-stopped, thermal, disk-nearly-full. An
    alarm comes again only after it was over for a while. That a GPU is lost or says XID, and that the disk is full, is
    told by those who read them.
    """

    def __init__(self) -> None:
        self._losses = Losses()
        self._silence = Silence()
        self._slow = Slow()
        self._gone = Gone()
        self._held = Held()
        self._heat = Heat()
        self._disk = Disk()

    def see(self, origin: Origin, record: Record) -> None:
        """Take in one record; nearly all are steps."""
        kind = type(record)
        if kind is Step:
            self._silence.step(origin.rank or 0, record.t)  # type: ignore[union-attr]
            self._slow.step(origin.rank or 0, record)  # type: ignore[arg-type]
        elif kind is Late:
            self._losses.see(origin.rank or 0, record)  # type: ignore[arg-type]
            self._slow.late(origin.rank or 0, record)  # type: ignore[arg-type]
        elif isinstance(record, GpuReading):
            self._heat.see(record)
        elif isinstance(record, HostReading):
            self._disk.see(record, self._silence.steps)
        elif isinstance(record, Mark):
            self._silence.mark(record)

    def look(
        self,
        now: int,
        disk_free_bytes: int | None,
        alive: Mapping[int, bool] = NOBODY,
        stopped: Collection[int] = (),
    ) -> list[tuple[str, str]]:
        """What has begun since the last time: kind and sentence. `now` is monotonic ns.

        `alive` says of each rank that ever was whether a process of it is there, `stopped` whose process is stopped.
        """
        return [
            *self._losses.look(),
            *self._silence.look(now),
            *self._slow.look(now),
            *self._gone.look(now, NOBODY if self._silence.is_over else alive, marked=self._silence.is_marked),
            *self._held.look(now, stopped),
            *self._heat.look(),
            *self._disk.look(now, disk_free_bytes),
        ]
