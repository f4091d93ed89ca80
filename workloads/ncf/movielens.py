"""MovieLens' ratings as published, read into interactions; that someone rated a film counts, not how."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from workloads.common.options import Refusal
from workloads.ncf.interactions import Interactions, interactions
from workloads.ncf.layout import Layout, find, refuse_broken

COLUMNS = np.dtype([("user", np.int64), ("item", np.int64), ("rating", np.float32), ("time", np.int64)])


def read(root: Path) -> Interactions:
    """All of the folder's ratings. Raises a Refusal that names the line which is none."""
    path, layout = find(root)
    try:
        rows = np.loadtxt(_lines(path, layout), COLUMNS, comments=None, delimiter=",", ndmin=1)
    except ValueError as error:
        refuse_broken(path, layout)
        raise Refusal(f"can't read {path}: {error}") from None
    return interactions(rows["user"], rows["item"], rows["time"])


def _lines(path: Path, layout: Layout) -> Iterator[str]:
    """The lines with commas: numpy splits by one character only."""
    with path.open(encoding="latin-1") as file:
        if layout.header:
            next(file)
        for line in file:
            yield line.replace(layout.separator, ",")
