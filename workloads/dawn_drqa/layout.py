"""Whether `--data` can be read, told before torch is loaded: the files that SQuAD 1.1 is published in, and GloVe's."""

from __future__ import annotations

from pathlib import Path

from workloads.common.options import Options, Refusal

EMBEDDED = ("templates", "synthetic")
TRAIN, DEV = "train-v1.1.json", "dev-v1.1.json"
"""As rajpurkar.github.io/SQuAD-explorer has them."""

VECTORS = "glove.840B.300d.txt"
"""The word vectors of DrQA (Chen et al., section 3.2); other ones of that width are taken as well."""
OTHER_VECTORS = "glove*.300d.txt"


def refuse_data(options: Options) -> None:
    """Raise a Refusal when the data can't be had as the options ask."""
    if options.data == "synthetic" and options.target is not None:
        raise Refusal("--data synthetic has nothing to evaluate, so it can't reach a --target")
    if options.data not in EMBEDDED:
        refuse_folder(Path(options.data))


def refuse_folder(root: Path) -> None:
    """Raise a Refusal that says what is missing in the folder, or can't be read."""
    try:
        _look(root)
    except OSError as error:
        raise Refusal(f"can't read {root}: {error.strerror}") from None


def vectors(root: Path) -> Path | None:
    """The file with word vectors beside SQuAD's, if there is one."""
    if (root / VECTORS).is_file():
        return root / VECTORS
    return next(iter(sorted(root.glob(OTHER_VECTORS))), None)


def _look(root: Path) -> None:
    if root.is_file():
        raise Refusal(f"{root} is a file: --data takes the folder with {TRAIN} and {DEV}")
    if not root.exists():
        raise Refusal(f"no data folder {root}: --data takes templates, synthetic, or a folder with {TRAIN} and {DEV}")
    missing = [name for name in (TRAIN, DEV) if not (root / name).is_file()]
    if missing:
        raise Refusal(f"{root} has no {' and no '.join(missing)}: SQuAD 1.1 is published as {TRAIN} and {DEV}")
    for name in (TRAIN, DEV):
        with (root / name).open("rb") as file:
            file.read(1)
