"""The parts of the ResNet-50 workload, each by itself and in this process."""

from __future__ import annotations

import io
import itertools
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mlperf_tui.steps import Steps
from workloads.common.glance import Glance
from workloads.common.limits import Limits
from workloads.common.marks import Marks
from workloads.common.options import Options, parse, parser
from workloads.common.precision import resolve
from workloads.common.progress import Progress
from workloads.common.setting import Setting
from workloads.common.training import set_lr
from workloads.images.cost import flop_per_image, parameters
from workloads.images.data import SYNTHETIC_STEPS, synthetic
from workloads.images.digits import Digits, datasets
from workloads.images.input import to_device
from workloads.images.recipe import with_batch
from workloads.images.unreadable import UnreadableImage
from workloads.resnet50.data import load
from workloads.resnet50.folder import datasets as folder
from workloads.resnet50.model import resnet50
from workloads.resnet50.optimiser import sgd
from workloads.resnet50.recipe import END_LR, REFERENCE, TINY
from workloads.resnet50.schedule import Schedule, schedule

CPU = torch.device("cpu")


def test_reference_is_resnet_50() -> None:
    """25,557,032 parameters for 1,000 classes, and 4.09 G multiply-adds for an image of 224×224."""
    with torch.device("meta"):
        assert parameters(resnet50(1000)) == 25_557_032
    assert flop_per_image(partial(resnet50, 1000), 224) == pytest.approx(3 * 2 * 4.089e9, rel=0.001)


@pytest.mark.parametrize("width", [16, 64])
def test_the_stride_is_where_v1_5_has_it(width: int) -> None:
    """In the first bottleneck of a stage the 3×3 convolution halves the image, not the 1×1 before it (that is v1)."""
    with torch.device("meta"):
        model = resnet50(10, width)
    for layer in (model.layer2, model.layer3, model.layer4):
        first: Any = layer[0]
        assert (first.conv1.stride, first.conv2.stride) == ((1, 1), (2, 2))
    assert [len(layer) for layer in (model.layer1, model.layer2, model.layer3, model.layer4)] == [3, 4, 6, 3]


def test_weight_decay_spares_biases_and_batch_normalisation() -> None:
    """Only convolutions and the last layer's matrix shrink; the optimiser is the fused one."""
    model = resnet50(10, 16)
    optimiser = sgd(model)
    decayed, spared = optimiser.param_groups
    assert (decayed["weight_decay"], spared["weight_decay"], optimiser.defaults["fused"]) == (1e-4, 0.0, True)
    names = {id(weight): name for name, weight in model.named_parameters()}
    assert all("bn" in names[id(p)] or "downsample.1" in names[id(p)] or p.ndim == 1 for p in spared["params"])
    assert len(decayed["params"]) == 54
    set_lr(optimiser, 0.25)
    assert [group["lr"] for group in optimiser.param_groups] == [0.25, 0.25]


@given(
    peak=st.floats(0.001, 10),
    epochs=st.integers(1, 100),
    warmup=st.floats(0, 10),
    per_epoch=st.integers(1, 5000),
)
def test_the_schedule(peak: float, epochs: int, warmup: float, per_epoch: int) -> None:
    """Up in a line to the peak, down as a parabola to the end, never outside; flat after the last step."""
    made = schedule(replace(REFERENCE, lr=peak, epochs=epochs, warmup_epochs=warmup), per_epoch)
    total = epochs * per_epoch
    assert made.warmup + made.decay == total
    assert made(made.warmup) == pytest.approx(peak)
    assert made(total) == made(total + 1000) == pytest.approx(END_LR)
    if made.decay % 2 == 0:
        assert made(made.warmup + made.decay // 2) == pytest.approx((peak - END_LR) / 4 + END_LR)
    points = [made(n) for n in range(0, total, max(1, total // 50))]
    assert all(0 < rate <= max(peak, END_LR) * 1.000001 for rate in points)
    if made.warmup:
        assert made(0) == pytest.approx(peak / made.warmup)
        assert made(made.warmup - 1) == pytest.approx(peak)


def test_the_schedule_falls_and_only_falls() -> None:
    """After the warm-up each rate is below the one before."""
    made = Schedule(0.128, 10, 90)
    falling = [made(n) for n in range(10, 100)]
    assert all(later < earlier for earlier, later in itertools.pairwise(falling))


def test_digits_are_split_alike_for_every_run() -> None:
    """1,437 and 360 images, each digit in proportion, no image on both sides, the same split each time."""
    train, held_out, classes = datasets(32)
    assert (len(train), len(held_out), classes) == (1437, 360, 10)
    labels = [held_out[i][1] for i in range(len(held_out))]
    assert all(34 <= labels.count(digit) <= 38 for digit in range(10))
    again = datasets(32)[1]
    assert all(torch.equal(held_out[i][0], again[i][0]) for i in range(0, 360, 20))


def test_a_digit_takes_the_way_of_a_file() -> None:
    """A PNG file in memory is decoded to three channels of bytes of the size asked; augmenting moves it a bit."""
    file = io.BytesIO()
    Image.new("L", (8, 8), 200).save(file, "PNG")
    plain, moved = (Digits([file.getvalue()], [7], 48, augmented=how) for how in (False, True))
    image, label = plain[0]
    assert (image.shape, image.dtype, label, int(image.min())) == ((3, 48, 48), torch.uint8, 7, 200)
    assert torch.equal(image, plain[0][0])
    torch.manual_seed(0)
    assert any(not torch.equal(moved[0][0], image) for _ in range(5))


def mini_imagenet(root: Path, images: int = 6) -> Path:
    """Two classes that colour tells apart, `images` each, of odd sizes and modes."""
    for part, (name, colour) in itertools.product(("train", "val"), (("red", (220, 30, 30)), ("blue", (20, 40, 200)))):
        (root / part / name).mkdir(parents=True)
        for i in range(images):
            image = Image.new("RGB", (40 + 7 * i, 50), colour).convert("CMYK" if i == 0 else "RGB")
            image.save(root / part / name / f"{i}.JPEG", "JPEG")
    return root


def test_a_folder_like_imagenet(tmp_path: Path) -> None:
    """Classes by name, images cropped to the size asked, whatever their own size and mode."""
    train, held_out, classes = folder(mini_imagenet(tmp_path), 32)
    assert (len(train), len(held_out), classes, train.classes) == (12, 12, 2, ["blue", "red"])
    assert {tuple(dataset[i][0].shape) for dataset in (train, held_out) for i in range(12)} == {(3, 32, 32)}


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "JPEG"), ("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("RGB", "BMP")]
)
def test_images_as_pillow_reads_them(tmp_path: Path, mode: str, kind: str) -> None:
    """JPEG's own decoder, and Pillow for all else whatever the file is called: the same bytes in three channels."""
    path = tmp_path / "train" / "any" / "0.JPEG"
    for part in ("train", "val"):
        (tmp_path / part / "any").mkdir(parents=True)
        noise = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
        Image.fromarray(noise).convert(mode).save(tmp_path / part / "any" / "0.JPEG", kind)
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    assert np.array_equal(folder(tmp_path, 32)[0].loader(str(path)).numpy(), expected)


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    """A file that is no image: its path, not just a decoder's complaint."""
    broken = mini_imagenet(tmp_path) / "train" / "red" / "3.JPEG"
    broken.write_bytes(b"no image")
    train = folder(tmp_path, 32)[0]
    with pytest.raises(UnreadableImage, match=r"red/3\.JPEG"):
        [train[i] for i in range(12)]


def test_a_batch_as_the_model_takes_it() -> None:
    """Bytes 0 and 255 become -1 and 1, channels last; a batch that is ready stays as it is."""
    images = torch.tensor([0, 255], dtype=torch.uint8).repeat_interleave(3 * 16).reshape(2, 3, 4, 4)
    ready = to_device((images, torch.tensor([1, 2])), CPU)
    assert ready[0].is_contiguous(memory_format=torch.channels_last)
    assert (float(ready[0][0].max()), float(ready[0][1].min())) == (-1.0, 1.0)
    assert to_device(ready, CPU) is ready


def test_synthetic_is_one_batch_on_the_device() -> None:
    """No loader, nothing held out, the same tensors again and again; the seed decides what they hold."""
    data = synthetic(TINY, 1000, CPU, Options("synthetic", seed=3))
    batches = list(data.train)
    assert len(batches) == data.steps_per_epoch == SYNTHETIC_STEPS
    assert data.held_out is None
    assert all(images is batches[0][0] for images, _ in batches)
    assert torch.equal(batches[0][0], next(iter(synthetic(TINY, 1000, CPU, Options("synthetic", seed=3)).train))[0])


def test_every_held_out_image_is_evaluated() -> None:
    """Training takes whole batches, evaluation takes all images, in either case by the recipe's batch."""
    options = parse(parser("x", "", "digits", ""), ["--batch", "100"])
    data = load(options, with_batch(TINY, 100), Setting(CPU, resolve("fp32", CPU), 0))
    assert data.steps_per_epoch == 14 == sum(1 for _ in data.train)
    assert data.held_out is not None
    assert [len(labels) for _, labels in data.held_out] == [100, 100, 100, 60]


def test_precision_on_a_cpu() -> None:
    """fp32 by default, `amp` is bf16, and only fp16 has a loss scale."""
    assert resolve(None, CPU).name == "fp32"
    amp = resolve("amp", CPU)
    assert (amp.name, amp.compute, amp.scaler().is_enabled()) == ("amp-bf16", torch.bfloat16, False)
    with amp.autocast():
        assert torch.nn.Linear(2, 2)(torch.zeros(1, 2)).dtype is torch.bfloat16


def test_fp32_turns_tf32_off() -> None:
    """Torch's own default has it on for convolutions; so it must be told, for both."""
    resolve("fp32", CPU)
    assert torch.backends.cudnn.conv.fp32_precision == "ieee"  # type: ignore[attr-defined]
    assert torch.backends.cuda.matmul.fp32_precision == "ieee"


def test_marks_have_mllogs_form(capsys: pytest.CaptureFixture[str]) -> None:
    """The token, then the fields in mllog's order, with the place in the source that said it."""
    marks = Marks(Steps())
    before = time.time_ns() // 1_000_000
    marks.start("epoch", epoch_num=1)
    marks.point("eval_accuracy", 0.5, epoch_num=1)
    marks.stop("run", status="aborted")
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(":::MLLOG {") for line in lines)
    said = [json.loads(line.removeprefix(":::MLLOG ")) for line in lines]
    assert all(list(s) == ["namespace", "time_ms", "event_type", "key", "value", "metadata"] for s in said)
    assert [(s["event_type"], s["key"], s["value"]) for s in said] == [
        ("INTERVAL_START", "epoch_start", None),
        ("POINT_IN_TIME", "eval_accuracy", 0.5),
        ("INTERVAL_END", "run_stop", None),
    ]
    assert all(before <= s["time_ms"] <= before + 10_000 for s in said)
    assert all(s["metadata"]["file"] == Path(__file__).name and s["metadata"]["lineno"] > 0 for s in said)
    assert said[1]["metadata"]["epoch_num"] == 1


def test_limits() -> None:
    """No limit is never reached; steps are counted; the minutes begin with training."""
    assert not Limits(None, None).reached(10**9)
    assert [Limits(3, None).reached(n) for n in (2, 3)] == [False, True]
    timed = Limits(None, 1e-9)
    assert not timed.reached(1)
    timed.start()
    assert timed.reached(1)


def test_a_glance_is_answered_once() -> None:
    """On a CPU the value is there at once; a second question waits for the first one's answer."""
    glance = Glance(CPU)
    assert glance.answer() is None
    glance.ask(torch.tensor(2.5))
    glance.ask(torch.tensor(9.0))
    assert [glance.answer(), glance.answer()] == [2.5, None]


def test_progress_within_a_long_epoch(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line when ten seconds are over, not before; then the epoch's own."""
    clock = iter([0.0, 1.0, 2.0, 13.0, 20.0])
    monkeypatch.setattr("workloads.common.progress.time.monotonic", lambda: next(clock))
    progress = Progress(CPU, batch=32)
    progress.epoch(1)
    for step in (1, 2):
        progress.step(step, torch.tensor(0.5))
    progress.trained(torch.tensor(0.25))
    progress.line(2, "top-1 90.0%")
    assert capsys.readouterr().out.splitlines() == [
        "epoch 1  step 2  loss 0.5000  5 images/s",
        "epoch 1  step 2  loss 0.2500  top-1 90.0%  3 images/s",
    ]
