"""The parts of the SSD workload, each by itself and in this process."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.models import resnet34

from tests.workloads.test_detection import mini_coco
from workloads.common.options import Options, Refusal
from workloads.common.precision import resolve
from workloads.common.setting import Setting
from workloads.detection import shapes
from workloads.detection.dataset import TrainingImages
from workloads.images.cost import flop_per_image, parameters
from workloads.ssd.boxes import DefaultBoxes
from workloads.ssd.data import load
from workloads.ssd.evaluate import select
from workloads.ssd.loss import hardest, multibox
from workloads.ssd.model import SSD
from workloads.ssd.recipe import REFERENCE, SCALES, TINY, Level, choose
from workloads.ssd.schedule import Schedule, schedule
from workloads.ssd.task import Detector
from workloads.ssd.views import Training

CPU = torch.device("cpu")
SETTING = Setting(CPU, resolve("fp32", CPU), 0)


def built(recipe: Any, classes: int = 80) -> SSD:
    """The model of a scale."""
    return SSD(classes, recipe.levels, recipe.width, recipe.blocks)


def test_the_reference_has_as_many_parameters_as_published() -> None:
    """19,972,534: the backbone's 8,170,304, 3,574,400 after it, 8,227,830 in the heads.

    OpenVINO's model zoo gives MLPerf's larger SSD, of the same layers with other strides, 20.058 million once it is
    converted (ssd-resnet34-1200-onnx), constants among them.
    """
    with torch.device("meta"):
        model = built(REFERENCE)
    assert parameters(model.backbone) == 9_408 + 128 + 221_952 + 1_116_416 + 6_822_400
    assert parameters(model.extras) == 1_245_952 + 1_311_488 + 360_832 + 328_064 + 328_064
    cells = zip((256, 512, 512, 256, 256, 256), (4, 6, 6, 6, 4, 4), strict=True)
    heads = sum((9 * channels + 1) * kinds * (4 + 81) for channels, kinds in cells)
    assert parameters(model) == 8_170_304 + 3_574_400 + heads == 19_972_534
    assert parameters(model) == pytest.approx(20.058e6, rel=0.005)


@pytest.mark.parametrize("scale", SCALES)
def test_every_default_box_is_told_of(scale: str) -> None:
    """8,732 of them at the reference's 300 pixels, of 81 kinds."""
    recipe = SCALES[scale]
    with torch.device("meta"):
        offsets, scores = built(recipe)(torch.empty(2, 3, recipe.pixels, recipe.pixels))
    count = len(DefaultBoxes(recipe.levels, recipe.pixels).edges)
    assert count == (8732 if recipe is REFERENCE else 1520)
    assert (offsets.shape, scores.shape) == ((2, count, 4), (2, count, 81))
    build = partial(SSD, 80, recipe.levels, recipe.width, recipe.blocks)
    assert scale != "reference" or flop_per_image(build, 300) == pytest.approx(95.17e9, rel=0.001)


def test_the_backbone_is_torchvisions_without_its_last_stride() -> None:
    """With the weights of a ResNet-34 it gives what that one gives, once its third stage doesn't halve the image."""
    theirs: Any = resnet34(weights=None).eval()
    first = theirs.layer3[0]
    first.conv1.stride = first.downsample[0].stride = (1, 1)
    parts = [theirs.conv1, theirs.bn1, theirs.relu, theirs.maxpool, theirs.layer1, theirs.layer2, theirs.layer3]
    plain = torch.nn.Sequential(*parts)
    ours = built(REFERENCE).backbone.eval()
    ours.load_state_dict(plain.state_dict())
    images = torch.randn(1, 3, 64, 64)
    assert ours(images).shape == (1, 256, 8, 8)
    assert torch.allclose(ours(images), plain(images), atol=1e-5)


def test_what_a_cell_says_lies_where_its_boxes_are() -> None:
    """A head's channels go by kind of box within a cell, cells by row and column, as the default boxes do."""
    model = SSD(3, TINY.levels, 16, (1, 1, 1)).eval()
    head: Any = model.offsets[0]
    torch.nn.init.zeros_(head.weight)
    head.bias.data = torch.arange(16.0)
    offsets, _ = model(torch.randn(1, 3, 128, 128))
    assert offsets[0, :8].flatten().tolist() == [*range(16), *range(16)]


BOXES = DefaultBoxes([Level(2, 50, 50, 98, ())], 100)
"""Four cells, and squares of 0.5 and 0.7 in the middle of each."""


def test_the_references_default_boxes() -> None:
    """The first cell's: 21 pixels, √(21 · 45), and 2:1 both ways, around (4, 4); the last is 0.93 of the image."""
    boxes = DefaultBoxes(REFERENCE.levels, 300).centred * 300
    two = math.sqrt(2)
    sides = [(21, 21), (math.sqrt(21 * 45),) * 2, (21 * two, 21 / two), (21 / two, 21 * two)]
    assert boxes[:4].tolist() == [pytest.approx([4, 4, *side]) for side in sides]
    assert boxes[4, :2].tolist() == pytest.approx([12, 4])
    assert boxes[-3].tolist() == pytest.approx([150, 150, math.sqrt(261 * 315), math.sqrt(261 * 315)])
    assert boxes[:, 2:].max() <= 300


def test_who_is_to_find_what() -> None:
    """The first object is the first box, and 0.25 / 0.49 of the second, more than half; the other is nobody's half.

    It lies in the middle of the last cell, whose smaller box overlaps it most: 0.01 / 0.25.
    """
    objects = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.7, 0.7, 0.8, 0.8]])
    offsets, labels = BOXES.match(objects, torch.tensor([2, 1]))
    assert labels.tolist() == [2, 2, 0, 0, 0, 0, 1, 0]
    shrunk, small = math.log(0.5 / 0.7) / 0.2, math.log(0.1 / 0.5) / 0.2
    assert offsets[0].tolist() == pytest.approx([0, 0, 0, 0], abs=1e-5)
    assert offsets[1].tolist() == pytest.approx([0, 0, shrunk, shrunk], abs=1e-5)
    assert offsets[6].tolist() == pytest.approx([0, 0, small, small], abs=1e-5)
    assert not offsets[labels == 0].any()
    found = BOXES.place(offsets)[labels > 0]
    assert torch.allclose(found, objects[[0, 0, 1]], atol=1e-6)


def test_an_image_without_objects_is_background() -> None:
    offsets, labels = BOXES.match(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    assert not offsets.any() and not labels.any()


def test_the_loss_by_hand() -> None:
    """One object: its place is off by 0.5 and by 2, 0.125 + 1.5; four even choices between two cost ln 2 each.

    The second image has no object, hence counts as 0 in the mean.
    """
    offsets, scores = torch.zeros(2, 4, 4), torch.zeros(2, 4, 2)
    truth, labels = torch.zeros(2, 4, 4), torch.zeros(2, 4, dtype=torch.int64)
    labels[0, 0] = 1
    truth[0, 0] = torch.tensor([0.5, 0, 0, -2])
    assert multibox(offsets, scores, truth, labels).item() == pytest.approx((1.625 + 4 * math.log(2)) / 2)


def test_the_hardest_background_counts() -> None:
    """Three for each object, never an object itself, however much it loses."""
    lost = torch.tensor([[9.0, 0.1, 0.5, 0.4, 0.2, 0.3], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
    objects = torch.tensor([[True, *[False] * 5], [False] * 6])
    assert hardest(lost, objects, objects.sum(1)).tolist() == [[False, False, True, True, False, True], [False] * 6]


def test_what_is_found_in_an_image() -> None:
    """The surest first: of two boxes of a class that overlap the surer one, another class beside it, nothing unsure."""
    boxes = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.4], [0.6, 0.6, 1.0, 1.0]])
    shares = torch.tensor([[0.2, 0.6, 0.2], [0.29, 0.7, 0.01], [0.92, 0.04, 0.04]])
    found = select(boxes, shares)
    assert found.labels.tolist() == [1, 2]
    assert found.boxes.tolist() == [boxes[1].tolist(), boxes[0].tolist()]
    assert found.scores.tolist() == pytest.approx([0.7, 0.2])


def test_the_rates_course() -> None:
    """MLPerf's: 2.5e-3 for 32 images after 300 steps, a tenth from epoch 40 on, a hundredth from epoch 50 on."""
    rate = schedule(REFERENCE, 3664)
    assert rate == Schedule(2.5e-3, 300, (40 * 3664, 50 * 3664))
    steps = (149, 299, 40 * 3664 - 1, 40 * 3664, 50 * 3664)
    assert [rate(step) for step in steps] == pytest.approx([1.25e-3, 2.5e-3, 2.5e-3, 2.5e-4, 2.5e-5])
    assert choose(Options("x", batch=64, scale="reference"), "cpu").lr == pytest.approx(5e-3)


def test_views_keep_objects_where_they_are() -> None:
    """Cropped, mirrored and resized, a shape's own default box still covers what differs from the background."""
    train, _ = shapes.parts(12, 1, 128)
    boxes = DefaultBoxes(TINY.levels, TINY.pixels)
    torch.manual_seed(1)
    for index in range(12):
        image, offsets, labels = TrainingImages(train, Training(boxes, TINY.pixels))[index]
        assert (image.shape, image.dtype) == ((3, 128, 128), torch.uint8)
        assert labels.max() > 0
        for left, top, right, bottom in (boxes.place(offsets)[labels > 0] * 128).round().int().tolist():
            inside = image[:, top:bottom, left:right].float().mean((1, 2))
            assert (inside - image.float().mean((1, 2))).abs().max() > 8


def test_a_batch_needs_images_enough(tmp_path: Path) -> None:
    """Five of the six images have objects; without --batch the batch is as many, and the rate goes with it."""
    folder = str(mini_coco(tmp_path / "mini"))
    usual, more = Options(folder, scale="tiny"), Options(folder, scale="tiny", batch=6)
    fitted = load(usual, choose(usual, "cpu"), SETTING)
    assert (fitted.recipe.batch, fitted.steps_per_epoch, fitted.classes) == (5, 1, 2)
    assert fitted.recipe.lr == pytest.approx(TINY.lr * 5 / 16)
    with pytest.raises(Refusal, match="a batch of 6 is more than the 5 training images"):
        load(more, choose(more, "cpu"), SETTING)


@pytest.mark.parametrize("precision", ["fp32", "amp-bf16"])
def test_a_step_on_noise(precision: str) -> None:
    """The same batch again and again; a few steps on it lower the loss, in either precision."""
    settled = Setting(CPU, resolve(precision, CPU), 0)
    data = load(Options("synthetic"), choose(Options("synthetic", batch=2), "cpu"), settled)
    assert (data.classes, data.held_out, data.steps_per_epoch) == (80, None, 500)
    torch.manual_seed(1)
    task = Detector(data, settled.precision, None)
    task.optimiser.param_groups[0]["lr"] = 1e-3
    batch = next(iter(data.train))
    losses = []
    for _ in range(6):
        with settled.precision.autocast():
            loss = task.loss(task.model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        task.optimiser.step()
        task.optimiser.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
