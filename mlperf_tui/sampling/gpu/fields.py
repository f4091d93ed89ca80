"""NVML's field values: many counters in one call (36 µs for eight), each with its own error, type and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pynvml

from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import refusal_of
from mlperf_tui.sampling.gpu.units import Count

ALL_LINKS = 0xFFFFFFFF
LINK_COUNT, LINK_SPEED_COMMON, LINK_SPEED = 91, 90, 164
LINK_KIB_TX, LINK_KIB_RX = 138, 139
LINK_BYTES_TX, LINK_BYTES_RX = 202, 204
PCIE_BYTES_TX, PCIE_BYTES_RX = 197, 198

Field = tuple[int, int]
"""A field's id and its scope: a link's number, or ALL_LINKS, or 0."""

CALL = "nvmlDeviceGetFieldValues"
_MEMBERS = (("dVal", 64), ("uiVal", 32), ("ulVal", 64), ("ullVal", 64), ("sllVal", 64), ("siVal", 32), ("usVal", 16))
"""Where in the union the value stands, and how many bits it has, by its type."""


def read_fields(device: Device, wanted: Sequence[Field], clock: Callable[[], int]) -> dict[Field, Count]:
    """Those of the wanted fields that answer."""
    asked = [field for field in wanted if device.may_ask(field_name(field))]
    values = device.ask(CALL, asked) if asked else None
    if values is None:
        return {}
    now_ns = clock()
    found = {field: _count(value, now_ns) for field, value in zip(asked, values, strict=True) if _is_good(value)}
    for field, value in zip(asked, values, strict=True):
        device.settle(field_name(field), found.get(field) or refusal_of(_code(value)))
    return found


def field_name(field: Field) -> str:
    """By what name a refusal of this field is remembered."""
    return f"field {field[0]} of {field[1]}"


def _is_good(value: Any) -> bool:
    return bool(value.nvmlReturn == pynvml.NVML_SUCCESS and value.valueType < len(_MEMBERS))


def _code(value: Any) -> int:
    return int(value.nvmlReturn) or int(pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH)


def _count(value: Any, now_ns: int) -> Count:
    member, bits = _MEMBERS[value.valueType]
    return Count(int(getattr(value.value, member)), int(value.timestamp), now_ns, bits)
