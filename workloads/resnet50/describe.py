"""What a run says of itself before it starts: to the viewer, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common.device import describe
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.resnet50 import recipe as numbers
from workloads.resnet50.data import Data
from workloads.resnet50.model import flop_per_image
from workloads.resnet50.schedule import Schedule

METRIC = "top-1"


def facts(data: Data, precision: Precision, parameters: int, target: float | None) -> dict[str, Any]:
    """Fields of the About record."""
    recipe = data.recipe
    evaluated = {} if target is None else {"metric": METRIC, "direction": "up", "target": target}
    return {
        "precision": precision.name,
        "scale": recipe.scale,
        "data": data.name,
        "device": describe(precision.device),
        "parameters": parameters,
        "flop_per_sample": flop_per_image(data.classes, recipe.width, recipe.pixels),
        "epochs": recipe.epochs,
        "steps_per_epoch": data.steps_per_epoch,
        "batches_ahead": data.batches_ahead,
        **evaluated,
    }


def hyper_parameters(marks: Marks, data: Data, schedule: Schedule) -> None:
    """MLPerf's keys for ResNet with SGD (the checker's training_3.1.0/closed_resnet_sgd.yaml)."""
    marks.point("global_batch_size", data.recipe.batch)
    marks.point("gradient_accumulation_steps", 1)
    marks.point("opt_name", "sgd")
    marks.point("sgd_opt_base_learning_rate", schedule.peak)
    marks.point("sgd_opt_end_learning_rate", schedule.end)
    marks.point("sgd_opt_learning_rate_decay_poly_power", numbers.POWER)
    marks.point("sgd_opt_learning_rate_decay_steps", schedule.decay)
    marks.point("sgd_opt_momentum", numbers.MOMENTUM)
    marks.point("sgd_opt_weight_decay", numbers.WEIGHT_DECAY)
    marks.point("opt_learning_rate_warmup_epochs", data.recipe.warmup_epochs)
    marks.point("model_bn_span", data.recipe.batch)
    marks.point("train_samples", data.train_images)
    marks.point("eval_samples", data.held_out_images)


def headline(said: dict[str, Any], batch: int, *, compiled: bool) -> str:
    """One line for people."""
    how = f"{said['precision']}, compiled" if compiled else said["precision"]
    return (
        f"ResNet-50 v1.5 {said['scale']}, {said['parameters']:,} parameters, {how}, batch {batch}, "
        f"on {said['device']}; data: {said['data']}"
    )
