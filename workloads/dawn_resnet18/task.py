"""DAWNBench's ResNet-18 as the training loop takes it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import torch

from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.dawn_resnet18 import recipe as numbers
from workloads.dawn_resnet18.model import ResNet18
from workloads.dawn_resnet18.recipe import Schedule
from workloads.images.data import Data
from workloads.images.recipe import Recipe
from workloads.images.task import Classifier


class DawnResNet18(Classifier[Recipe]):
    """SGD with Nesterov's momentum. The entry trained in pure fp16; here the precision is whatever was asked for."""

    called: ClassVar[str] = "ResNet-18 (DAWNBench)"
    compile_mode: str | None = "reduce-overhead"

    def __init__(self, data: Data[Recipe], precision: Precision, target: float | None) -> None:
        super().__init__(data, precision, target, partial(ResNet18, data.classes, data.recipe.width))
        self.optimiser = torch.optim.SGD(
            self.model.parameters(),
            lr=0.0,
            momentum=numbers.MOMENTUM,
            nesterov=True,
            weight_decay=numbers.WEIGHT_DECAY,
            fused=True,
        )
        self.schedule = Schedule(data.recipe.lr, data.recipe.epochs * data.steps_per_epoch)

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        """By MLPerf's keys; DAWNBench has no log of its own."""
        marks.point("global_batch_size", self.batch * replicas)
        marks.point("opt_name", "sgd")
        marks.point("sgd_opt_base_learning_rate", self.data.recipe.lr)
        marks.point("sgd_opt_momentum", numbers.MOMENTUM)
        marks.point("sgd_opt_weight_decay", numbers.WEIGHT_DECAY)
        marks.point("train_samples", self.data.train_images)
        marks.point("eval_samples", self.data.held_out_images)
