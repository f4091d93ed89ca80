"""Mask R-CNN as the training loop takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from workloads.common.facts import facts
from workloads.common.graphs import Part
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.common.stop import Stop
from workloads.common.task import Task
from workloads.detection.data import Data
from workloads.images.cost import parameters
from workloads.maskrcnn import describe
from workloads.maskrcnn.cost import flop_per_image, padded
from workloads.maskrcnn.evaluate import quality
from workloads.maskrcnn.model import mask_rcnn
from workloads.maskrcnn.recipe import MASKS, MOMENTUM, WEIGHT_DECAY, Recipe
from workloads.maskrcnn.schedule import Schedule, schedule
from workloads.maskrcnn.views import Batch, to_device


class Segmenter(Task[Batch]):
    """MLPerf's schedule and its keys for Mask R-CNN. `target` is the mean AP of boxes; that of masks goes with it.

    torchvision's model chooses among its proposals in each step, and waits for a GPU to do so, several times.
    """

    unit: ClassVar[str] = "images/s"

    def __init__(self, data: Data[Recipe], precision: Precision, target: float | None) -> None:
        self.data, self.precision, self.target = data, precision, target
        recipe = data.recipe
        self.train, self.batch = data.train, recipe.batch
        self.epochs, self.eval_every = recipe.epochs, recipe.eval_every
        self.can_evaluate = data.held_out is not None
        self.masks = 0.0
        """The mean AP of masks, as the last evaluation had it."""
        self.model = mask_rcnn(recipe, data.classes).to(precision.device)
        self.optimiser = sgd(self.model)
        self.schedule: Schedule = schedule(recipe, data.steps_per_epoch)
        self.compile_mode = "reduce-overhead" if self.alike else None
        flop = flop_per_image(recipe, data.classes)
        self.about = facts(data, precision, parameters(self.model), flop, describe.METRIC, target)
        if target is not None:
            self.about["targets"] = {"BBOX": target, "SEGM": target * MASKS}

    @property
    def alike(self) -> bool:
        """Whether all images have one size: noise has, shapes and COCO's differ."""
        return self.data.held_out is None

    def graphed(self, *, compiled: bool) -> Sequence[Part]:
        """The backbone with its pyramid: how much comes behind it differs by batch."""
        if compiled or not self.alike:
            return ()
        images = torch.zeros(self.batch, 3, *padded(self.data.recipe), device=self.precision.device)
        return [Part(self.model.get_submodule("backbone"), (images,))]

    def compiled(self, wrapped: nn.Module, mode: str | None) -> Callable[..., Any]:
        """The backbone with its pyramid alone, in place: what comes behind would be compiled anew for each choice.

        From the second size of images on torch compiles it for any size.
        """
        self.model.get_submodule("backbone").compile(mode=mode)
        return wrapped

    def loss(self, forward: Callable[..., Any], batch: Batch) -> torch.Tensor:
        """The sum of the five: of the proposals' objectness and boxes, of classes, boxes and masks."""
        device = self.precision.device
        images = to_device([image for image, _ in batch], device)
        targets = [{name: value.to(device, non_blocking=True) for name, value in one.items()} for _, one in batch]
        return torch.stack(list(forward(images, targets).values())).sum()

    def evaluate(self, stop: Stop) -> float | None:
        held = self.data.held_out
        found = None if held is None else quality(self.model, held, self.precision, stop)
        if found is None:
            return None
        self.masks = found.masks
        return found.boxes

    def reached(self, quality: float) -> bool:
        """Whether boxes and masks both are good enough."""
        return self.target is not None and quality >= self.target and self.masks >= self.target * MASKS

    def accuracy(self, quality: float) -> dict[str, float]:
        return {"BBOX": quality, "SEGM": self.masks}

    def facts(self) -> dict[str, Any]:
        return self.about

    def headline(self, *, compiled: str) -> str:
        return describe.headline(self.about, self.data, compiled=compiled)

    def hyper_parameters(self, marks: Marks, replicas: int) -> None:
        describe.hyper_parameters(marks, self.data, self.schedule, replicas)

    def said(self, quality: float) -> str:
        return describe.quality(quality, self.masks)


def sgd(model: nn.Module) -> torch.optim.SGD:
    """The optimiser of `model`'s parameters; the loop sets its rate before each step.

    Weight decay spares what has one dimension: biases, as in MLPerf's reference (config/defaults.py, which also doubles
    their rate: not here), and the normalisation, which is frozen there.
    """
    weights = [weight for weight in model.parameters() if weight.ndim > 1]
    rest = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=0.0, momentum=MOMENTUM, fused=True)
