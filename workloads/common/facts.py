"""What every training says of itself before it starts, as fields of the About record."""

from __future__ import annotations

from typing import Any, Protocol

from workloads.common.device import describe
from workloads.common.precision import Precision
from workloads.common.scales import Scaled


class Described(Protocol):
    """A data set with the recipe that it is trained by."""

    @property
    def name(self) -> str: ...
    @property
    def recipe(self) -> Scaled: ...
    @property
    def steps_per_epoch(self) -> int: ...
    @property
    def batches_ahead(self) -> int: ...


def facts(
    data: Described,
    precision: Precision,
    parameters: int,
    flop_per_sample: float,
    metric: str,
    target: float | None,
) -> dict[str, Any]:
    """The metric is left out where there is no `target`, hence nothing to evaluate."""
    evaluated = {} if target is None else {"metric": metric, "direction": "up", "target": target}
    return {
        "precision": precision.name,
        "scale": data.recipe.scale,
        "data": data.name,
        "device": describe(precision.device),
        "parameters": parameters,
        "flop_per_sample": flop_per_sample,
        "epochs": data.recipe.epochs,
        "steps_per_epoch": data.steps_per_epoch,
        "batches_ahead": data.batches_ahead,
        **evaluated,
    }


def how(said: dict[str, Any], *, compiled: str, caveat: str = "") -> str:
    """The precision as a headline has it, with a `caveat`, and how the model is compiled."""
    precision = f"{said['precision']}{caveat}"
    return f"{precision}, {compiled}" if compiled else precision
