"""What a run says of itself before it starts: to the viewer, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common import facts as common
from workloads.common.marks import Marks
from workloads.gnmt.recipe import DECAY_FACTOR, DECAYS, Recipe
from workloads.gnmt.schedule import Schedule
from workloads.translation.data import Data
from workloads.translation.describe import search, sizes


def hyper_parameters(marks: Marks, data: Data[Any, Recipe], schedule: Schedule, replicas: int) -> None:
    """MLPerf's keys for GNMT (the checker's training_0.7.0/closed_gnmt.yaml); its batch is in sentences."""
    marks.point("global_batch_size", data.recipe.rows * replicas)
    marks.point("opt_name", "adam")
    marks.point("opt_base_learning_rate", schedule.peak)
    marks.point("opt_learning_rate_alt_warmup_func", value=True)
    marks.point("opt_learning_rate_warmup_steps", schedule.warmup)
    marks.point("opt_learning_rate_alt_decay_func", value=True)
    marks.point("opt_learning_rate_remain_steps", schedule.remain)
    marks.point("opt_learning_rate_decay_interval", schedule.interval)
    marks.point("opt_learning_rate_decay_factor", DECAY_FACTOR)
    marks.point("opt_learning_rate_decay_steps", DECAYS)
    sizes(marks, data)


def headline(said: dict[str, Any], data: Data[Any, Recipe], *, compiled: str, caveat: str = "") -> str:
    """One line for people; how far this is from the real model, and how it is translated, too."""
    recipe = data.recipe
    left_out = f", left out as empty or over {recipe.length} pieces: {data.left_out:,}" if data.left_out else ""
    how = common.how(said, compiled=compiled, caveat=caveat)
    return (
        f"GNMT {said['scale']}, {recipe.layers}+{recipe.layers} LSTM layers of {recipe.hidden}, "
        f"{data.vocabulary:,} pieces, {said['parameters']:,} parameters, {how}, batch {recipe.batch} tokens "
        f"({recipe.rows} sentences, {data.filled:.0%} filled), loss by the sentence, {search(recipe)}, "
        f"on {said['device']}; data: {said['data']}{left_out}"
    )
