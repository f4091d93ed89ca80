"""What a run says of itself before it starts: to the viewer, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common import facts as common
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.transformer import recipe as numbers
from workloads.transformer.data import Data
from workloads.transformer.model import flop_per_token

METRIC = "BLEU"


def facts(data: Data, precision: Precision, parameters: int, target: float | None) -> dict[str, Any]:
    """Fields of the About record."""
    return common.facts(data, precision, parameters, flop_per_token(data.recipe, data.vocabulary), METRIC, target)


def hyper_parameters(marks: Marks, data: Data, replicas: int) -> None:
    """MLPerf's keys for the Transformer (the checker's training_0.7.0/closed_transformer.yaml)."""
    recipe = data.recipe
    marks.point("global_batch_size", recipe.batch * replicas)
    marks.point("opt_name", "adam")
    marks.point("opt_base_learning_rate", recipe.lr)
    marks.point("opt_learning_rate_warmup_steps", recipe.warmup)
    marks.point("opt_adam_beta_1", numbers.BETAS[0])
    marks.point("opt_adam_beta_2", numbers.BETAS[1])
    marks.point("opt_adam_epsilon", numbers.EPSILON)
    marks.point("max_sequence_length", recipe.length, method="discard")
    marks.point("train_samples", data.train_pairs)
    marks.point("eval_samples", 0 if data.held_out is None else len(data.held_out.references))


def headline(said: dict[str, Any], data: Data, *, compiled: bool) -> str:
    """One line for people; how far this is from the real model, and how it is translated, too."""
    recipe = data.recipe
    search = "greedy" if recipe.beams == 1 else f"beam search {recipe.beams}"
    left_out = f", {data.left_out:,} pairs over {recipe.length} pieces or empty left out" if data.left_out else ""
    how = common.how(said, compiled=compiled)
    return (
        f"Transformer {said['scale']}, {recipe.layers}+{recipe.layers} layers of {recipe.hidden}, "
        f"{data.vocabulary:,} pieces, {said['parameters']:,} parameters, {how}, batch {recipe.batch} tokens "
        f"({data.filled:.0%} filled), {search}, on {said['device']}; data: {said['data']}{left_out}"
    )
