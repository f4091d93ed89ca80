"""A loss curve by samples trained, of bounded size: from every line of a short run, from places in a long one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from mlperf_tui.records import About, Late, Record, Step, decode
from mlperf_tui.session.folder import Folder, rank_of
from mlperf_tui.session.log import Tail

Losses = tuple[tuple[float, float], ...]

MOST = 2000
PENDING = 1024
"""A loss comes after its step, but not more steps later than this."""

WHOLE_BYTES = 1 << 20
"""A file up to this size is read whole."""

BLOCKS, BLOCK_BYTES = 250, 4096
LOSSES_A_BLOCK = 8
START = (b'{"step":', b'{"late":')


class Curve:
    """Losses of one rank as they come; of too many each second one is dropped, evenly over the whole run.

    `ranks` ranks train alike, so that each of its samples stands for as many. A loss that is no number is left out.
    """

    def __init__(self, most: int = MOST) -> None:
        self.ranks = 1
        self.loss_scaled = False
        self._most = most
        self._stride = 1
        self._seen = 0
        self._trained = 0
        self._at: dict[int, int] = {}
        self._points: list[tuple[float, float]] = []

    @property
    def points(self) -> Losses:
        """(samples trained so far by all ranks, loss of that step), in order, at most `most` of them."""
        return tuple(self._points)

    def add(self, record: Record) -> None:
        """Take in one record of the rank."""
        if isinstance(record, About):
            self.ranks = max(1, record.world)
        elif isinstance(record, Step):
            self._step(record)
        elif isinstance(record, Late):
            self._late(record)

    def _step(self, step: Step) -> None:
        self._trained += step.samples or 0
        self._at[step.n] = self._trained
        if len(self._at) > PENDING:
            del self._at[next(iter(self._at))]

    def _late(self, late: Late) -> None:
        self.loss_scaled |= late.loss_scale is not None
        trained = self._at.pop(late.n, None)
        if not trained or late.loss is None or not math.isfinite(late.loss):
            return
        if self._seen % self._stride == 0:
            self._points.append((float(trained * self.ranks), late.loss))
        self._seen += 1
        if len(self._points) > self._most:
            del self._points[1::2]
            self._stride *= 2


def sampled(folder: Folder) -> Curve:
    """The curve of rank 0, or of what a program printed: a long file's from 1 MB of it in `BLOCKS` places.

    There, step n is taken for the (n + 1)th of as many samples as the step beside it.
    """
    curve = Curve()
    path = _own(folder)
    if path is None:
        return curve
    if path.stat().st_size <= WHOLE_BYTES:
        for record in Tail(path).read():
            curve.add(record)
        return curve
    for record in (*_abouts(path), *_from_places(path)):
        curve.add(record)
    return curve


def _own(folder: Folder) -> Path | None:
    own = [path for path in folder.steps() if rank_of(path) == 0]
    found = [path for path in (*own, folder.printed) if path.exists()]
    return max(found, key=lambda path: (path != folder.printed, path.stat().st_size), default=None)


def _abouts(path: Path) -> list[Record]:
    return [record for record in islice(Tail(path).read(), 1000) if isinstance(record, About)]


def _from_places(path: Path) -> Iterator[Record]:
    """Steps, as if each stood for all before it, with their Late lines."""
    trained = 0
    size = path.stat().st_size
    with path.open("rb") as file:
        for at in range(BLOCKS):
            file.seek(at * (size - BLOCK_BYTES) // (BLOCKS - 1))
            for step, late in _pairs(file.read(BLOCK_BYTES).splitlines()[1:-1]):
                so_far = (step.n + 1) * (step.samples or 0)
                if so_far > trained:
                    yield Step(step.t, step.n, so_far - trained)
                    yield late
                    trained = so_far


def _pairs(lines: Iterable[bytes]) -> list[tuple[Step, Late]]:
    """The first steps of a block whose loss stands in it too."""
    steps: dict[int, Step] = {}
    found: list[tuple[Step, Late]] = []
    for line in lines:
        record = _record(line)
        if isinstance(record, Step):
            steps[record.n] = record
        elif isinstance(record, Late) and record.loss is not None and record.n in steps:
            found.append((steps[record.n], record))
    return found[:LOSSES_A_BLOCK]


def _record(line: bytes) -> Record | None:
    try:
        return decode(line) if line.startswith(START) else None
    except ValueError:
        return None
