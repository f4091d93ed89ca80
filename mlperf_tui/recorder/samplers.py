"""What is read from the machine and how often, each thing at its own pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from mlperf_tui.recorder.alarms import Watch
from mlperf_tui.recorder.loop import Pace
from mlperf_tui.recorder.output import Output
from mlperf_tui.recorder.readings import Readings
from mlperf_tui.recorder.run_threads import RunThreads
from mlperf_tui.records import GpuReading, HostReading
from mlperf_tui.sampling.gpu import Gpus
from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.host import Host, disk_free, host_info
from mlperf_tui.sampling.tree import Tree
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.rollup import Roller
from mlperf_tui.steps.facts import hostname

END_PATIENCE_S = 1.0
PCIE_EVERY = 10
LOOK_EVERY_S = 0.5
"""Where py-spy is quick; `LOOK_SHARE` makes it wait longer."""


class Samplers:
    """All paces of a recording."""

    def __init__(self, folder: Folder, readings: Readings, new_tree: Callable[[], Tree], helpers: Helpers) -> None:
        self._folder = folder
        self._readings = readings
        self._tree = new_tree()
        self._helpers = helpers
        self.threads = RunThreads(folder, readings, new_tree(), helpers)
        self._host = Host()
        self._output = Output(folder)
        self._watch = Watch()
        self._roller = Roller(folder, hostname(), see=self._watch.see)
        self._gpus: Gpus | None = None
        self._has_links = False
        self._ticks = 0
        self._paces = [
            Pace("gpu", 1.0, self._read_gpus),
            Pace("link", 1.0, self._read_links),
            Pace("host", 2.0, self._read_host),
            Pace("threads", 3.0, self.threads.read),
            Pace("stacks", LOOK_EVERY_S, self.threads.look),
            Pace("output", 0.5, self._output.take_marks),
            Pace("cap", 10.0, self._cap_output),
            Pace("clock", 60.0, self._readings.clock),
            Pace("rollup", 5.0, self._roll),
        ]

    def start(self) -> None:
        self._readings.write(host_info(hostname()))
        for pace in self._paces:
            pace.start()

    def end(self) -> None:
        """Stop all paces, and take in what is left: of the output, and what gives cause for an alarm."""
        for pace in self._paces:
            pace.end(END_PATIENCE_S)
        self._read_host()
        self._output.take_marks(last=True)
        self._output.close()
        self._close_gpus()
        self.threads.end(END_PATIENCE_S)
        self._raise_alarms()

    def roll(self) -> None:
        """The last rollup, once everything else has been written."""
        self._roller.roll(last=True)
        self._roller.close()

    def _roll(self) -> None:
        """Fold what is new, and raise the alarms that it gives cause for. A run that stalls dumps its stacks."""
        if "no-step" in self._raise_alarms():
            self.threads.dump_soon()

    def _raise_alarms(self) -> set[str]:
        self._roller.roll()
        free, threads = disk_free(self._folder.path), self.threads
        begun = self._watch.look(time.monotonic_ns(), free, threads.ranks(), threads.stopped())
        for kind, text in begun:
            self._readings.alarm(kind, text)
        return {kind for kind, _ in begun}

    def _read_gpus(self) -> None:
        if self._gpus is None:
            gpus = Gpus()
            self._readings.write(*gpus.infos)
            self._gpus = gpus
        reading = self._gpus.read()
        notes = self._gpus.notes()
        self._readings.write(*notes, *self._gpus.alarms(), *([self._thinned(reading)] if reading else []))

    def _thinned(self, reading: GpuReading) -> GpuReading:
        """PCIe is written each tick where it is the only way between GPUs, else each tenth: a day is to stay small."""
        self._ticks += 1
        if self._ticks % PCIE_EVERY == 2 or not self._has_links:
            return reading
        return replace(reading, pcie_tx_bytes_per_s=(), pcie_rx_bytes_per_s=())

    def _close_gpus(self) -> None:
        """Energy once more, so that what was used has an end; all else of that moment is no longer the run's."""
        if self._gpus is not None:
            if (last := self._gpus.read(with_energy=True)) is not None:
                self._readings.write(GpuReading(last.t, energy_j=last.energy_j))
            self._gpus.close()

    def _read_links(self) -> None:
        if self._gpus is not None and (reading := self._gpus.links()) is not None:
            self._has_links = True
            self._readings.write(reading)

    def _read_host(self) -> None:
        host, run = self._host.read(), self._tree.read()
        lives = run.processes > 0
        self._readings.tell_if_full()
        self._readings.write(
            HostReading(
                t=time.monotonic_ns(),
                cpu_cores=_short(host.cpu_cores),
                load_1m=_short(host.load_1m),
                memory_used_bytes=host.memory_used_bytes,
                swapped_bytes=host.swapped_bytes,
                run_cpu_cores=_short(run.cpu_cores) if lives else None,
                run_memory_bytes=run.memory_bytes if lives else None,
                run_processes=run.processes,
                run_threads=run.threads if lives else None,
                output_bytes=self._output.size(),
                disk_free_bytes=disk_free(self._folder.path),
                monitor_cpu_s=round(time.process_time() + self._helpers.cpu_s, 3),
                late_ticks=sum(pace.late for pace in self._paces),
                lines_lost=self._readings.lost + self._output.lost,
            )
        )

    def _cap_output(self) -> None:
        told = self._output.cap()
        if told is not None:
            self._readings.alarm("output-cut", told)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
