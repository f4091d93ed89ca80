"""What this machine has, asked when a person wants to know it: no run is needed for that."""

from __future__ import annotations

from mlperf_tui.analysis.fits import Machine
from mlperf_tui.records import Unavailable
from mlperf_tui.sampling.gpu import Gpus


def machine() -> Machine:
    """The GPUs that NVML shows, or why it shows none."""
    gpus = Gpus()
    try:
        whys = [note.reason for note in gpus.notes() if isinstance(note, Unavailable) and note.series == "gpu"]
        return Machine(gpus.infos, next(iter(whys), ""))
    finally:
        gpus.close()
