"""Which scale a run trains at, for how many epochs and up to which target, by its options, its data and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from workloads.common.options import Options

SYNTHETIC = "synthetic"
SYNTHETIC_EPOCHS = 4


class Scaled(Protocol):
    """A recipe of any workload: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def scale(self) -> str: ...
    @property
    def epochs(self) -> int: ...


R = TypeVar("R", bound=Scaled)


def at_scale(options: Options, kind: str, scales: Mapping[str, R], embedded: str) -> R:
    """The recipe for a device of this `kind` (cpu, cuda) with the epochs that were asked for.

    Without `--scale` a CPU has `tiny`; a GPU has `small` for the `embedded` data, and `reference` for any other.
    """
    usual = "tiny" if kind == "cpu" else "small" if options.data == embedded else "reference"
    recipe = scales[options.scale or usual]
    if options.data == SYNTHETIC:
        recipe = replace(recipe, epochs=SYNTHETIC_EPOCHS)
    return recipe if options.epochs is None else replace(recipe, epochs=options.epochs)


def target(options: Options, embedded: str, ours: float, published: float) -> float | None:
    """The metric at which a run is done: `ours` on the embedded data, `published` on the benchmark's own.

    None for synthetic data, which has nothing to learn.
    """
    if options.data == SYNTHETIC:
        return None
    if options.target is not None:
        return options.target
    return ours if options.data == embedded else published
