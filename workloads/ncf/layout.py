"""Whether `--data` can be read, told before torch is loaded: MovieLens' files, and how a line of them looks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn

from workloads.common.options import Options, Refusal

EMBEDDED = ("clicks", "synthetic")


@dataclass(frozen=True, slots=True)
class Layout:
    """A published form of the ratings: user, item, rating, timestamp, `separator` between them."""

    file: str
    separator: str
    header: bool

    @property
    def line(self) -> re.Pattern[str]:
        """What each line matches, but for the header."""
        return re.compile(self.separator.join((r"\d+", r"\d+", r"\d+(\.\d+)?", r"\d+")))

    @property
    def says(self) -> str:
        """The form in words."""
        return self.separator.join(("user", "item", "rating", "timestamp"))


LAYOUTS = (Layout("ratings.csv", ",", header=True), Layout("ratings.dat", "::", header=False))
"""The README.txt of ml-20m and ml-25m, and of ml-1m (files.grouplens.org/datasets/movielens)."""


def refuse_data(options: Options) -> None:
    """Raise a Refusal when the data can't be had as the options ask."""
    if options.data == "synthetic" and options.target is not None:
        raise Refusal("--data synthetic has nothing to evaluate, so it can't reach a --target")
    if options.data not in EMBEDDED:
        refuse_beginning(*find(Path(options.data)))


def find(root: Path) -> tuple[Path, Layout]:
    """The file with the ratings in `root`, and its layout. Raises a Refusal that says what is missing."""
    try:
        found = [(root / layout.file, layout) for layout in LAYOUTS if (root / layout.file).is_file()]
        return found[0] if found else _nothing(root)
    except OSError as error:
        raise Refusal(f"can't read {root}: {error.strerror}") from None


def _nothing(root: Path) -> NoReturn:
    names = " or ".join(layout.file for layout in LAYOUTS)
    if root.is_file():
        raise Refusal(f"{root} is a file: --data takes the folder with {names}")
    if not root.exists():
        raise Refusal(f"no data folder {root}: --data takes clicks, synthetic, or a folder with {names}")
    raise Refusal(f"{root} has no {names}: MovieLens' ml-20m, ml-25m and ml-1m come with one")


def refuse_beginning(path: Path, layout: Layout) -> None:
    """Raise a Refusal when the file can't be opened, has no rating, or its first one isn't one."""
    refuse_broken(path, layout, lines=2)


def refuse_broken(path: Path, layout: Layout, lines: int | None = None) -> None:
    """Raise a Refusal that names the first line that is no rating, among the first `lines` or all of them."""
    first = 2 if layout.header else 1
    number = first - 1
    try:
        with path.open(encoding="latin-1") as file:
            for number, line in enumerate(islice(file, first - 1, lines), first):
                if not layout.line.fullmatch(line.rstrip("\n")):
                    raise Refusal(f"{path} line {number} is no rating: it needs {layout.says}, not {line.strip()!r}")
    except OSError as error:
        raise Refusal(f"can't read {path}: {error.strerror}") from None
    if number < first:
        raise Refusal(f"no ratings in {path}")
