"""One recording from start to end: the workload, the samplers, the stop, the End and the summary."""

from __future__ import annotations

import itertools
import signal
import sys
import time
import traceback
from dataclasses import replace

from mlperf_tui.recorder import workload
from mlperf_tui.recorder.environment import environment_for
from mlperf_tui.recorder.readings import Readings
from mlperf_tui.recorder.samplers import Samplers
from mlperf_tui.recorder.stopping import Stopping
from mlperf_tui.recorder.verdict import verdict
from mlperf_tui.records import About, End, Mark
from mlperf_tui.report.build import store
from mlperf_tui.sampling.tree import Tree
from mlperf_tui.session.alive import Process, myself
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.lock import Holders, Lock
from mlperf_tui.session.log import Tail
from mlperf_tui.session.rollup import whole
from mlperf_tui.steps.facts import boot_id, hostname

LOOK_EVERY_S = 0.1
HEAD_RECORDS = 100
"""How far into its file a rank may say who it is: our own workloads say a dozen marks before."""

IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGPIPE)


class Recording:
    """Records one session until its last process has ended."""

    def __init__(self, folder: Folder, lock: Lock) -> None:
        self._folder = folder
        self._lock = lock
        self._plan = folder.plan()
        self._holders = Holders(hostname(), boot_id(), recorder=myself())
        self._asked_to_stop = False
        self._readings = Readings(folder)

    def start(self, argv: list[str]) -> None:
        """Start the program and record it to its end. `argv` is the plan's with its secrets."""
        self._take_signals()
        self._lock.write(self._holders)
        workload.keep_orphans()
        try:
            program = workload.start(argv, self._plan.cwd, self._folder, environment_for(self._plan, self._folder))
        except OSError as error:
            code = 127 if isinstance(error, FileNotFoundError) else 126
            why = f"{argv[0]} can't be started: {error.strerror or error}"
            self._finish(End(time.monotonic_ns(), "failed", why, exit_code=code))
            return
        self._record(program)

    def adopt(self, process: Process) -> None:
        """Go on recording a program whose recorder was killed."""
        self._take_signals()
        self._holders = replace(self._holders, adopted=True)
        self._record(workload.adopt(process))

    def _record(self, program: workload.Workload) -> None:
        self._holders = replace(self._holders, workload=program.process)
        self._lock.write(self._holders)
        root = (program.process.pid, program.process.start)
        samplers = Samplers(self._folder, self._readings, Tree(self._plan.id, root))
        samplers.start()
        tree = Tree(self._plan.id, root)
        stopping = Stopping(program, tree, self._ranks, self._plan.grace_s)
        self._until_over(program, tree, stopping)
        samplers.end()
        run_stop = None if program.exit else self._run_stop()
        asked, killed = self._holders.stopping, stopping.killed
        end = verdict(time.monotonic_ns(), program.exit, stopping=asked, killed=killed, run_stop=run_stop)
        self._finish(end, samplers)

    def _until_over(self, program: workload.Workload, tree: Tree, stopping: Stopping) -> None:
        while program.running or tree.members():
            time.sleep(LOOK_EVERY_S)
            program.reap()
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

    def _run_stop(self) -> str | None:
        """What the program marked when it ended, where its exit code went unseen."""
        stops = [record for record in whole(self._folder).said if isinstance(record, Mark) and record.key == "run_stop"]
        return str(stops[-1].metadata.get("status")) if stops else None

    def _ranks(self) -> set[int]:
        """The processes that said of themselves that they are ranks, at the top of their files."""
        heads = [itertools.islice(Tail(path).read(), HEAD_RECORDS) for path in self._folder.steps()]
        return {record.pid for head in heads for record in head if isinstance(record, About)}

    def _stop(self, *_: object) -> None:
        self._asked_to_stop = True

    def _take_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        for number in IGNORED:
            # SIG_IGN would be handed down to the program; a handler is not.
            signal.signal(number, lambda *_: None)


def _failed(program: workload.Workload) -> bool:
    """Whether the first process has ended badly: what it left behind is then cleared away."""
    return program.exit is not None and (program.exit.signal is not None or program.exit.code != 0)
