"""What a factor's values make of the options that all arms share."""

from __future__ import annotations

from typing import Any

import pytest

from mlperf_tui.launch import Factor, Request
from mlperf_tui.launch.arms import arms


def asked(name: str, *values: Any, **shared: Any) -> list[dict[str, Any]]:
    """The options of each arm."""
    factor = Factor(name, "option", tuple(map(str, values)), values)
    return [arm.request.options for arm in arms(Request(workload="resnet50", options=shared), factor)]


def test_each_arm_has_its_value_and_what_all_share() -> None:
    """In the order in which they were given."""
    assert asked("batch", 32, 64, precision="amp") == [
        {"precision": "amp", "batch": 32},
        {"precision": "amp", "batch": 64},
    ]


@pytest.mark.parametrize(
    ("name", "values", "modes"),
    [
        ("compile", (False, True), [None, "reduce-overhead"]),
        ("batch", (32, 64), ["reduce-overhead", "reduce-overhead"]),
    ],
)
def test_only_an_arm_that_is_compiled_has_a_mode(name: str, values: tuple[Any, ...], modes: list[str | None]) -> None:
    """Eager against CUDA graphs is asked for by --vary compile=off,on --compile-mode reduce-overhead."""
    shared = {"compile": True, "compile_mode": "reduce-overhead"}
    assert [options.get("compile_mode") for options in asked(name, *values, **shared)] == modes
