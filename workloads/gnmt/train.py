"""From options to a run: the device, the data, the task."""

from __future__ import annotations

from functools import partial

from workloads.common import training
from workloads.common.options import Options
from workloads.common.setting import settle
from workloads.common.stop import Stop
from workloads.gnmt.data import load
from workloads.gnmt.recipe import SCALES, WMT_TARGET
from workloads.gnmt.task import Translation
from workloads.translation.recipe import choose, target


def train(options: Options, stop: Stop) -> int:
    """Train as asked and return the exit code. Raises Refusal for what the device or the data can't do."""
    setting = settle(options)
    data = load(options, choose(options, setting.device.type, SCALES), setting.device, setting.workers)
    make = partial(Translation, data, setting.precision, target(options, WMT_TARGET))
    return training.train(options, "gnmt", make, data.recipe.batch, setting, stop)
