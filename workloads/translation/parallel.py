"""A folder of parallel text, English to German: train.en and train.de, newstest2014.* or valid.*, a sentence a line."""

from __future__ import annotations

from pathlib import Path

from workloads.common.options import Options, Refusal
from workloads.translation.lexicon import Pair

EMBEDDED = ("lexicon", "synthetic")
LANGUAGES = ("en", "de")
HELD_OUT = ("newstest2014", "valid")
"""The first that is there is evaluated on. MLPerf trains on WMT17 and evaluates on newstest2014."""

CHUNK = 1 << 20


def refuse_data(options: Options) -> None:
    """Raise a Refusal when the data can't be had as the options ask."""
    if options.data == "synthetic" and options.target is not None:
        raise Refusal("--data synthetic has nothing to evaluate, so it can't reach a --target")
    if options.data not in EMBEDDED:
        refuse_folder(Path(options.data))


def refuse_folder(root: Path) -> None:
    """Raise a Refusal that names what `root` lacks of train.en, train.de and newstest2014.* or valid.*."""
    if not root.exists():
        raise Refusal(f"no data folder {root}: --data takes lexicon, synthetic, or a folder with train.en and train.de")
    for name in ("train", held_out(root)):
        _refuse_unlike(*files(root, name))


def held_out(root: Path) -> str:
    """Which of newstest2014 and valid the folder has. Raises Refusal when it has neither."""
    for name in HELD_OUT:
        if any(file.exists() for file in files(root, name)):
            return name
    raise Refusal(f"{root} has nothing to evaluate on: it needs newstest2014.en and .de, or valid.en and .de")


def files(root: Path, name: str) -> tuple[Path, Path]:
    """The English and the German file of a part, such as `train`."""
    english, german = (root / f"{name}.{language}" for language in LANGUAGES)
    return english, german


def read(root: Path, name: str) -> list[Pair]:
    """The sentence pairs of a part, without the space around them. Raises Refusal for a line that isn't UTF-8."""
    english, german = (_lines(file) for file in files(root, name))
    return list(zip(english, german, strict=True))


def _refuse_unlike(english: Path, german: Path) -> None:
    """Line n of one file translates line n of the other, so both must have as many."""
    counts = [count_lines(file) for file in (english, german)]
    if not counts[0]:
        raise Refusal(f"{english} is empty")
    if counts[0] != counts[1]:
        raise Refusal(f"{english} has {counts[0]:,} lines and {german} has {counts[1]:,}: they must have as many")


def count_lines(file: Path) -> int:
    """How many lines the file has, the last with or without its end. Raises Refusal when it can't be read."""
    lines, last = 0, b"\n"
    try:
        with file.open("rb") as text:
            while chunk := text.read(CHUNK):
                lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    except OSError as error:
        raise Refusal(f"can't read {file}: {error.strerror}") from None
    return lines + (last != b"\n")


def _lines(file: Path) -> list[str]:
    """Only a newline ends a line: text has other characters that Python takes for ends of lines."""
    lines: list[str] = []
    try:
        with file.open(encoding="utf-8", newline="\n") as text:
            lines.extend(line.strip() for line in text)
    except UnicodeDecodeError:
        raise Refusal(f"{file} isn't UTF-8 after line {len(lines):,}") from None
    except OSError as error:
        raise Refusal(f"can't read {file}: {error.strerror}") from None
    return lines
