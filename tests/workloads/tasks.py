"""A room's task, made as its `train` makes it, without training it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any
from unittest import mock

from workloads.common import training
from workloads.common.options import Options
from workloads.common.task import Task


def task_of(room: str, options: Options) -> Task[Any]:
    """The task of workloads/`room` for these options."""
    made: list[Task[Any]] = []

    def keep(_options: object, _name: object, make: Callable[[], Task[Any]], *_: object) -> int:
        made.append(make())
        return 0

    with mock.patch.object(training, "train", keep):
        import_module(f"workloads.{room}.train").train(options, None)
    return made[0]
