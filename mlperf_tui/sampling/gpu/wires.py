"""Which NVLinks a GPU has up, and how fast one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pynvml

from mlperf_tui.sampling.gpu import fields
from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Refusal
from mlperf_tui.sampling.gpu.fields import read_fields

MOST_LINKS = 72
MEGABYTE = 1_000_000

_STATE = "nvmlDeviceGetNvLinkState"


@dataclass(frozen=True, slots=True)
class Wires:
    """A GPU's active NVLinks by number, and the speed of one in one direction."""

    ids: tuple[int, ...]
    bytes_per_s: float | None

    def cap(self, links: int) -> float | None:
        """What so many links can carry."""
        return None if self.bytes_per_s is None else links * self.bytes_per_s


def find_wires(device: Device, clock: Callable[[], int]) -> Wires:
    """The links that are up: by field 91 how many there may be, then by each one's state; speed by fields 90 or 164."""
    wanted = [(fields.LINK_COUNT, 0), (fields.LINK_SPEED_COMMON, 0)]
    found = read_fields(device, wanted, clock)
    count = found[wanted[0]].value if wanted[0] in found else MOST_LINKS
    ids = _active(device, count)
    speed = found.get(wanted[1])
    if ids and (speed is None or speed.value == 0):
        speed = read_fields(device, [(fields.LINK_SPEED, ids[0])], clock).get((fields.LINK_SPEED, ids[0]))
    return Wires(ids, float(speed.value * MEGABYTE) if ids and speed and speed.value else None)


def refusal_of_links(device: Device) -> Refusal | None:
    """What kept us from finding any, if something did."""
    return device.refusal(_STATE) or device.refusal(fields.field_name((fields.LINK_COUNT, 0)))


def _active(device: Device, count: int) -> tuple[int, ...]:
    found = []
    for link in range(count):
        state = device.ask(_STATE, link)
        if state is None:
            break
        if state == pynvml.NVML_FEATURE_ENABLED:
            found.append(link)
    return tuple(found)
