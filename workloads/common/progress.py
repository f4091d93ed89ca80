"""The lines for people on stdout: one an epoch, and one every ten seconds within a long one."""

from __future__ import annotations

import time

import torch

from workloads.common.glance import Glance
from workloads.common.say import say

EVERY_S = 10.0


class Progress:
    """Counts the samples of an epoch, `batch` a step, and prints how it goes."""

    def __init__(self, device: torch.device, batch: int, unit: str = "images/s") -> None:
        self._batch = batch
        self._unit = unit
        self._glance = Glance(device)
        self.epoch(0)

    def epoch(self, number: int) -> None:
        """An epoch begins."""
        self._epoch = number
        self.start_over()

    def start_over(self) -> None:
        """What came before in this epoch counts no more in its rate: it was no training as it goes on."""
        self._count = 0
        self._began = time.monotonic()
        self._due = self._began + EVERY_S

    def step(self, step: int, loss: torch.Tensor) -> None:
        """A step ended; `loss` is a scalar, read later if it is on a GPU."""
        self._count += 1
        now = time.monotonic()
        if now < self._due:
            return
        self._glance.ask(loss)
        value = self._glance.answer()
        if value is not None:
            self._due = now + EVERY_S
            say(self._line(step, value, now))

    def trained(self, loss: torch.Tensor) -> None:
        """The epoch's training is over; what follows is not in its images/s. Waits for the GPU to get here."""
        self._loss = loss.item()
        self._took = time.monotonic() - self._began

    def line(self, step: int, quality: str) -> None:
        """Print the epoch's own line; `quality` such as `top-1 95.3 %`, "" when not evaluated."""
        say(self._line(step, self._loss, self._began + self._took, quality))

    def _line(self, step: int, loss: float, now: float, quality: str = "") -> str:
        rate = f"{self._count * self._batch / max(now - self._began, 1e-9):,.0f} {self._unit}" if self._count else ""
        parts = [f"epoch {self._epoch}", f"step {step}", f"loss {loss:.4f}", quality, rate]
        return "  ".join(part for part in parts if part)
