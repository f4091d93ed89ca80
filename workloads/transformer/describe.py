"""What a run says of itself before it starts: to the viewer, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common import facts as common
from workloads.common.marks import Marks
from workloads.transformer.recipe import BETAS, EPSILON, Recipe
from workloads.translation.data import Data
from workloads.translation.describe import search, sizes


def hyper_parameters(marks: Marks, data: Data[Any, Recipe], replicas: int) -> None:
    """MLPerf's keys for the Transformer (the checker's training_0.7.0/closed_transformer.yaml)."""
    recipe = data.recipe
    marks.point("global_batch_size", recipe.batch * replicas)
    marks.point("opt_name", "adam")
    marks.point("opt_base_learning_rate", recipe.lr)
    marks.point("opt_learning_rate_warmup_steps", recipe.warmup)
    marks.point("opt_adam_beta_1", BETAS[0])
    marks.point("opt_adam_beta_2", BETAS[1])
    marks.point("opt_adam_epsilon", EPSILON)
    sizes(marks, data)


def headline(said: dict[str, Any], data: Data[Any, Recipe], *, compiled: str) -> str:
    """One line for people; how far this is from the real model, and how it is translated, too."""
    recipe = data.recipe
    left_out = f", {data.left_out:,} pairs over {recipe.length} pieces or empty left out" if data.left_out else ""
    how = common.how(said, compiled=compiled)
    return (
        f"Transformer {said['scale']}, {recipe.layers}+{recipe.layers} layers of {recipe.hidden}, "
        f"{data.vocabulary:,} pieces, {said['parameters']:,} parameters, {how}, batch {recipe.batch} tokens "
        f"({data.filled:.0%} filled), {search(recipe)}, on {said['device']}; data: {said['data']}{left_out}"
    )
