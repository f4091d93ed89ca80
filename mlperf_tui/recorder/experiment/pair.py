"""One pair: a process of each arm with the same seed, in turns or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mlperf_tui import launch
from mlperf_tui.launch.ending import end_runs, told_to_end
from mlperf_tui.recorder.experiment.run import Run, RunEnded, ending
from mlperf_tui.recorder.experiment.turn_file import TurnFile
from mlperf_tui.recorder.experiment.windows import (
    LEAST_STEPS,
    MOST_WARM_UPS,
    WAITS,
    WARM_UP_STEPS,
    is_warm,
    window_steps,
)
from mlperf_tui.records import Experiment, Plan
from mlperf_tui.session.experiments import ExperimentFolder, session_id

Say = Callable[..., None]


@dataclass(slots=True)
class Member:
    """One process of the pair. `turn` is None where it isn't given turns."""

    arm: int
    label: str
    run: Run
    turn: TurnFile | None


class Pair:
    """Runs one pair. `say(text, arm=…, session=…)` notes what is being done; `idle` may raise to break it off.

    `waits` remembers by arm whether it was seen waiting for data: of an arm that wasn't seen yet, it is supposed.
    """

    def __init__(
        self,
        folder: ExperimentFolder,
        number: int,
        argvs: Sequence[tuple[str, ...]],
        say: Say,
        idle: Callable[[], None],
        waits: dict[int, bool],
    ) -> None:
        self._folder, self._number, self._argvs = folder, number, argvs
        self._plan = folder.plan()
        self._say, self._idle, self._waits = say, idle, waits
        self._members: list[Member] = []

    @property
    def order(self) -> list[int]:
        """The arms in this pair's order: A B, then B A."""
        forward = list(range(len(self._plan.arms)))
        return forward if self._number % 2 else forward[::-1]

    def start(self) -> None:
        """Start all processes at once; each waits for its first turn."""
        for arm in self.order:
            self._start(arm, turns=True)

    def in_turns(self) -> None:
        """Of the processes that were started each is measured while the others wait: A B B A.

        Raises RunEnded when one ends early. They are asked to end, and not waited for.
        """
        for member in self._members:
            member.run.wait_for_turn_end(0)
        for member in self._members:
            self._warm_up(member)
        for member in self._members:
            self._measure(member, 2)
        for member in reversed(self._members):
            self._measure(member, 1)
        self._free()
        for member in self._members:
            told_to_end(member.run.folder)

    def apart_in_windows(self) -> None:
        """One process after the other, each measured in its two windows: they don't fit in memory together."""
        for arm in self.order:
            try:
                member = self._start(arm, turns=True)
                member.run.wait_for_turn_end(0)
                self._warm_up(member)
                self._measure(member, 2)
                self._measure(member, 1)
            finally:
                self.stop()

    def apart_to_the_end(self) -> None:
        """One process after the other, each to its own end. Raises RunEnded when one doesn't finish."""
        try:
            for arm in self.order:
                member = self._start(arm, turns=False)
                word = member.run.wait_for_end(lambda member=member: self._trains(member))  # type: ignore[misc]
                if word != "finished":
                    raise RunEnded(f"{member.run.folder.id} {word}: {ending(member.run.folder)}")
        finally:
            self.stop()

    def stop(self) -> None:
        """End what still runs, all at once, and wait for it."""
        self._free()
        end_runs([member.run.folder for member in self._members])
        for member in self._members:
            if member.turn is not None:
                member.turn.close()
        self._members = []

    def _free(self) -> None:
        """Nobody waits for a turn any more: all are to end."""
        for member in self._members:
            if member.turn is not None:
                member.turn.free()

    def _start(self, arm: int, *, turns: bool) -> Member:
        plan, label = self._plan, self._plan.arms[arm]
        argv, options = self._argvs[arm], plan.options[arm]
        if plan.seeded:
            argv, options = launch.with_seed(argv, options, plan.seed + self._number - 1)
        session = session_id(self._folder.path.parent, plan.id, self._number, arm)
        self._say(f"starting {label}", arm=label, session=session)
        held: list[TurnFile] = []
        folder = launch.start(
            replace(_planned(plan, arm, argv, options), id=session, arm=label, pair=self._number, turns=turns or None),
            argv,
            self._folder.path.parent,
            environment=plan.envs[arm],
            prepare=lambda folder: held.append(TurnFile(folder)) if turns else None,
        )
        member = Member(arm, label, Run(folder, self._idle), held[0] if held else None)
        self._members.append(member)
        return member

    def _trains(self, member: Member) -> None:
        self._say(f"running {member.label}", arm=member.label, session=member.run.folder.id)

    def _warm_up(self, member: Member) -> None:
        self._say(f"warming up {member.label}", arm=member.label, session=member.run.folder.id)
        for _ in range(MOST_WARM_UPS):
            self._advance(member, WARM_UP_STEPS)
            if is_warm(member.run):
                return

    def _measure(self, member: Member, windows_left: int) -> None:
        self._say(f"measuring {member.label}", arm=member.label, session=member.run.folder.id)
        waits = self._waits.get(member.arm, True)
        self._advance(member, window_steps(member.run, windows_left, waits=waits))
        self._waits[member.arm] = member.run.data_wait_share(LEAST_STEPS) > WAITS

    def _advance(self, member: Member, steps: int) -> None:
        assert member.turn is not None
        until = member.run.steps + steps
        member.turn.allow(until)
        member.run.wait_for_turn_end(until)


def _planned(plan: Experiment, arm: int, argv: tuple[str, ...], options: dict[str, object]) -> Plan:
    """The plan of one session, as `run` would have made it."""
    asked = launch.Request(
        workload=plan.workload if plan.kind == "workload" else None,
        command=() if plan.kind == "workload" else argv,
        options=options,
        grace_s=plan.grace_s,
        environment=plan.envs[arm],
    )
    return replace(launch.plan(asked, argv), experiment=plan.id, utc=_now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
