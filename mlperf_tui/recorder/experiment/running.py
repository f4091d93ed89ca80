"""One experiment from start to end: pair after pair, a look after each, until the answer is good enough."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace

from mlperf_tui.analysis.ab.levels import looks_due
from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.launch.ending import end_left
from mlperf_tui.recorder.experiment.pair import Pair
from mlperf_tui.recorder.experiment.run import RecorderLost, RunEnded
from mlperf_tui.recorder.on_end import run_on_end
from mlperf_tui.records import Alarm, Clock, End, Stage
from mlperf_tui.report.ab.build import build, store
from mlperf_tui.report.ab.read import Reader
from mlperf_tui.session.alive import myself
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.lock import Holders, Lock
from mlperf_tui.session.log import Log
from mlperf_tui.steps.facts import boot_id, hostname

IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE)
MOST_FAILURES = 3
"""In a row: a pair that failed is run again, since somebody may have killed it; one that fails so often won't do."""


class Stopped(Exception):
    """A person asked for the end."""


class OutOfTime(Exception):
    """The limit has come in the middle of a pair."""


class Running:
    """Runs one experiment; `argvs` are the plan's with their secrets, `on_end` too."""

    def __init__(self, folder: ExperimentFolder, lock: Lock, argvs: tuple[tuple[str, ...], ...], on_end: str) -> None:
        self._folder, self._lock, self._argvs, self._on_end = folder, lock, argvs, on_end
        self._plan = folder.plan()
        self._holders = Holders(hostname(), boot_id(), recorder=myself(), workload=myself())
        self._log = Log(folder.log())
        self._until = time.monotonic() + self._plan.limit_s
        self._asked_to_stop = False
        self._waits: dict[int, bool] = {}
        self._reader = Reader()
        self._begun: list[Pair] = []
        self._together = self._plan.turns
        self._number = 0
        self._last_s = 0.0

    def go(self) -> None:
        """Run pairs until one of the reasons to end has come; the report is written either way."""
        self._take_signals()
        self._lock.write(self._holders)
        os.chdir(self._plan.cwd)
        self._log.write(Clock(time.monotonic_ns(), time.time_ns(), hostname(), boot_id()))
        try:
            status, why = "finished", self._pairs()
        except Stopped:
            status, why = "stopped", "stopped by a person"
        except MlperfTuiError as error:
            status, why = "failed", str(error)
        except Exception as error:  # noqa: BLE001  whatever it is, the experiment's end must be written
            traceback.print_exc(file=sys.stderr)
            status, why = "failed", f"the runner itself failed: {error}"
        self._finish(End(time.monotonic_ns(), status, why, exit_code=0 if status == "finished" else None))

    def _pairs(self) -> str:
        """Why there are no more of them. Raises MlperfTuiError when no pair can be had."""
        failures = 0
        end_left(self._folder, self._say_left)
        ab = self._look()
        while (why := self._enough(ab)) is None:
            try:
                self._one_pair(1 + max((process.pair for process in ab.processes if ab.counts(process)), default=0))
                before, ab = ab, self._look()
                _check_counted(before, ab, self._number)
                failures = 0
            except OutOfTime:
                return self._time_is_up()
            except RunEnded as error:
                self._end_all()
                failures += 1
                if failures >= MOST_FAILURES:
                    raise MlperfTuiError(
                        f"given up after {failures} failures of pair {self._number}: {error}"
                    ) from None
                self._say_again(error)
        return why

    def _say_left(self, left: Sequence[Folder]) -> None:
        """What is ended before anything starts: it would share its time with the next run."""
        many = "a run" if len(left) == 1 else f"{len(left)} runs"
        names = ", ".join(run.id for run in left)
        self._alarm("left", f"the runner before is gone and has left {many} going, which must end first: {names}")

    def _one_pair(self, number: int) -> None:
        self._number, began = number, time.monotonic()
        if self._plan.turns and self._together:
            self._in_turns(number, began)
            return
        pair = self._new_pair(number)
        if self._plan.turns:
            pair.apart_in_windows()
        else:
            pair.apart_to_the_end()
        self._last_s = time.monotonic() - began

    def _in_turns(self, number: int, began: float) -> None:
        """While a pair's processes come to their end, the next pair's start, if there surely is a next one."""
        if not self._begun:
            self._begun.append(self._new_pair(number))
            self._begun[0].start()
        self._begun[0].in_turns()
        self._last_s = time.monotonic() - began
        if self._another_follows(number):
            self._begun.append(self._new_pair(number + 1))
            self._begun[1].start()
        self._begun.pop(0).stop()

    def _another_follows(self, number: int) -> bool:
        return not looks_due(number) and number < self._plan.most_pairs and not self._too_late()

    def _new_pair(self, number: int) -> Pair:
        def say(text: str, arm: str | None = None, session: str | None = None) -> None:
            self._log.write(Stage(time.monotonic_ns(), text, number, arm, session))

        return Pair(self._folder, number, self._argvs, say, self._idle, self._waits)

    def _end_all(self) -> None:
        while self._begun:
            self._begun.pop().stop()

    def _say_again(self, error: RunEnded) -> None:
        """Both at once may only have been too much for the memory."""
        if self._together and self._last_s == 0 and not isinstance(error, RecorderLost):
            self._together = False
            self._alarm("apart", f"both at once failed ({error}): one process after the other from here on")
        else:
            self._alarm("pair-failed", f"pair {self._number} failed and is run again: {error}")

    def _look(self) -> Ab:
        self._reap()
        ab = build(self._folder, self._reader)
        store(self._folder, ab)
        return ab

    def _enough(self, ab: Ab) -> str | None:
        """Why no other pair is needed; None where one is."""
        if ab.refused and ab.pairs:
            raise MlperfTuiError(f"these can't be compared: {ab.refused[0]}")
        if looks_due(ab.pairs) and all(comparison.speed.settled for comparison in ab.comparisons):
            return f"settled after {ab.pairs} pairs"
        if ab.pairs >= self._plan.most_pairs:
            return f"ended after {_pairs(ab)}, as many as were asked for"
        if not self._begun and self._too_late():
            return f"ended after {_pairs(ab)}: another one would have taken longer than the {self._limit} asked for"
        return None

    def _too_late(self) -> bool:
        """Whether another pair, if it lasts as long as the last one, would not be ended in time."""
        return time.monotonic() + self._last_s > self._until

    def _time_is_up(self) -> str:
        continued = len(self._folder.readings()) > 1
        ended = f"ended {self._limit} after it was continued" if continued else f"ended after {self._limit}"
        return f"{ended}, as long as was asked for"

    @property
    def _limit(self) -> str:
        return f"{self._plan.limit_s:.0f} s"

    def _alarm(self, kind: str, text: str) -> None:
        self._log.write(Alarm(time.monotonic_ns(), kind, text))

    def _idle(self) -> None:
        """Raises Stopped or OutOfTime when the pair is to be broken off."""
        if self._asked_to_stop:
            raise Stopped
        if time.monotonic() >= self._until:
            raise OutOfTime

    def _finish(self, end: End) -> None:
        self._end_all()
        with contextlib.suppress(OSError, MlperfTuiError):
            self._look()
        self._log.write(end)
        self._log.close()
        if self._on_end:
            run_on_end(self._folder, self._plan, end, self._on_end)

    def _stop(self, *_: object) -> None:
        self._asked_to_stop = True
        self._holders = replace(self._holders, stopping=True)
        self._lock.write(self._holders)

    def _reap(self) -> None:
        """The sessions' recorders are this process's children, and have ended with their sessions."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def _take_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        for number in IGNORED:
            signal.signal(number, lambda *_: None)


def _pairs(ab: Ab) -> str:
    return f"{ab.pairs} pair{'' if ab.pairs == 1 else 's'}"


def _check_counted(before: Ab, now: Ab, pair: int) -> None:
    """Raise RunEnded where a pair has run to its end, and nothing could be measured."""
    if now.pairs <= before.pairs:
        odd = [process for process in now.processes if process.pair == pair and not process.usable]
        of = f" of {odd[-1].session}" if odd else ""
        raise RunEnded(
            f"no step{of} could be measured: a command must report its steps (mlperf_tui.steps, three lines)"
        )
