"""What the commands do with an experiment: find it, follow it, say what it came to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlperf_tui.cli.say import columns, say, say_rows
from mlperf_tui.errors import MlperfTuiError, NotFound

if TYPE_CHECKING:
    from mlperf_tui.analysis.ab.result import Ab, Comparison
    from mlperf_tui.session.experiments import ExperimentFolder
    from mlperf_tui.session.folder import Folder

BROKEN = 1
"""The rule of --fail-if is."""

TOOL_ERROR = MlperfTuiError.exit_code
STOPPED = 143

LEAST, MOST = 0.001, 1000.0
"""An end of an interval beyond these says nothing, and isn't told."""


def find_experiment(root: Path, wanted: str) -> ExperimentFolder:
    """The experiment that is meant, `last` for the newest. Raises NotFound else."""
    from mlperf_tui.session import experiments

    if wanted == "last" and (known := experiments.experiments(root)):
        return known[-1]
    found = experiments.find_experiment(root, wanted)
    if found is None:
        raise NotFound(f"no experiment {wanted} in {root}: `mlperf-tui list` shows them")
    return found


def find_either(root: Path, wanted: str) -> Folder | ExperimentFolder:
    """The session or the experiment that is meant; `last` is what was launched last. Raises NotFound else."""
    from mlperf_tui.cli.look import find
    from mlperf_tui.session import experiments

    if wanted == "last" and (newest := experiments.newest(root)) is not None:
        return newest
    return experiments.find_experiment(root, wanted) or find(root, wanted)


def watch(folder: ExperimentFolder, *, mouse: bool, style: str = "text") -> int:
    """The screen until it is left, and then what became of the experiment; the exit code for the shell."""
    from mlperf_tui.launch import stop_experiment
    from mlperf_tui.session.status import status
    from mlperf_tui.viewer.ab import watch as look_at

    folder.plan()
    try:
        if look_at(folder, lambda: stop_experiment(folder), mouse=mouse):
            return 0
    except KeyboardInterrupt:
        pass  # before its first picture the screen doesn't take keys yet: the experiment goes on all the same
    if status(folder).live:
        say(f"{folder.id} goes on. To come back: mlperf-tui watch {folder.id}")
        return 0
    say_report(folder, style)
    return exit_code(folder)


def progress(
    folder: ExperimentFolder, style: str, *, stop_on_signals: bool = True, told_before: Sequence[Path] = ()
) -> int:
    """Plain lines until it ends, then the report; the exit code for the shell. `told_before` are logs of before."""
    from mlperf_tui.headless.experiment import follow

    note = say if style == "text" else lambda line: say(line, err=True)
    note(f"{folder.id} in {folder.path}")
    follow(folder, note, stop_on_signals=stop_on_signals, told_before=told_before)
    say_report(folder, style)
    return exit_code(folder)


def say_report(folder: ExperimentFolder, style: str) -> None:
    """Print it: as text, json or markdown, of which only the text is for a terminal."""
    from mlperf_tui.report.ab import render
    from mlperf_tui.report.ab.build import build

    text = render(build(folder), folder.plan(), style, columns())
    if style == "text":
        say(text)
        say_rows(_state(folder))
    else:
        click.echo(text)


def _state(folder: ExperimentFolder) -> str:
    """How it stands with the experiment, how to end what was left, and how to go on where it ended too early."""
    from mlperf_tui.launch.ending import runs_left
    from mlperf_tui.session.status import status

    state = status(folder)
    told = [f"status   {state.word}{f': {state.detail}' if state.detail else ''}"]
    if runs_left(folder):
        told.append(f"         to end what still goes: mlperf-tui stop {folder.id}")
    if state.word in {"stopped", "interrupted"}:
        told.append(f"         to go on: mlperf-tui ab --continue {folder.id}")
    return "\n".join(told)


def exit_code(folder: ExperimentFolder) -> int:
    """0 while it goes on and once it has finished, whatever the verdict; 125 where it failed, 143 where stopped."""
    from mlperf_tui.session.status import status

    word = status(folder).word
    return {"failed": TOOL_ERROR, "interrupted": TOOL_ERROR, "stopped": STOPPED}.get(word, 0)


def verdict_code(folder: ExperimentFolder, rule: tuple[str, float] | None, code: int) -> int:
    """The experiment's own `code` where that isn't 0; else 1 where the rule is surely broken, which is said."""
    from mlperf_tui.report.ab.build import build
    from mlperf_tui.session.status import status

    if rule is None:
        return code
    state = status(folder)
    if code or state.live:
        say_gate(rule, f"not judged ({folder.id} is {state.word})")
        return code
    return code_of(build(folder), rule)


def code_of(result: Ab, rule: tuple[str, float] | None) -> int:
    """The exit code of a comparison: 1 where the rule is surely broken, 125 where these can't be compared, else 0.

    Where there is a rule it is said on stderr how that came out: a 0 alone may be a "can't tell".
    """
    from mlperf_tui.analysis.ab.fail_if import fails

    if rule is None:
        return TOOL_ERROR if result.refused else 0
    if result.refused:
        say_gate(rule, "not judged (these can't be compared)")
        return TOOL_ERROR
    found = [fails(comparison.speed, *rule) for comparison in result.comparisons]
    numbers = "; ".join(_numbers(comparison, lettered=len(found) == 1) for comparison in result.comparisons)
    if any(found):
        say_gate(rule, f"broken ({numbers}): fails")
        return BROKEN
    say_gate(rule, f"{'not sure' if None in found or not found else 'held'} ({numbers or 'no numbers yet'}): passes")
    return 0


def say_gate(rule: tuple[str, float], answer: str) -> None:
    """One line on stderr. A terminal that is gone changes no exit code."""
    conclusion, share = rule
    try:
        say(f"gate {conclusion}:{100 * share:g}%: {answer}", err=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _numbers(comparison: Comparison, *, lettered: bool) -> str:
    """B's speed as a multiple of A's, from and to; of several comparisons each has the names of its arms."""
    from mlperf_tui.report.ab.numbers import ratio

    a, b = ("A", "B") if lettered else (comparison.a, comparison.b)
    if not comparison.speed.looks:
        return f"no interval for {b} against {a}"
    last = comparison.speed.looks[-1]
    if last.low < LEAST and last.high > MOST:
        return f"the interval for {b} against {a} says nothing yet"
    if last.high > MOST:
        return f"{b} is at least {ratio(last.low)} times as fast as {a}"
    if last.low < LEAST:
        return f"{b} is at most {ratio(last.high)} times as fast as {a}"
    return f"{b} is {ratio(last.low)} to {ratio(last.high)} times as fast as {a}"
