"""Which of the processes that train one model together this is, as torchrun tells it; torch isn't needed for that."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranks:
    """Process `rank` of `world`, of which `here` are on this host."""

    rank: int = 0
    world: int = 1
    here: int = 1

    @property
    def first(self) -> bool:
        """The one that prints, evaluates and saves."""
        return self.rank == 0


def ranks() -> Ranks:
    """By RANK, WORLD_SIZE and LOCAL_WORLD_SIZE; alone where they aren't set."""
    rank, world, here = (
        int(os.environ.get(name, usual)) for name, usual in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_WORLD_SIZE", 1))
    )
    return Ranks(rank, world, here)


def replicas(accumulate: int) -> int:
    """How many batches make one step of the optimiser: those of all processes, `accumulate` from each."""
    return ranks().world * accumulate


def of_step(batch: int, together: int) -> str:
    """The batch as a refusal names it: `a batch of 64`, or `a batch of 64 × 2 a step`."""
    return f"a batch of {batch:,}" + (f" × {together} a step" if together > 1 else "")
