"""All files of a session as one stream of records in the order of time: live view, replay and summary read it alike."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlperf_tui.frozen import frozen
from mlperf_tui.records import Mark, Record, Step
from mlperf_tui.session.folder import Folder, rank_of
from mlperf_tui.session.log import Tail

OWN_KINDS: dict[bytes, type[Record]] = {b'{"step":': Step, b'{"mark":': Mark}
HEAD_BYTES = 1 << 16
NEW_BYTES = 4 << 20
LONGEST_START = 16
"""How ranks' lines are searched for the kinds that they write: their heads, then what is new, and what was cut."""


@frozen
class Origin:
    """The file that a record stands in, and the rank that wrote it: None for a recorder's file."""

    file: str
    rank: int | None
    printed: bool = False


class Follower:
    """Reads what is new in a session's files. `offsets` says where to begin in each: at 0 in a file not named."""

    def __init__(self, folder: Folder, offsets: Mapping[str, int] | None = None) -> None:
        self._folder = folder
        self._from = dict(offsets or {})
        self._tails: dict[str, tuple[Origin, Tail]] = {}
        self._own: set[type[Record]] = set()
        self._looked: dict[str, int] = {}

    @property
    def offsets(self) -> dict[str, int]:
        """How far each file has been read, to begin there another time."""
        return {**self._from, **{name: tail.offset for name, (_, tail) in self._tails.items()}}

    @property
    def skipped(self) -> int:
        """Lines that were no record."""
        return sum(tail.skipped for _, tail in self._tails.values())

    def read(self, until: int | None = None) -> Iterator[tuple[Origin, Record]]:
        """Every record that has become whole since the last time, merged by time.

        What is later than `until` (monotonic ns) is left for another time.
        """
        self._look_for_files()
        self._look_for_own_kinds()
        streams = [_timed(origin, tail, until) for origin, tail in self._tails.values()]
        for _, _, origin, record in heapq.merge(*streams):  # no two share both time and file
            if not self._is_double(origin, record):
                yield origin, record

    def _is_double(self, origin: Origin, record: Record) -> bool:
        """Whether it says again what counts already: a mark counts once, by rank 0, whoever repeats it."""
        if origin.printed:
            return type(record) in self._own
        return isinstance(record, Mark) and bool(origin.rank)

    def _look_for_files(self) -> None:
        for path in [*self._folder.readings(), *self._folder.steps(), self._folder.printed]:
            if path.name not in self._tails and path.exists():
                origin = _origin(path, printed=path == self._folder.printed)
                self._tails[path.name] = (origin, Tail(path, self._from.get(path.name, 0)))
                self._note_own_kinds(origin, Tail(path).peek(HEAD_BYTES))

    def _look_for_own_kinds(self) -> None:
        """What a rank writes itself counts once: the same kind read from its output is left out from then on."""
        if self._folder.printed.name in self._tails and len(self._own) < len(OWN_KINDS):
            ranks = [(origin, tail) for origin, tail in self._tails.values() if origin.rank is not None]
            for origin, tail in ranks:
                start = max(tail.offset, self._looked.get(origin.file, 0) - LONGEST_START)
                new = Tail(tail.path, start).peek(NEW_BYTES)
                self._looked[origin.file] = start + len(new)
                self._note_own_kinds(origin, new)

    def _note_own_kinds(self, origin: Origin, lines: bytes) -> None:
        if origin.rank is not None and not origin.printed:
            self._own.update(kind for start, kind in OWN_KINDS.items() if start in lines)


def _origin(path: Path, *, printed: bool) -> Origin:
    return Origin(path.name, 0 if printed else rank_of(path), printed)


def _timed(origin: Origin, tail: Tail, until: int | None) -> Iterator[tuple[int, str, Origin, Record]]:
    """A record without a time of its own goes with the one before it in its file."""
    t = 0
    for record in tail.read():
        t = max(t, getattr(record, "t", t))
        if until is not None and t > until:
            return
        yield t, origin.file, origin, record
