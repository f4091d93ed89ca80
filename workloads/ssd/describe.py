"""What a run says of itself before it starts: to people, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common import facts as common
from workloads.common.marks import Marks
from workloads.detection.data import Data
from workloads.ssd import recipe as numbers
from workloads.ssd.recipe import REFERENCE, Recipe
from workloads.ssd.schedule import Schedule
from workloads.ssd.views import CROPS

METRIC = "mAP"


def hyper_parameters(marks: Marks, data: Data[Recipe], course: Schedule, replicas: int) -> None:
    """MLPerf's keys for SSD (the checker's training_1.1.0/closed_ssd.yaml)."""
    recipe = data.recipe
    marks.point("global_batch_size", recipe.batch * replicas)
    marks.point("model_bn_span", recipe.batch)
    marks.point("max_samples", CROPS)
    marks.point("opt_name", "sgd")
    marks.point("opt_base_learning_rate", course.peak)
    marks.point("opt_weight_decay", numbers.WEIGHT_DECAY)
    marks.point("opt_learning_rate_warmup_factor", 0)
    marks.point("opt_learning_rate_warmup_steps", course.warmup)
    marks.point("opt_learning_rate_decay_boundary_epochs", recipe.boundaries)
    marks.point("train_samples", data.train_images)
    marks.point("eval_samples", data.held_out_images)


def headline(said: dict[str, Any], data: Data[Recipe], boxes: int, *, compiled: str) -> str:
    """One line for people; how far this is from the real model, too."""
    recipe = data.recipe
    return (
        f"SSD {said['scale']}, {recipe.pixels}×{recipe.pixels}, {backbone(recipe)} from scratch, {boxes:,} boxes, "
        f"{said['parameters']:,} parameters, {common.how(said, compiled=compiled)}, batch {recipe.batch}, "
        f"on {said['device']}; data: {said['data']}"
    )


def backbone(recipe: Recipe) -> str:
    """Its name, or what was made of it."""
    if (recipe.blocks, recipe.width) == (REFERENCE.blocks, REFERENCE.width):
        return "ResNet-34"
    blocks = "+".join(str(count) for count in recipe.blocks)
    return f"ResNet cut to {blocks} blocks of {recipe.width} channels and more"
