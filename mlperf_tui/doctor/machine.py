"""The GPUs here, for who asks no more than what fits."""

from __future__ import annotations

from mlperf_tui.analysis.fits import Machine
from mlperf_tui.doctor import nvml
from mlperf_tui.doctor.patience import within
from mlperf_tui.records import Unavailable
from mlperf_tui.sampling.gpu import Gpus

HANGS = "the NVIDIA driver doesn't answer"


def machine() -> Machine:
    """The GPUs that NVML shows, or why it shows none; a driver that hangs is one."""
    try:
        return within(nvml.PATIENCE_S, _ask)
    except TimeoutError:
        return Machine((), f"{HANGS} within {nvml.PATIENCE_S:g} s")


def _ask() -> Machine:
    gpus = Gpus()
    try:
        whys = [note.reason for note in gpus.notes() if isinstance(note, Unavailable) and note.series == "gpu"]
        return Machine(gpus.infos, next(iter(whys), ""))
    finally:
        gpus.close()
