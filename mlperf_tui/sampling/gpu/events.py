"""Critical events (XIDs) as the driver reports them, asked for without waiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pynvml

from mlperf_tui.sampling.gpu.device import Device
from mlperf_tui.sampling.gpu.door import Refusal, attempt
from mlperf_tui.sampling.gpu.notes import Notes

SERIES = "gpu.xid"
AT_ONCE = 32


class Xids:
    """An event set that all GPUs are registered with."""

    def __init__(self, devices: Sequence[Device], notes: Notes) -> None:
        self._set: Any = attempt("nvmlEventSetCreate")
        if isinstance(self._set, Refusal):
            notes.unavailable(SERIES, self._set.reason)
            self._set = None
            return
        for device in devices:
            device.ask("nvmlDeviceRegisterEvents", pynvml.nvmlEventTypeXidCriticalError, self._set)
            device.explain(SERIES, "nvmlDeviceRegisterEvents")

    def new(self) -> list[tuple[int, int]]:
        """Each new one: the GPU by NVML's index (-1 where the driver can't say) and the XID."""
        found: list[tuple[int, int]] = []
        while self._set is not None and len(found) < AT_ONCE:
            event = attempt("nvmlEventSetWait_v2", self._set, 0)
            if isinstance(event, Refusal):  # the ordinary one is a time-out: nothing has happened
                break
            if event.eventType & pynvml.nvmlEventTypeXidCriticalError:
                index = attempt("nvmlDeviceGetIndex", event.device)
                found.append((-1 if isinstance(index, Refusal) else index, int(event.eventData)))
        return found

    def close(self) -> None:
        """Give the set back."""
        if self._set is not None:
            attempt("nvmlEventSetFree", self._set)
            self._set = None
