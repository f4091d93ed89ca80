"""What a run says of itself before it starts: to people, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common import facts as common
from workloads.common.marks import Marks
from workloads.detection.data import Data
from workloads.maskrcnn import recipe as numbers
from workloads.maskrcnn.recipe import REFERENCE, Recipe
from workloads.maskrcnn.schedule import Schedule

METRIC = "box AP"


def hyper_parameters(marks: Marks, data: Data[Recipe], course: Schedule, replicas: int) -> None:
    """MLPerf's keys for Mask R-CNN (the checker's training_3.1.0/closed_maskrcnn.yaml).

    The candidates are an image's, as torchvision has them; those of MLPerf's reference are a batch's.
    """
    recipe = data.recipe
    marks.point("global_batch_size", recipe.batch * replicas)
    marks.point("num_image_candidates", recipe.proposals)
    marks.point("min_image_size", recipe.pixels)
    marks.point("max_image_size", recipe.longest)
    marks.point("opt_name", "sgd")
    marks.point("opt_base_learning_rate", course.peak)
    marks.point("opt_weight_decay", numbers.WEIGHT_DECAY)
    marks.point("opt_learning_rate_warmup_factor", numbers.WARMUP_FACTOR)
    marks.point("opt_learning_rate_warmup_steps", course.warmup)
    marks.point("opt_learning_rate_decay_factor", numbers.DECAY)
    marks.point("opt_learning_rate_decay_steps", list(course.boundaries))
    marks.point("train_samples", data.train_images)
    marks.point("eval_samples", data.held_out_images)


def headline(said: dict[str, Any], data: Data[Recipe], *, compiled: str) -> str:
    """One line for people; how far this is from the real model, too."""
    recipe = data.recipe
    return (
        f"Mask R-CNN {said['scale']}, images of {recipe.pixels} to {recipe.longest} pixels, {backbone(recipe)} from "
        f"scratch, {said['parameters']:,} parameters, {common.how(said, compiled=compiled)}, batch {recipe.batch}, "
        f"on {said['device']}; data: {said['data']}"
    )


def backbone(recipe: Recipe) -> str:
    """Its name, or what was made of it."""
    if (recipe.blocks, recipe.width) == (REFERENCE.blocks, REFERENCE.width):
        return "ResNet-50 with group normalisation"
    blocks = "+".join(str(count) for count in recipe.blocks)
    return f"ResNet cut to {blocks} blocks of {recipe.width} channels and more"


def quality(boxes: float, masks: float) -> str:
    """Both metrics as a person reads them."""
    return f"{METRIC} {boxes:.3f}, mask AP {masks:.3f}"
