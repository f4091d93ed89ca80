"""DAWNBench's ResNet-18: its model, its course of the rate, CIFAR-10's files, and a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mlperf_tui.records import Late, decode
from tests.workloads.programs import QUICK, keys, marks, run
from workloads.common.options import Refusal
from workloads.dawn_resnet18 import layout
from workloads.dawn_resnet18.__main__ import main
from workloads.dawn_resnet18.cifar import datasets
from workloads.dawn_resnet18.model import ResNet18
from workloads.dawn_resnet18.recipe import Schedule
from workloads.images.cost import parameters

PROGRAM = [sys.executable, "-m", "workloads.dawn_resnet18"]


def mini_cifar(root: Path, images: int = 8) -> Path:
    """CIFAR-10's binary version with few images: each has its label in every red byte."""
    folder = root / layout.FOLDER
    folder.mkdir()
    for name in (*layout.TRAIN, *layout.TEST):
        records = np.zeros((images, layout.RECORD_BYTES), np.uint8)
        records[:, 0] = np.arange(images) % 10
        records[:, 1:1025] = records[:, :1]
        records.tofile(folder / name)
    return folder


def test_the_model_is_the_entrys() -> None:
    """A stem of 1,856, stages of 147,968, 525,184, 2,098,944 and 2,426,880, and 512 × 10 + 10 at the end."""
    with torch.device("meta"):
        model = ResNet18(10)
    assert parameters(model) == 1_856 + 147_968 + 525_184 + 2_098_944 + 2_426_880 + 5_130
    assert model(torch.empty(2, 3, 32, 32, device="meta")).shape == (2, 10)


def test_a_block_normalises_first() -> None:
    """What passes by the convolutions is the input itself where the shape stays."""
    model = ResNet18(10, 4)
    block: Any = model.features[3]
    for convolution in (block.conv1, block.conv2):
        torch.nn.init.zeros_(convolution.weight)
    x = torch.randn(1, 4, 8, 8)
    assert torch.equal(block(x), x)


def test_the_rates_course() -> None:
    """Up to the peak at 15 of 35 epochs, down to a twentieth at 30, to nothing at the end."""
    rate = Schedule(0.1, 3500)
    assert rate(0) == pytest.approx(0.1 / 15 * 0.005)
    assert rate(1499) == pytest.approx(0.1, rel=0.01)
    assert rate(3000) == pytest.approx(0.005, rel=0.01)
    assert rate(3499) == pytest.approx(0, abs=1e-5)
    assert rate(9999) == 0


def test_cifars_files(tmp_path: Path) -> None:
    """Five files to train on and one to test, found in the folder or above it; an image keeps its label and colours."""
    folder = mini_cifar(tmp_path)
    layout.files(folder, layout.TRAIN)
    train, test, classes = datasets(tmp_path)
    assert (len(train), len(test), classes) == (40, 8, 10)
    image, label = test[7]
    assert (image.shape, image.dtype, label) == ((3, 32, 32), torch.uint8, 7)
    assert (image[0] == 7).all()
    assert not image[1:].any()
    assert train[7][0].shape == (3, 32, 32)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """A folder that isn't there, a file that isn't, a file that was cut, a label that can't be."""
    with pytest.raises(Refusal, match="no data folder nowhere"):
        main(["--data", "nowhere"])
    folder = mini_cifar(tmp_path)
    (folder / "data_batch_3.bin").rename(folder / "kept")
    with pytest.raises(Refusal, match=r"has no data_batch_3\.bin"):
        main(["--data", str(tmp_path)])
    (folder / "data_batch_3.bin").write_bytes((folder / "kept").read_bytes()[:-1])
    with pytest.raises(Refusal, match=r"data_batch_3\.bin is not whole: its 24,583 bytes"):
        main(["--data", str(tmp_path)])
    (folder / "data_batch_3.bin").write_bytes(bytes([11]) + (folder / "kept").read_bytes()[1:])
    with pytest.raises(Refusal, match="not CIFAR-10: a label is 11"):
        datasets(tmp_path)


def test_synthetic_has_no_target() -> None:
    """There is nothing to evaluate."""
    with pytest.raises(Refusal, match="nothing to evaluate"):
        main(["--data", "synthetic", "--target", "0.9"])


def test_it_learns(tmp_path: Path) -> None:
    """An epoch on the digits: the loss falls, the marks are in their order, the metric is there."""
    done = run(*QUICK, "--epochs", "1", program=PROGRAM, MLPERF_TUI_STEPS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "steps-0-0.jsonl").read_bytes().splitlines()
    losses = [record.loss for line in lines if isinstance(record := decode(line), Late) and record.loss is not None]
    assert len(losses) == 44
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    said = keys(done.stdout)
    assert said[0] == "submission_benchmark"
    assert [key for key in said if key in {"init_start", "run_start", "eval_accuracy", "run_stop"}] == [
        "init_start",
        "run_start",
        "eval_accuracy",
        "run_stop",
    ]
    assert marks(done.stdout)[0]["value"] == "dawn-resnet18"


def test_it_trains_on_cifars_files(tmp_path: Path) -> None:
    """The same loop, other images."""
    mini_cifar(tmp_path)
    done = run(*QUICK, "--data", str(tmp_path), "--batch", "8", "--steps", "3", program=PROGRAM)
    assert (done.returncode, done.stderr) == (0, "")
    assert "epoch 1  step 3  loss " in done.stdout
