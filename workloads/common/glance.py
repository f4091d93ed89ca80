"""A look at a number that the GPU is still computing, without waiting for it."""

from __future__ import annotations

import torch


class Glance:
    """Asks for a scalar tensor now and hands out its value once the device has got there."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pinned = torch.empty((), pin_memory=True) if device.type == "cuda" else torch.empty(())
        self._event: torch.cuda.Event | None = None
        self._open = False

    def ask(self, value: torch.Tensor) -> None:
        """Note a scalar; a question not yet answered stands."""
        if self._open:
            return
        self._open = True
        self._pinned.copy_(value.detach(), non_blocking=True)
        if self._device.type == "cuda":
            self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._event.record()

    def answer(self) -> float | None:
        """The value last asked for, once; None while it isn't there."""
        if not self._open or not self._arrived():
            return None
        self._open = False
        return float(self._pinned)

    def _arrived(self) -> bool:
        return self._event is None or bool(self._event.query())  # type: ignore[no-untyped-call]
