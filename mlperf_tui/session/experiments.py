"""One experiment's directory: what lies in it under which name, how it is made, found and listed."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import FORMAT, Experiment, Record, Stage, decode, encode
from mlperf_tui.session.folder import Folder, new_id, sessions, write_whole
from mlperf_tui.session.log import Tail
from mlperf_tui.session.status import status

LOG = re.compile(r"log-(\d+)\.jsonl")
PREFIX = "e-"
STAMPED = len("e-20261124-091204")
"""So many characters of an id say when it was made."""


class ExperimentFolder:
    """The names in one experiment's directory. Its sessions lie beside it. Making one touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.experiment = path / "experiment.json"
        self.lock = path / "lock"
        self.recorder_output = path / "runner.log"
        self.summary = path / "report.json"

    def plan(self) -> Experiment:
        """What was asked for. Raises MlperfTuiError when it is unreadable or newer than this program."""
        try:
            plan = decode(self.experiment.read_bytes())
        except (OSError, ValueError) as error:
            raise MlperfTuiError(f"{self.id} can't be read: {error}") from None
        if not isinstance(plan, Experiment):
            raise MlperfTuiError(f"{self.id} can't be read: {self.experiment.name} holds no experiment")
        if plan.format > FORMAT:
            raise MlperfTuiError(
                f"{self.id} was written by a newer mlperf-tui (format {plan.format}): upgrade to read it"
            )
        return plan

    def readings(self) -> list[Path]:
        """What its runners wrote, a file each, oldest first."""
        found = [path for path in self.path.iterdir() if LOG.fullmatch(path.name)] if self.path.is_dir() else []
        return sorted(found, key=lambda path: int(path.stem.partition("-")[2]))

    def new_log(self) -> Path:
        """The name for one more runner's log."""
        taken = [int(path.stem.partition("-")[2]) for path in self.readings()]
        return self.path / f"log-{max(taken, default=-1) + 1}.jsonl"

    def begin_log(self) -> None:
        """Make the log of the next runner: until that writes, the end of the one before is history. Raises OSError."""
        self.new_log().touch(mode=0o600)

    def log(self) -> Path:
        """The log of a runner that begins: the one that was made for it, else a new one."""
        last = self.readings()[-1:]
        return last[0] if last and last[0].stat().st_size == 0 else self.new_log()

    def records(self) -> list[Record]:
        """All that its runners wrote, in order."""
        return [record for path in self.readings() for record in Tail(path).read()]

    def sessions(self) -> list[Folder]:
        """Its runs, in the order of their launch; one that was deleted is missing."""
        named = [record.session for record in self.records() if isinstance(record, Stage) and record.session]
        beside = [name for name in dict.fromkeys(named) if Path(name).name == name]
        folders = [Folder(self.path.parent / name) for name in beside]
        return [folder for folder in folders if folder.session.is_file()]

    def last_written(self) -> float:
        """When anything in it last changed, in seconds since the epoch."""
        return max((found.st_mtime for found in self._files()), default=0.0)

    @property
    def gone(self) -> str:
        """That its runner is gone, and how many runs still go: a runner that is killed ends none."""
        left = sum(status(run).live for run in self.sessions())
        still = f", {left} run{'' if left == 1 else 's'} of it still go{'es' if left == 1 else ''}" if left else ""
        return f"its runner is gone{still}"

    def size(self) -> int:
        """Bytes on disk, without its sessions'."""
        return sum(found.st_blocks * 512 for found in self._files())

    def remove(self) -> None:
        """Delete the directory and all in it."""
        shutil.rmtree(self.path)

    def rename(self, name: str | None) -> None:
        """Give it another name, or none. Raises MlperfTuiError when that can't be read or written."""
        self.replan(dataclasses.replace(self.plan(), name=name or None))

    def replan(self, plan: Experiment) -> None:
        """Write the plan anew, whole. Raises MlperfTuiError where it can't be written."""
        try:
            write_whole(self.experiment, encode(plan) + "\n")
        except OSError as error:
            raise MlperfTuiError(f"{self.id} can't be renamed or planned anew: {error.strerror}") from None

    def _files(self) -> Iterator[os.stat_result]:
        """Of each file in it; the report is replaced while it runs, so that one may be gone by now."""
        for path in self.path.iterdir():
            with contextlib.suppress(FileNotFoundError):
                yield path.lstat()


Either: TypeAlias = Folder | ExperimentFolder


def new_experiment_id(workload: str, now: datetime | None = None) -> str:
    """An id such as e-20261124-091204-resnet50-k3f9, by UTC."""
    return PREFIX + new_id(workload, now).removeprefix("s-")


def session_id(root: Path, experiment: str, pair: int, arm: int, now: datetime | None = None) -> str:
    """A new id for one of its runs that shows where it belongs, such as s-20261124-091233-resnet50-k3f9-2b.

    A pair that failed at once may be run again in the same second: then `-2` is added.
    """
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    word = experiment.removeprefix(PREFIX).split("-", 2)[2]
    first = f"s-{stamp}-{word}-{pair}{chr(ord('a') + arm)}"
    names = itertools.chain([first], (f"{first}-{n}" for n in itertools.count(2)))
    return next(name for name in names if not (root / name).exists())


def create(root: Path, plan: Experiment) -> ExperimentFolder:
    """Make the directory (0700) with its plan. Raises MlperfTuiError when `root` can't be written."""
    folder = ExperimentFolder(root / plan.id)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.path.mkdir(mode=0o700)
        write_whole(folder.experiment, encode(plan) + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise MlperfTuiError(
            f"can't write experiments to {root} ({reason}): choose another place with --sessions DIR"
        ) from None
    return folder


def experiments(root: Path) -> list[ExperimentFolder]:
    """All experiments below `root`, oldest first."""
    try:
        found = [ExperimentFolder(path) for path in root.iterdir() if (path / "experiment.json").is_file()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MlperfTuiError(f"can't read experiments in {root}: {error.strerror}") from None
    return sorted(found, key=lambda folder: (folder.id[:STAMPED], _written_ns(folder.experiment), folder.id))


def find_experiment(root: Path, wanted: str) -> ExperimentFolder | None:
    """The experiment that an id, a unique prefix of one, or a name (its newest) means; None where it is none's."""
    known = experiments(root)
    exact = [folder for folder in known if folder.id == wanted]
    starting = [folder for folder in known if wanted.startswith(PREFIX) and folder.id.startswith(wanted)]
    if len(exact or starting) > 1:
        raise MlperfTuiError(f"{wanted} may be any of {', '.join(folder.id for folder in starting)}: type more of it")
    named = [folder for folder in known if _name_of(folder) == wanted]
    return next(iter(exact or starting or named[-1:]), None)


def newest(root: Path) -> Either | None:
    """What was launched last, runs of an experiment aside."""
    alone = (folder for folder in reversed(sessions(root)) if experiment_of(folder) is None)
    both: list[Either] = [*itertools.islice(alone, 1), *experiments(root)[-1:]]
    return max(both, key=_launched, default=None)


def everything(root: Path) -> list[Either]:
    """All sessions and experiments below `root`, oldest first."""
    both: list[Either] = [*experiments(root), *sessions(root)]
    return sorted(both, key=lambda folder: folder.id.partition("-")[2][: STAMPED - len(PREFIX)])


def either(root: Path, known: str) -> Either:
    """The experiment or the session of this very id."""
    experiment = ExperimentFolder(root / known)
    return experiment if experiment.experiment.is_file() else Folder(root / known)


def experiment_of(folder: Folder) -> ExperimentFolder | None:
    """The experiment that a session is a run of; None where it is of none, or where that is gone."""
    try:
        name = folder.plan().experiment
    except MlperfTuiError:
        return None
    found = ExperimentFolder(folder.path.parent / name) if name else None
    return found if found is not None and found.experiment.is_file() else None


def alone(root: Path) -> list[Either]:
    """All experiments and those sessions that are a run of none, oldest first."""
    return [folder for folder in everything(root) if not isinstance(folder, Folder) or experiment_of(folder) is None]


def _launched(folder: Either) -> tuple[str, int]:
    """By the second in the plan, then by when that was written."""
    path = folder.experiment if isinstance(folder, ExperimentFolder) else folder.session
    try:
        return folder.plan().utc, _written_ns(path)
    except MlperfTuiError:
        return "", _written_ns(path)


def _written_ns(path: Path) -> int:
    """When a file was last written; 0 where it has gone away meanwhile."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _name_of(folder: ExperimentFolder) -> str | None:
    try:
        return folder.plan().name
    except MlperfTuiError:
        return None
