"""Like with like: between runs that are held against each other nothing may differ but the factor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mlperf_tui.analysis.summary import Summary
from mlperf_tui.report.identity import IDENTITY

FREE = frozenset({"seed", "host"})
"""What may differ anywhere: each pair has a seed of its own, and a container a host name. Two hosts are a warning."""

SETTLED = frozenset({"command"})
"""What an experiment has put together itself, with a seed in it that differs from pair to pair."""

FOLLOWS: dict[str, frozenset[str]] = {
    "precision": frozenset({"precision", "TF32"}),
    "gpus": frozenset({"ranks"}),
    "steps": frozenset({"steps asked for"}),
    "minutes": frozenset({"minutes asked for"}),
    "data": frozenset({"data", "target"}),
    "scale": frozenset({"scale", "batch", "target"}),
}
"""What a factor brings with it, by the labels of IDENTITY; any other factor brings the label of its own name."""

CHOICES = ("precision", "options", "environment", "command", "commit")
"""What a person varies on purpose: the first of these in which stored runs differ is taken for the factor."""

NO_FACTOR = "nothing"
"""The factor of stored runs that are alike in all that a person varies."""

NOTHING_IS_NONE = ("options", "environment", "steps asked for", "minutes asked for", "target")
GIVEN = ("options", "environment")

COUNT = re.compile(r"^\d+ × ")
THREADS = re.compile(r", \d+ threads?$")
SEED = re.compile(r"(--?seed)[= ]\S+")

Told = Sequence[tuple[str, Summary]]
"""Runs, each with the arm that it stands for."""


def refusals(runs: Told, factor: str, *, made: bool = True) -> tuple[str, ...]:
    """A sentence for each thing in which the runs differ and must not; empty where they may be compared.

    Between the arms the factor may differ, and what follows from it; within an arm only what is FREE. `made` says that
    an experiment has made the command lines.
    """
    checked = [label for label in IDENTITY if label not in FREE and not (made and label in SETTLED)]
    return tuple(said for label in checked if (said := _refusal(runs, label, factor)))


def factor_of(runs: Told) -> str | None:
    """What stored runs vary, None where the arms differ in nothing that a person varies on purpose."""
    return next((label for label in CHOICES if len(_distinct(runs, label, None)) > 1), None)


def is_known(runs: Told, factor: str) -> bool:
    """Whether such a factor is a label of IDENTITY, or an option or a variable that one of the runs was given."""
    given = (_value(run, label, factor) != _value(run, label, None) for _, run in runs for label in GIVEN)
    return factor in IDENTITY or factor in FOLLOWS or any(given)


def value_of(summary: Summary, label: str) -> str:
    """What a run says of one thing that identifies it."""
    return _text(label, _value(summary, label, None))


def _refusal(runs: Told, label: str, factor: str) -> str | None:
    if label not in FOLLOWS.get(factor, {factor}) and len(_distinct(runs, label, factor)) > 1:
        return _sentence(label, _by_arm(runs, label, factor))
    odd = {arm: values for arm, values in _by_arm(runs, label, None).items() if len(values) > 1}
    return _sentence(label, odd) if odd else None


def _by_arm(runs: Told, label: str, factor: str | None) -> dict[str, list[Any]]:
    return {arm: _distinct([run for run in runs if run[0] == arm], label, factor) for arm, _ in runs}


def _sentence(label: str, by_arm: dict[str, list[Any]]) -> str:
    """Such as `torch 2.11 in fp32, 2.9 in amp-bf16`."""
    told = [f"{' and '.join(_text(label, value) for value in values)} in {arm}" for arm, values in by_arm.items()]
    return f"{label} {', '.join(told)}"


def _distinct(runs: Iterable[tuple[str, Summary]], label: str, factor: str | None) -> list[Any]:
    found: list[Any] = []
    for _, summary in runs:
        value = _value(summary, label, factor)
        if value not in found:
            found.append(value)
    return found


def _value(summary: Summary, label: str, factor: str | None) -> Any:
    """What IDENTITY finds, without what the factor itself puts into it."""
    value = IDENTITY[label](summary)
    strip = STRIPS.get(label)
    return strip(value, factor or "") if strip and isinstance(value, str) else value


def _without_seed(text: str, _factor: str) -> str:
    return SEED.sub(r"\1", text)


def _without_count(text: str, factor: str) -> str:
    """GPUs, or a CPU's threads: our workloads take as many as loaders, ranks and OMP_NUM_THREADS leave them."""
    if factor in {"workers", "gpus"} or factor.endswith("NUM_THREADS"):
        text = THREADS.sub("", text)
    return COUNT.sub("", text) if factor == "gpus" else text


def _without_option(text: str, factor: str) -> str | None:
    """An arm that isn't compiled has no mode of compiling either."""
    option = f"--{factor.replace('_', '-')}"
    gone = {option, "--compile-mode"} if option == "--compile" else {option}
    return " ".join(word for word in text.split() if word.partition("=")[0] not in gone) or None


def _without_variable(text: str, factor: str) -> str | None:
    name = factor.removeprefix("env:")
    return " ".join(word for word in text.split() if word.partition("=")[0] != name) or None


STRIPS: dict[str, Callable[[str, str], str | None]] = {
    "command": _without_seed,
    "device": _without_count,
    "options": _without_option,
    "environment": _without_variable,
}


def _text(label: str, value: Any) -> str:
    if value is None:
        return "none" if label in NOTHING_IS_NONE else "unknown"
    return str(value)
