"""What a run says of itself before it starts."""

from __future__ import annotations

import pytest
import torch

from workloads.common.facts import facts
from workloads.common.options import Options, parse, parser
from workloads.common.precision import resolve
from workloads.common.setting import Setting
from workloads.images.data import synthetic
from workloads.images.task import METRIC, headline
from workloads.resnet50.data import load
from workloads.resnet50.recipe import TINY

CPU = torch.device("cpu")


@pytest.mark.parametrize(("data", "workers", "ahead"), [("digits", 0, 0), ("digits", 2, 4), ("synthetic", 3, 0)])
def test_batches_ahead(data: str, workers: int, ahead: int) -> None:
    """Each worker has two batches on the way, torch's own default; without workers, or on one batch, none is."""
    loaded = load(parse(parser("x", "", data, ""), []), TINY, Setting(CPU, resolve("fp32", CPU), workers))
    assert facts(loaded, resolve("fp32", CPU), 1, 1.0, METRIC, None)["batches_ahead"] == ahead


def test_the_headline_says_compiled() -> None:
    """Right behind the precision, and only then."""
    said = facts(synthetic(TINY, 1000, CPU, Options("synthetic")), resolve("fp32", CPU), 1, 1.0, METRIC, None)
    assert ", fp32, compiled, batch 32, " in headline("ResNet-50 v1.5", said, 32, compiled="compiled")
    assert ", fp32, batch 32, " in headline("ResNet-50 v1.5", said, 32, compiled="")
