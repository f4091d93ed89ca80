"""ResNet-50 v1.5 as the training loop takes it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.images.data import Data
from workloads.images.task import Classifier
from workloads.resnet50 import recipe as numbers
from workloads.resnet50.model import resnet50
from workloads.resnet50.optimiser import sgd
from workloads.resnet50.recipe import Recipe
from workloads.resnet50.schedule import Schedule, schedule


class ResNet50(Classifier[Recipe]):
    """MLPerf's optimiser and schedule, and its keys for ResNet with SGD."""

    called: ClassVar[str] = "ResNet-50 v1.5"

    def __init__(self, data: Data[Recipe], precision: Precision, target: float | None) -> None:
        build = partial(resnet50, data.classes, data.recipe.width)
        super().__init__(data, precision, target, build, data.recipe.label_smoothing)
        self.optimiser = sgd(self.model)
        self.schedule: Schedule = schedule(data.recipe, data.steps_per_epoch)

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        """As the checker's training_3.1.0/closed_resnet_sgd.yaml names them."""
        marks.point("global_batch_size", self.batch * replicas)
        marks.point("opt_name", "sgd")
        marks.point("sgd_opt_base_learning_rate", self.schedule.peak)
        marks.point("sgd_opt_end_learning_rate", self.schedule.end)
        marks.point("sgd_opt_learning_rate_decay_poly_power", numbers.POWER)
        marks.point("sgd_opt_learning_rate_decay_steps", self.schedule.decay)
        marks.point("sgd_opt_momentum", numbers.MOMENTUM)
        marks.point("sgd_opt_weight_decay", numbers.WEIGHT_DECAY)
        marks.point("opt_learning_rate_warmup_epochs", self.data.recipe.warmup_epochs)
        marks.point("model_bn_span", self.batch)
        marks.point("train_samples", self.data.train_images)
        marks.point("eval_samples", self.data.held_out_images)
