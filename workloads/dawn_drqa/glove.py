"""GloVe's text files: a word and its vector a line, of which only the words that are needed are kept."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workloads.common.options import Refusal

WIDTH = 300

Vectors = dict[str, npt.NDArray[np.float32]]


def read(path: Path, wanted: Collection[str]) -> Vectors:
    """The vectors of the `wanted` words that the file has. Raises a Refusal that names a line which is none."""
    found: Vectors = {}
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                # A look at the line's beginning saves splitting millions of them.
                if line.partition(" ")[0] in wanted:
                    word, *values = line.rstrip().rsplit(" ", WIDTH)
                    found.setdefault(word, _vector(values, f"{path} line {number}"))
    except OSError as error:
        raise Refusal(f"can't read {path}: {error.strerror}") from None
    return {word: vector for word, vector in found.items() if word in wanted}


def _vector(values: list[str], where: str) -> npt.NDArray[np.float32]:
    try:
        vector = np.array(values, np.float32)
    except ValueError:
        vector = np.empty(0, np.float32)
    if len(vector) != WIDTH:
        raise Refusal(f"{where} is no word with a vector of {WIDTH} numbers")
    return vector
