"""Where sessions lie: whether they can be written, kept, and told to be alive from elsewhere."""

from __future__ import annotations

import getpass
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlperf_tui.doctor.mounts import kind_of
from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding
from mlperf_tui.report.numbers import GIB, gib
from mlperf_tui.sampling.host import disk_free

ROOM = "sessions"
ELSEWHERE = "Name another place with --sessions or MLPERF_TUI_SESSIONS."
ENOUGH_BYTES = GIB
"""A run's output may grow to this; a day's readings of eight GPUs are 150 MB."""

NETWORK = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "ceph", "gluster", "afs", "9p", "fuse.", "wekafs", "pvfs")
"""How the names of file systems begin that other hosts may share."""

ASK_LOGIND = (
    "busctl", "get-property", "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
    "KillUserProcesses",
)  # fmt: skip
LINGER = Path("/var/lib/systemd/linger")
LOGIND_PATIENCE_S = 3.0


def sessions(root: Path) -> Iterator[Finding]:
    """The directory, its disk and its file system, and what becomes of runs at logout."""
    there = existing(root)
    yield _directory(root, there)
    yield _space(disk_free(there))
    yield file_system(kind_of(there))
    yield from at_logout(_logind(), linger=(LINGER / _user()).exists())


def existing(place: Path) -> Path:
    """It, or the nearest directory above it that is there."""
    return next(one for one in (place, *place.parents, Path("/")) if one.exists())


def file_system(kind: str | None) -> Finding:
    """Locks and lives: a lock on a shared file system is not relied on, and some vanish."""
    if kind is None:
        return Finding(ROOM, "file_system", PARTLY, "the kernel does not tell which")
    if kind.startswith(NETWORK):
        says = f"{kind}, which other hosts may share: seen from there a session is `last written`, not `running`"
        return Finding(ROOM, "file_system", PARTLY, says, remedy=f"Watch on the host that runs. {ELSEWHERE}")
    if kind in {"tmpfs", "ramfs"}:
        return Finding(ROOM, "file_system", PARTLY, f"{kind}: gone at the next boot", remedy=ELSEWHERE)
    if kind == "overlay":
        says = "overlay, a container's own layer: gone with the container"
        return Finding(ROOM, "file_system", PARTLY, says, remedy=f"Mount a volume. {ELSEWHERE}")
    return Finding(ROOM, "file_system", SHOWN, kind)


def at_logout(told: str | None, *, linger: bool) -> Iterator[Finding]:
    """By what the login manager says; nothing where there is none to ask."""
    if told == "b true" and not linger:
        yield Finding(
            ROOM, "logout", PARTLY, "ends your runs (logind: KillUserProcesses=yes)",
            remedy="loginctl enable-linger keeps them.",
        )  # fmt: skip
    elif told in {"b true", "b false"}:
        yield Finding(ROOM, "logout", SHOWN, "runs go on after it" + (" (lingering is on)" if linger else ""))


def _directory(root: Path, there: Path) -> Finding:
    """A file without a name is made in it, or above where it isn't there yet, and is gone at once."""
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"\n")
    except OSError as error:
        return Finding(ROOM, "directory", MISSING, f"{there} can't be written: {error.strerror}", remedy=ELSEWHERE)
    return Finding(ROOM, "directory", SHOWN, f"{root}" + ("" if there == root else ", made by the first run"))


def _space(free: int | None) -> Finding:
    if free is not None and free < ENOUGH_BYTES:
        return Finding(
            ROOM, "free_space", PARTLY, f"only {gib(free)}", remedy=f"mlperf-tui prune --older-than 30d. {ELSEWHERE}"
        )
    return Finding(ROOM, "free_space", SHOWN, gib(free))


def _logind() -> str | None:
    """KillUserProcesses as it holds: `b true`, `b false`, or None where nobody answers."""
    try:
        ended = subprocess.run(
            ASK_LOGIND, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOGIND_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout.strip()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "-"
