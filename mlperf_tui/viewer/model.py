"""The pure fold behind the screen: records and minutes in, a frozen Snapshot out. It knows no clock, file or widget."""

from __future__ import annotations

import dataclasses

from mlperf_tui.analysis.quality import evaluations, quality
from mlperf_tui.records import COMPILES, About, Alarm, Clock, Late, Mark, Minute, Plan, Record, Step, decode
from mlperf_tui.session.follow import Origin
from mlperf_tui.session.status import ENDED, Status
from mlperf_tui.viewer.device import device_words
from mlperf_tui.viewer.estimate import estimate
from mlperf_tui.viewer.happened import Happened
from mlperf_tui.viewer.history import SECONDS
from mlperf_tui.viewer.limits import Limits
from mlperf_tui.viewer.machine import Machine
from mlperf_tui.viewer.snapshot import Cost, Dump, GpuNow, Learning, Snapshot, Training
from mlperf_tui.viewer.training import SECOND_NS, TrainingFold


class Model:
    """Takes records in order of time; minutes of before first. `boot` is the host and boot that `t` holds for."""

    def __init__(self, plan: Plan) -> None:
        self.last_t = 0
        self.boot: tuple[str, str] | None = None
        self._plan = plan
        self._began: int | None = None
        self._abouts: dict[int, About] = {}
        self._training = TrainingFold()
        self._machine = Machine()
        self._limits = Limits()
        self._happened = Happened()

    def recall(self, minute: Minute, newest: int) -> None:
        """Take in a minute of before; histories keep what lies near `newest`, the end of the last one."""
        self._see(minute.t0)
        self._see(minute.t1)
        for line in minute.said:
            if (record := decode(line)) is not None:
                self._say(record)
        if minute.ranks:
            self._machine.recent.grow_up()
        in_sight = newest - minute.t1 < SECONDS * SECOND_NS
        self._training.recall(minute, in_sight=in_sight)
        if in_sight:
            self._machine.recall(minute)

    def add(self, origin: Origin, record: Record) -> None:
        """Take in one record."""
        self._see(getattr(record, "t", 0))
        if isinstance(record, Step):
            self._training.step(origin.rank or 0, record)
            self._place(origin.rank or 0, record)
        elif isinstance(record, Late):
            self._training.late(origin.rank or 0, record)
        else:
            self._say(record)

    def snapshot(self, now: int, status: Status, output: tuple[str, ...] = (), *, past: bool = False) -> Snapshot:
        """The state at `now` (monotonic ns of the session's host); `past` when the session went on after it."""
        self._training.turn(now // SECOND_NS + (status.word in ENDED and not past))
        about = self._about()
        used = {about.gpu_uuid for about in self._abouts.values() if about.gpu_uuid}
        ended = status.word in ENDED and not past
        gpus = self._machine.gpus(now, used, ended=ended)
        host = self._machine.host(now)
        training = self._training_now(now, gpus, live=not ended)
        precision = about.precision if about and about.precision else self._plan.precision
        return Snapshot(
            plan=self._plan,
            status=status,
            now=now,
            wall_ns=self._happened.wall_ns(now),
            began=self._began,
            elapsed_s=None if self._began is None else (now - self._began) / SECOND_NS,
            precision=precision,
            device=device_words(self._abouts.values(), gpus, host),
            batch=about.samples_per_step if about and about.samples_per_step else self._plan.batch,
            ranks=about.world if about else 1,
            flop_per_sample=about.flop_per_sample if about else None,
            epoch=self._happened.epoch(),
            epochs=about.epochs if about else None,
            steps_before=about.steps_before if about else 0,
            training=training,
            learning=self._learning(about, now),
            gpus=gpus,
            no_gpu=self._machine.notes.reason("gpu"),
            links=self._machine.links(now, (self._training.last() if ended else training.now).step_s, ended=ended),
            threads=self._machine.threads.now(now, self._machine.notes.reason("thread.frame"), ended=ended),
            dump=self._dump(),
            limited=None if ended else self._limits.now(now, self._machine, gpus, training, precision),
            cost=Cost() if status.word in ENDED else self._machine.cost(),
            known=self._machine.known(now),
            host=host,
            events=self._happened.events(),
            output=output,
            alarms=self._happened.alarms(),
        )

    def _place(self, rank: int, step: Step) -> None:
        """When the first rank trained; the others do as it does."""
        if rank == min(self._abouts, default=rank):
            took_s = (step.data_s or 0.0) + (step.host_s or 0.0)
            self._machine.recent.step(step.t - round(took_s * SECOND_NS), step.t)

    def _dump(self) -> Dump | None:
        found = self._machine.threads.dump()
        return Dump(found[0], self._happened.wall_ns(found[0]), found[1]) if found else None

    def _say(self, record: Record) -> None:
        match record:
            case About():
                self._abouts[record.rank] = record
            case Mark():
                self._happened.mark(record)
                self._training.pauses(record.key)
                if record.key in {"run_start", "run_stop"}:
                    self._machine.running = record.key == "run_start"
                if record.key in COMPILES:
                    self._training.compiles(record.t, now=record.key == COMPILES[0])
            case Alarm():
                self._happened.alarm(record)
                self._machine.add(record)
            case Clock():
                self._happened.clock(record)
                self.boot = (record.host, record.boot_id)
            case _:
                self._machine.add(record)

    def _see(self, t: int) -> None:
        if t:
            self._began = t if self._began is None else self._began
            self.last_t = max(self.last_t, t)

    def _about(self) -> About | None:
        return self._abouts[min(self._abouts)] if self._abouts else None

    def _training_now(self, now: int, gpus: tuple[GpuNow, ...], *, live: bool) -> Training:
        powers = [gpu.power_w for gpu in gpus if gpu.used is not False]
        known = [power for power in powers if power is not None]
        spent = sum(known) if known and len(known) == len(powers) else None
        return dataclasses.replace(self._training.training(now, live=live), spent_w=spent)

    def _learning(self, about: About | None, now: int) -> Learning:
        marks = self._happened.marks
        found = quality(self._plan, about, marks)
        seen = next(iter(evaluations(marks).values()), [])
        first = found[0] if found else None
        return Learning(
            loss=self._training.loss(),
            losses=self._training.losses.track(now // SECOND_NS),
            nan_steps=self._training.nan_steps(),
            qualities=found,
            evaluations=len(seen),
            estimate_s=estimate(seen, first.target, first.direction, now) if first else None,
        )
