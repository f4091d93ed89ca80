"""GPUs that are alike, so that eight of them take one line."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

One = TypeVar("One")
Trait = TypeVar("Trait", bound=Hashable)


def alike(ones: Iterable[One], trait: Callable[[One], Trait]) -> dict[Trait, list[One]]:
    """Those that share it, by what they share, in the order of the first of each."""
    groups: dict[Trait, list[One]] = {}
    for one in ones:
        groups.setdefault(trait(one), []).append(one)
    return groups
