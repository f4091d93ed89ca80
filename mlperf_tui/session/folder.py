"""One session's directory: what lies in it under which name, how it is made, found and listed."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from mlperf_tui.errors import MlperfTuiError, NotFound
from mlperf_tui.records import FORMAT, Plan, decode, encode

STEPS = re.compile(r"steps-(\d+)-(\d+)\.jsonl")
READINGS = re.compile(r"readings-(.+)-(\d+)\.jsonl")
ROLLUP = re.compile(r"rollup-.+\.jsonl")
HOURS = re.compile(r"hours-.+\.jsonl")
STAMP = re.compile(r"(?<=s-\d{8}-\d{6})-")
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Folder:
    """The names in one session directory. Making one touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.session = path / "session.json"
        self.lock = path / "lock"
        self.output = path / "output.log"
        self.recorder_output = path / "recorder.log"
        self.printed = path / "steps-printed.jsonl"
        self.summary = path / "summary.json"
        self.reserve = path / "reserve"
        self.turn = path / "turn"

    def plan(self) -> Plan:
        """What was launched. Raises MlperfTuiError when the session is unreadable or newer than this program."""
        try:
            plan = decode(self.session.read_bytes())
        except (OSError, ValueError) as error:
            raise MlperfTuiError(f"{self.id} can't be read: {error}") from None
        if not isinstance(plan, Plan):
            raise MlperfTuiError(f"{self.id} can't be read: {self.session.name} holds no plan")
        if plan.format > FORMAT:
            raise MlperfTuiError(
                f"{self.id} was written by a newer mlperf-tui (format {plan.format}): upgrade to read it"
            )
        return plan

    def steps(self) -> list[Path]:
        """The ranks' own files, by rank and restart."""
        return sorted(self._matching(STEPS), key=lambda path: [int(part) for part in _parts(STEPS, path)])

    def readings(self) -> list[Path]:
        """The recorders' files, by host and restart."""
        return sorted(
            self._matching(READINGS), key=lambda path: (_parts(READINGS, path)[0], int(path.stem.split("-")[-1]))
        )

    def new_readings(self, host: str) -> Path:
        """The name for one more recorder of this host."""
        taken = [int(_parts(READINGS, path)[1]) for path in self.readings() if _parts(READINGS, path)[0] == host]
        return self.path / f"readings-{host}-{max(taken, default=-1) + 1}.jsonl"

    def rollup(self, host: str) -> Path:
        return self.path / f"rollup-{host}.jsonl"

    def rollups(self) -> list[Path]:
        return sorted(self._matching(ROLLUP))

    def hours(self, host: str) -> Path:
        return self.path / f"hours-{host}.jsonl"

    def hour_files(self) -> list[Path]:
        return sorted(self._matching(HOURS))

    @property
    def gone(self) -> str:
        """What is gone where it was interrupted."""
        return "the recorder and the workload are gone"

    def last_written(self) -> float:
        """When anything in it last changed, in seconds since the epoch."""
        return max((path.stat().st_mtime for path in self.path.iterdir() if path.is_file()), default=0.0)

    def size(self) -> int:
        """Bytes on disk: what holes in the output were cut out of doesn't count."""
        return sum(path.lstat().st_blocks * 512 for path in self.path.rglob("*") if not path.is_symlink())

    def remove(self) -> None:
        """Delete the directory and all in it."""
        shutil.rmtree(self.path)

    def rename(self, name: str | None) -> None:
        """Give the session another name, or none. Raises MlperfTuiError when its plan can't be read or written."""
        plan = dataclasses.replace(self.plan(), name=name or None)
        try:
            write_whole(self.session, encode(plan) + "\n")
        except OSError as error:
            raise MlperfTuiError(f"{self.id} can't be renamed: {error.strerror}") from None

    def _matching(self, pattern: re.Pattern[str]) -> list[Path]:
        try:
            names = os.listdir(self.path)  # noqa: PTH208  iterdir makes a path of each, again and again
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [self.path / name for name in names if pattern.fullmatch(name)]


def rank_of(path: Path) -> int | None:
    """The rank that wrote a steps file, None for any other file."""
    match = STEPS.fullmatch(path.name)
    return int(match[1]) if match else None


def is_readings(name: str) -> bool:
    """Whether a file of this name is a recorder's."""
    return READINGS.fullmatch(name) is not None


def is_rollup(name: str) -> bool:
    """Whether a file of this name holds minutes."""
    return ROLLUP.fullmatch(name) is not None


def _parts(pattern: re.Pattern[str], path: Path) -> tuple[str, ...]:
    match = pattern.fullmatch(path.name)
    return match.groups() if match else ()


def sessions_root(given: Path | None = None) -> Path:
    """Where sessions lie: as given, else MLPERF_TUI_SESSIONS, else the user's data directory."""
    named = given or os.environ.get("MLPERF_TUI_SESSIONS")
    return Path(named).expanduser().absolute() if named else platformdirs.user_data_path("mlperf-tui") / "sessions"


def new_id(workload: str, now: datetime | None = None) -> str:
    """An id such as s-20261124-091204-resnet50-k3f9, by UTC, so that ids sort by age."""
    import secrets  # noqa: PLC0415  it loads OpenSSL, which nobody needs who only looks

    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    word = re.sub(r"[^A-Za-z0-9.]+", "-", workload).strip("-.")[:24] or "command"
    return f"s-{stamp}-{word}-{''.join(secrets.choice(ALPHABET) for _ in range(4))}"


def create(root: Path, plan: Plan) -> Folder:
    """Make the directory (0700) with its plan. Raises MlperfTuiError when `root` can't be written."""
    folder = Folder(root / plan.id)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.path.mkdir(mode=0o700)
        write_whole(folder.session, encode(plan) + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise MlperfTuiError(
            f"can't write sessions to {root} ({reason}): choose another place with --sessions DIR"
        ) from None
    return folder


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def sessions(root: Path) -> list[Folder]:
    """All sessions below `root`, oldest first."""
    try:
        found = [Folder(path) for path in root.iterdir() if (path / "session.json").is_file()]
        return sorted(found, key=_age)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MlperfTuiError(f"can't read sessions in {root}: {error.strerror}") from None


def _age(folder: Folder) -> tuple[str, int, str]:
    """By the second in the id, then by when the plan was written: several may start in one second."""
    return STAMP.split(folder.id)[0], folder.session.stat().st_mtime_ns, folder.id


def find(root: Path, wanted: str) -> Folder:
    """The session that an id, a unique prefix of one, a name (its newest) or `last` means. Raises NotFound else."""
    known = sessions(root)
    if wanted == "last":
        if known:
            return known[-1]
        raise NotFound(f"no session yet: start one with `mlperf-tui run resnet50`; it will be kept in {root}")
    exact = [folder for folder in known if folder.id == wanted]
    if found := exact or _by_prefix(known, wanted) or _by_name(known, wanted)[-1:]:
        if len(found) == 1:
            return found[0]
        raise NotFound(f"{wanted} may be any of {_some(found)}: type more of the id")
    raise NotFound(f"no session {wanted} in {root}: `mlperf-tui list` shows them")


def _by_prefix(known: list[Folder], wanted: str) -> list[Folder]:
    return [folder for folder in known if wanted and folder.id.startswith(wanted)]


def _by_name(known: list[Folder], wanted: str) -> list[Folder]:
    found = []
    for folder in known:
        try:
            if folder.plan().name == wanted:
                found.append(folder)
        except MlperfTuiError:
            continue
    return found


def _some(folders: list[Folder]) -> str:
    shown = ", ".join(folder.id for folder in folders[-3:])
    return shown if len(folders) <= 3 else f"{shown} and {len(folders) - 3} more"
