"""Make an experiment and start its runner, detached; go on with one that was broken off; stop one."""

from __future__ import annotations

import json
import os
import platform
import signal
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import mlperf_tui
from mlperf_tui.catalog import WORKLOADS
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.launch import session
from mlperf_tui.launch.arms import Arm, Factor, arms, is_seeded
from mlperf_tui.launch.detached import signal_recorder, start_detached
from mlperf_tui.launch.ending import runs_left, told_to_end
from mlperf_tui.launch.planning import Request, argv_of, git_state, program_name, redacted
from mlperf_tui.launch.session import ON_END
from mlperf_tui.records import Experiment
from mlperf_tui.session import experiments as folders
from mlperf_tui.session import redact
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.redact import HIDDEN
from mlperf_tui.session.status import status
from mlperf_tui.steps.facts import hostname

RUNNER = "mlperf_tui.recorder.experiment"
ARGVS = "MLPERF_TUI_ARGVS"
"""The variable that hands the arms' command lines to the runner, with the secrets that the plan leaves out."""

TO_AN_END = ("epochs", "steps", "minutes", "target")
"""Options that ask for whole runs: with any of them a process runs alone, from its start to its end."""

NEVER_REACHED = 1.0
"""The target in turns: a process that is measured must not end because it has learned enough."""


@dataclass(frozen=True, slots=True)
class AbRequest:
    """What a person asked for; None for what follows from the kind of experiment."""

    shared: Request
    factor: Factor
    command: tuple[str, ...]
    within: float = 0.02
    limit_s: float | None = None
    most_pairs: int | None = None
    turns: bool | None = None


def launch_experiment(asked: AbRequest, root: Path) -> ExperimentFolder:
    """Make the experiment and start its runner, which starts the sessions. Returns at once.

    Raises MlperfTuiError when it can't be done; nothing is left behind then.
    """
    turns = takes_turns(asked)
    made = arms(_endless(asked.shared) if turns else asked.shared, asked.factor)
    argvs = tuple(argv_of(_unseeded(arm.request)) for arm in made)
    folder = folders.create(root, _plan(asked, made, argvs, turns))
    told = {ARGVS: json.dumps(argvs), ON_END: asked.shared.on_end or ""}
    try:
        start_detached(folder, RUNNER, folder.recorder_output, [], told, new=True)
    except OSError as error:
        folder.experiment.unlink()
        folder.path.rmdir()
        raise MlperfTuiError(f"the experiment can't be started: {error}") from None
    return folder


def continue_experiment(
    folder: ExperimentFolder,
    *,
    most_pairs: int | None = None,
    limit_s: float | None = None,
    within: float | None = None,
) -> None:
    """Start another runner for an experiment that has ended too early, with new limits where they are told.

    Raises MlperfTuiError where it can't go on.
    """
    plan = folder.plan()
    if status(folder).live:
        raise MlperfTuiError(f"{folder.id} is running: look at it with `mlperf-tui watch {folder.id}`")
    if plan.host != hostname():
        raise MlperfTuiError(f"{folder.id} was begun on {plan.host}: go on with it there")
    kept = (*(word for argv in plan.argvs for word in argv), *(value for env in plan.envs for value in env.values()))
    if any(HIDDEN in word for word in kept):
        raise MlperfTuiError(f"{folder.id} can't go on: its command held a secret, which was not kept")
    folder.replan(
        replace(
            plan,
            most_pairs=most_pairs or plan.most_pairs,
            limit_s=limit_s or plan.limit_s,
            within=within or plan.within,
        )
    )
    told = {ARGVS: json.dumps(plan.argvs), ON_END: plan.on_end or ""}
    try:
        folder.begin_log()
        start_detached(folder, RUNNER, folder.recorder_output, [], told, new=True)
    except OSError as error:
        raise MlperfTuiError(f"the experiment can't be started: {error}") from None


def stop_experiment(folder: ExperimentFolder) -> None:
    """Ask the runner to end; where it is gone, the runs that it has left. Nothing is waited for.

    Raises MlperfTuiError when there is nothing to stop, or not from here.
    """
    left = runs_left(folder)
    for deaf in [run for run in left if not told_to_end(run)]:
        session.stop(deaf)  # which says why it doesn't hear
    if not left:
        signal_recorder(folder, signal.SIGTERM, "stop it there", "be stopped")


def takes_turns(asked: AbRequest) -> bool:
    """Whether the processes of a pair take turns: our workloads do, unless whole runs are asked for."""
    if asked.shared.workload is None:
        return False
    whole = any(asked.shared.options.get(name) is not None for name in TO_AN_END) or asked.factor.name in TO_AN_END
    return not whole and asked.turns is not False


def _endless(shared: Request) -> Request:
    if shared.options.get("data") == "synthetic":
        return shared
    return replace(shared, options={**shared.options, "target": NEVER_REACHED})


def _unseeded(request: Request) -> Request:
    return replace(request, options={name: value for name, value in request.options.items() if name != "seed"})


def _plan(asked: AbRequest, made: tuple[Arm, ...], argvs: tuple[tuple[str, ...], ...], turns: bool) -> Experiment:
    shared = asked.shared
    known = WORKLOADS.get(shared.workload or "")
    name = known.name if known else program_name(argvs[0])
    now = datetime.now(UTC)
    limit_s = asked.limit_s if asked.limit_s is not None else (240.0 if turns else float("inf"))
    return Experiment(
        id=folders.new_experiment_id(shared.name or name, now),
        kind="workload" if known else "command",
        workload=name,
        factor=asked.factor.name,
        arms=tuple(arm.label for arm in made),
        argvs=tuple(redact.argv(argv) for argv in argvs),
        envs=tuple(redact.named(arm.request.environment) for arm in made),
        options=tuple(_unseeded(arm.request).options for arm in made),
        command=redact.argv(asked.command),
        cwd=str(Path.cwd()),
        host=hostname(),
        utc=now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        name=shared.name,
        note=shared.note,
        unit=known.unit if known else "samples/s",
        seeded=is_seeded(shared, asked.factor),
        seed=shared.options.get("seed") or 1,
        turns=turns,
        within=asked.within,
        limit_s=limit_s,
        most_pairs=asked.most_pairs or (20 if turns else 10),
        grace_s=shared.grace_s,
        on_end=None if shared.on_end is None else redacted(shared.on_end),
        env_kept=redact.environment(os.environ),
        versions={"mlperf-tui": mlperf_tui.__version__, "python": platform.python_version()},
        git=git_state(ours=asked.shared.workload is not None),
    )
