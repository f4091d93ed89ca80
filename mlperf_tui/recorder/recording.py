"""One recording from start to end: the workload, the samplers, the stop, the End and the summary."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from functools import partial

from mlperf_tui.launch import ON_END
from mlperf_tui.recorder import workload
from mlperf_tui.recorder.environment import environment_for
from mlperf_tui.recorder.on_end import run_on_end
from mlperf_tui.recorder.ranks import Ranks
from mlperf_tui.recorder.readings import Readings
from mlperf_tui.recorder.run_threads import RunThreads
from mlperf_tui.recorder.samplers import Samplers
from mlperf_tui.recorder.stopping import Stopping
from mlperf_tui.recorder.verdict import verdict
from mlperf_tui.records import End, Mark, Plan
from mlperf_tui.report.build import store
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.host import oom_kills
from mlperf_tui.sampling.tree import Tree
from mlperf_tui.session.alive import Process, myself
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.lock import Holders, Lock
from mlperf_tui.session.redact import HIDDEN
from mlperf_tui.session.rollup import whole
from mlperf_tui.session.span import last_reading
from mlperf_tui.steps.facts import boot_id, hostname

LOOK_EVERY_S = 0.2
GAP_S = 3.0
"""Readings come each second, and a busy host delays one."""

IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE)


class Recording:
    """Records one session until its last process has ended."""

    def __init__(self, folder: Folder, lock: Lock) -> None:
        self._folder = folder
        self._lock = lock
        self._plan = folder.plan()
        self._on_end = os.environ.pop(ON_END, "")
        self._holders = Holders(hostname(), boot_id(), recorder=myself())
        self._asked_to_stop = False
        self._asked_to_dump = False
        self._helpers = Helpers()
        self._recorded_t = last_reading(folder)
        self._readings = Readings(folder)
        self._oom_kills = oom_kills()

    def start(self, argv: list[str]) -> None:
        """Start the program and record it to its end. `argv` is the plan's with its secrets."""
        self._take_signals()
        self._lock.write(self._holders)
        workload.keep_orphans()
        environment = environment_for(self._plan, self._folder)
        try:
            program = workload.start(argv, self._plan.cwd, self._folder, environment, self._helpers)
        except OSError as error:
            code = 127 if isinstance(error, FileNotFoundError) else 126
            why = f"{argv[0]} can't be started: {error.strerror or error}"
            self._finish(End(time.monotonic_ns(), "failed", why, exit_code=code))
            return
        self._record(program)

    def adopt(self, process: Process) -> None:
        """Go on recording a program whose recorder was killed."""
        self._take_signals()
        self._on_end = _as_planned(self._plan)
        self._holders = replace(self._holders, adopted=True)
        self._tell_the_gap()
        self._record(workload.adopt(process, self._helpers))

    def _tell_the_gap(self) -> None:
        """What nobody recorded is in no number: whoever reads them is told."""
        gap_s = (time.monotonic_ns() - self._recorded_t) / 1e9
        if self._recorded_t and gap_s >= GAP_S:
            self._readings.alarm("unrecorded", f"not recorded for {gap_s:.0f} s: its recorder was gone")

    def _record(self, program: workload.Workload) -> None:
        self._holders = replace(self._holders, workload=program.process)
        self._lock.write(self._holders)
        new_tree = partial(Tree, self._folder.path, (program.process.pid, program.process.start), self._helpers)
        samplers = Samplers(self._folder, self._readings, new_tree, self._helpers)
        samplers.start()
        tree, ranks = new_tree(), Ranks(self._folder)
        stopping = Stopping(program, tree, lambda: set(ranks.by_pid()), self._plan.grace_s)
        self._until_over(program, tree, stopping, samplers.threads)
        samplers.end()
        run_stop = None if program.exit else self._run_stop()
        asked, killed = self._holders.stopping, stopping.killed
        end = verdict(
            time.monotonic_ns(),
            program.exit,
            stopping=asked,
            killed=killed,
            run_stop=run_stop,
            no_memory=oom_kills() != self._oom_kills,
        )
        self._finish(end, samplers)

    def _until_over(self, program: workload.Workload, tree: Tree, stopping: Stopping, threads: RunThreads) -> None:
        while program.running or tree.members():
            time.sleep(LOOK_EVERY_S)
            program.reap()
            if self._asked_to_dump:
                self._asked_to_dump = False
                threads.dump_soon()
            if self._asked_to_stop and not self._holders.stopping:
                self._holders = replace(self._holders, stopping=True)
                self._lock.write(self._holders)
            if self._asked_to_stop or _failed(program):
                stopping.begin(time.monotonic())
            stopping.go_on(time.monotonic())

    def _finish(self, end: End, samplers: Samplers | None = None) -> None:
        self._readings.write(end)
        if samplers is not None:
            samplers.roll()
        try:
            store(self._folder)
        except OSError:
            traceback.print_exc(file=sys.stderr)
        self._readings.close()
        if self._on_end:
            run_on_end(self._folder, self._plan, end, self._on_end)

    def _run_stop(self) -> str | None:
        """What the program marked when it ended, where its exit code went unseen."""
        stops = [record for record in whole(self._folder).said if isinstance(record, Mark) and record.key == "run_stop"]
        return str(stops[-1].metadata.get("status")) if stops else None

    def _stop(self, *_: object) -> None:
        self._asked_to_stop = True

    def _dump(self, *_: object) -> None:
        self._asked_to_dump = True

    def _take_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGUSR1, self._dump)
        for number in IGNORED:
            # SIG_IGN would be handed down to the program; a handler is not.
            signal.signal(number, lambda *_: None)


def _failed(program: workload.Workload) -> bool:
    """Whether the first process has ended badly: what it left behind is then cleared away."""
    return program.exit is not None and (program.exit.signal is not None or program.exit.code != 0)


def _as_planned(plan: Plan) -> str:
    """The command for the end, for a recorder that nobody told; with a secret left out of it, it can't be run."""
    command = plan.on_end or ""
    return "" if HIDDEN in command else command
