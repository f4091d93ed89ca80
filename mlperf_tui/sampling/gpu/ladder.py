"""A ladder of sources for one thing: the first rung that is not refused for good is the one to use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from mlperf_tui.sampling.gpu.door import Refusal


class Rung(Protocol):
    """One source: its name for the reader, and why it can never answer."""

    name: str

    def refusal(self) -> Refusal | None: ...


R = TypeVar("R", bound=Rung)


class Ladder(Generic[R]):
    """Rungs, best first."""

    def __init__(self, rungs: Sequence[R]) -> None:
        self._rungs = rungs

    def current(self) -> R | None:
        return next((rung for rung in self._rungs if rung.refusal() is None), None)

    def why_none(self) -> str:
        """Each rung's reason, in order."""
        refusals = ((rung.name, rung.refusal()) for rung in self._rungs)
        return "; ".join(f"{name}: {refusal.reason}" for name, refusal in refusals if refusal)
