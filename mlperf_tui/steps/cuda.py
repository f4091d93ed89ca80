"""CUDA's side of a step: its own time, and the values it leaves on the GPU, read later and without waiting."""

from __future__ import annotations

import ctypes
import math
import sys
import time
from collections import deque
from typing import Any, Deque, Iterator, List, NamedTuple, Optional, Tuple

from mlperf_tui.steps.lines import late_line

RING = 256
"""How many steps the host may run ahead of the GPU before a step goes without its Late line."""


class _Pending(NamedTuple):
    """A moment that the GPU has still to reach: the end of step `n`, or with `n` None the start of a loop.

    `exchange` says whether the slot's pair of events encloses a wait for other ranks in this step.
    """

    n: Optional[int]
    slot: int
    after: Optional[int]
    told: Tuple[bool, ...]
    lr: Optional[float]
    skipped: Optional[bool]
    exchange: bool


class CudaClock:
    """CUDA's own time of each step and the values that a step leaves on the GPU, without ever waiting for it.

    One event ends each step; the ring's slot of that event, in pinned memory, takes the step's values. Both are read
    at the end of a later step, once the event is done. A slot is free again when the step after it has been read.
    """

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._events = [torch.cuda.Event(enable_timing=True) for _ in range(RING)]
        self._slots = torch.zeros((RING, 3), dtype=torch.float32, pin_memory=True)
        self._cells = [tuple(row) for row in self._slots]
        # The same memory without torch in between, which would cost microseconds a number.
        self._numbers = (ctypes.c_float * (3 * RING)).from_address(self._slots.data_ptr())
        self._stream = torch.cuda.current_stream()
        self._pending: Deque[_Pending] = deque()
        self._last: Optional[int] = None
        self._next = 0
        self._scale = -math.inf
        self._memory_due = 0
        self._exchanges: List[Tuple[Any, Any]] = []
        self._exchange = 0

    @classmethod
    def if_used(cls) -> Optional[CudaClock]:
        """A timer where torch is loaded and has started CUDA, else None."""
        torch = sys.modules.get("torch")
        if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
            return None
        return cls(torch)

    def begin(self) -> None:
        """A loop starts: the next step's time runs from here, not from the end of the step before.

        The stream is the one that is current now: to ask at each step costs more than all the rest.
        """
        self._stream = self._torch.cuda.current_stream()
        self._last = self._note(None, None, (), None, None)

    def allreduce_start(self) -> None:
        """The stream has come to where only the exchange of this step's gradients is left."""
        if not self._exchanges:
            event = self._torch.cuda.Event
            self._exchanges = [(event(enable_timing=True), event(enable_timing=True)) for _ in range(RING)]
        self._exchanges[self._next][0].record(self._stream)
        self._exchange = 1

    def allreduce_stop(self) -> None:
        """The stream has come to where the exchange is done."""
        if self._exchange == 1:
            self._exchanges[self._next][1].record(self._stream)
            self._exchange = 2

    def end(
        self, t: int, n: int, values: Tuple[Any, ...], lr: Optional[float], skipped: Optional[bool]
    ) -> Iterator[str]:
        """Note the end of step `n`; the Late lines of those steps that the GPU has finished by now."""
        self._last = self._note(n, self._last, values, lr, skipped)
        return self._done(t)

    def rest(self, until_ns: int) -> Iterator[str]:
        """The Late lines still owed, as far as the GPU finishes them in time."""
        while self._pending and time.monotonic_ns() < until_ns:
            yield from self._done(until_ns)
            time.sleep(0.001)

    def _note(
        self,
        n: Optional[int],
        after: Optional[int],
        values: Tuple[Any, ...],
        lr: Optional[float],
        skipped: Optional[bool],
    ) -> Optional[int]:
        exchange, self._exchange = self._exchange == 2, 0
        if len(self._pending) > RING - 3:
            return None
        slot = self._next
        self._next = (slot + 1) % RING
        for cell, value in zip(self._cells[slot], values):
            if value is not None:
                _leave(cell, value)
        self._events[slot].record(self._stream)
        told = tuple(value is not None for value in values)
        self._pending.append(_Pending(n, slot, after, told, lr, skipped, exchange))
        return slot

    def _done(self, t: int) -> Iterator[str]:
        while self._pending and self._events[self._pending[0].slot].query():
            moment = self._pending.popleft()
            if moment.n is not None:
                yield self._late(moment, t)

    def _late(self, moment: _Pending, t: int) -> str:
        assert moment.n is not None
        at, told = 3 * moment.slot, moment.told
        loss = self._numbers[at] if told[0] else None
        grad_norm = self._numbers[at + 1] if told[1] else None
        loss_scale = self._numbers[at + 2] if told[2] else None
        numbers = (loss, grad_norm, loss_scale)
        skipped = self._skipped(loss_scale) if moment.skipped is None else moment.skipped
        seconds = None
        if moment.after is not None:
            seconds = self._events[moment.after].elapsed_time(self._events[moment.slot]) / 1e3
        exposed = None
        if moment.exchange:
            start, stop = self._exchanges[moment.slot]
            exposed = start.elapsed_time(stop) / 1e3
        return late_line(moment.n, seconds, numbers, moment.lr, skipped, self._memory(t), exposed)

    def _skipped(self, scale: Optional[float]) -> Optional[bool]:
        if scale is None:
            return None
        fell = scale < self._scale
        self._scale = scale
        return fell

    def _memory(self, t: int) -> Optional[int]:
        """Torch's peak, once a second: asking costs tens of microseconds."""
        if t < self._memory_due:
            return None
        self._memory_due = t + 1_000_000_000
        return int(self._torch.cuda.max_memory_allocated())


def _leave(cell: Any, value: Any) -> None:
    """Put a number into pinned memory when the stream gets there; the host doesn't wait."""
    if hasattr(value, "detach"):
        cell.copy_(value.detach(), non_blocking=True)
    else:
        cell.fill_(value)
