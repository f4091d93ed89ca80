"""How the GPUs are set: what of it changes what can be run or shown."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.doctor.groups import alike
from mlperf_tui.doctor.remedies import remedy
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding
from mlperf_tui.sampling.gpu.topology import Seat

ROOM = "gpus"
COMPUTE_MODES = {
    0: (SHOWN, "default: several processes may share a GPU", ""),
    2: (MISSING, "prohibited: no program may use it", "nvidia-smi -c 0, as root, opens it."),
    3: (
        PARTLY,
        "one process a GPU: `ab` can't have two resident together",
        "ab --no-turns measures them one after the other; nvidia-smi -c 0, as root, lets them share.",
    ),
}
"""By NVML's number; 1 has not been there for years."""


def modes(seats: list[Seat]) -> Iterator[Finding]:
    """MIG, the compute mode, and persistence."""
    for mig, ones in alike(seats, lambda seat: seat.mig).items():
        yield _mig(mig, _indices(ones))
    for mode, ones in alike(seats, lambda seat: seat.compute_mode).items():
        state, says, helps = COMPUTE_MODES.get(-1 if mode is None else mode, (SHOWN, "not told", ""))
        yield Finding(ROOM, "compute_mode", state, says, remedy=helps, gpus=_indices(ones))
    for persistence, ones in alike(seats, lambda seat: seat.persistence).items():
        yield _persistence(persistence, _indices(ones))


def _mig(mig: bool | None, whom: tuple[int, ...]) -> Finding:
    if not mig:
        return Finding(ROOM, "mig", SHOWN, "off" if mig is False else "none on this model", gpus=whom)
    return Finding(
        ROOM,
        "mig",
        PARTLY,
        "on: the GPU is read as a whole, its instances are not told apart",
        remedy=remedy("while MIG is on"),
        gpus=whom,
    )


def _persistence(persistence: bool | None, whom: tuple[int, ...]) -> Finding:
    if persistence is False:
        return Finding(
            ROOM,
            "persistence",
            PARTLY,
            "off: the driver unloads when nothing runs, and a first call takes seconds",
            remedy="nvidia-smi -pm 1, as root, or the service nvidia-persistenced.",
            gpus=whom,
        )
    return Finding(ROOM, "persistence", SHOWN, "on" if persistence else "not told", gpus=whom)


def _indices(seats: list[Seat]) -> tuple[int, ...]:
    return tuple(seat.index for seat in seats)
