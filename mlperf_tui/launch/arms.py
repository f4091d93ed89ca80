"""The arms of an experiment: what one factor's values make of the command that they all share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.launch.planning import Request

SEED = "{seed}"
"""Stands in a command of one's own for the seed of the pair."""


@dataclass(frozen=True, slots=True)
class Factor:
    """What varies. `kind` is option (of a workload of ours), word (of a command) or env; `labels` are as typed."""

    name: str
    kind: str
    labels: tuple[str, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Arm:
    """One value of the factor, and what is to be run for it."""

    label: str
    request: Request


def arms(shared: Request, factor: Factor) -> tuple[Arm, ...]:
    """One arm a value, in order. Raises MlperfTuiError where the factor has no place in what is run."""
    labels = _distinct(factor.labels)
    return tuple(Arm(label, _with(shared, factor, value)) for label, value in zip(labels, factor.values, strict=True))


def _with(shared: Request, factor: Factor, value: Any) -> Request:
    if factor.kind == "env":
        return replace(shared, environment={**shared.environment, factor.name: str(value)})
    if factor.kind == "option":
        return replace(shared, options=_without_mode({**shared.options, factor.name: value}))
    slot = f"{{{factor.name}}}"
    if not any(slot in word for word in shared.command):
        raise MlperfTuiError(
            f"nothing varies: put {slot} into the command where the value belongs, such as --{factor.name} {slot}"
        )
    return replace(shared, command=tuple(word.replace(slot, str(value)) for word in shared.command))


def _without_mode(options: Mapping[str, Any]) -> dict[str, Any]:
    """An arm that isn't compiled has no mode of compiling."""
    left_out = () if options.get("compile", True) else ("compile_mode",)
    return {name: value for name, value in options.items() if name not in left_out}


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The same value twice is A against A: the two are told apart by a number."""
    many, seen = Counter(labels), Counter[str]()
    told = []
    for label in labels:
        seen[label] += 1
        told.append(f"{label} #{seen[label]}" if many[label] > 1 else label)
    return tuple(told)


def is_seeded(shared: Request, factor: Factor) -> bool:
    """Whether each pair can have a seed of its own: our workloads take one, a command where it has a place for it."""
    if factor.kind == "option" and factor.name == "seed":
        return False
    return shared.workload is not None or any(SEED in word for word in shared.command)


def with_seed(argv: tuple[str, ...], options: Mapping[str, Any], seed: int) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The command line and the options of the pair with that seed."""
    if any(SEED in word for word in argv):
        return tuple(word.replace(SEED, str(seed)) for word in argv), {**options, "seed": seed}
    return (*argv, f"--seed={seed}"), {**options, "seed": seed}
