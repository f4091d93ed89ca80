"""What the tests of NCF share: options, a folder like MovieLens', a stop that nobody asks for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from workloads.common.options import parse, parser
from workloads.common.stop import Stop
from workloads.ncf.interactions import Interactions

CPU = torch.device("cpu")
NCF_COMMAND = [sys.executable, "-m", "workloads.ncf"]
CSV_HEADER = "userId,movieId,rating,timestamp\n"
USERS, FILMS, EACH = 30, 140, 9


def movielens(root: Path, separator: str) -> Path:
    """A folder as MovieLens publishes it: users 1 to 30 with nine films each, of 140, in no order of time."""
    root.mkdir()
    rows = [
        (user, 1000 + (user * 7 + k * 11) % FILMS, 4, 10**9 + (k * 5) % EACH)
        for user in range(1, USERS + 1)
        for k in range(EACH)
    ]
    lines = "".join(separator.join(map(str, row)) + "\n" for row in rows)
    csv = separator == ","
    (root / ("ratings.csv" if csv else "ratings.dat")).write_text(CSV_HEADER + lines if csv else lines)
    return root


def options(*words: str) -> Any:
    """As the command line gives them."""
    return parse(parser("x", "", "clicks", ""), words)


def pairs(every: Interactions) -> set[tuple[int, int]]:
    """Who clicked what."""
    return set(zip(every.users.tolist(), every.items.tolist(), strict=True))


class NoStop(Stop):
    """Nobody asks to stop; this process's signals are left alone."""

    def __init__(self) -> None:
        self.asked: int | None = None
