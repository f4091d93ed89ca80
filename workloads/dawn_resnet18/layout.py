"""Whether `--data` can be read, told before torch is loaded: CIFAR-10's binary version, and what is missing in it.

A record is a label byte and 3,072 bytes of a 32×32 image: red, green, blue (cs.toronto.edu/~kriz/cifar.html).
"""

from __future__ import annotations

from pathlib import Path

from workloads.common.options import Options, Refusal

EMBEDDED = ("digits", "synthetic")
FOLDER = "cifar-10-batches-bin"
TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = ("test_batch.bin",)
RECORD_BYTES = 1 + 3 * 32 * 32


def refuse_data(options: Options) -> None:
    """Raise a Refusal when the data can't be had as the options ask."""
    if options.data == "synthetic" and options.target is not None:
        raise Refusal("--data synthetic has nothing to evaluate, so it can't reach a --target")
    if options.data not in EMBEDDED:
        for path in files(Path(options.data), TRAIN + TEST):
            _refuse_torn(path)


def files(root: Path, names: tuple[str, ...]) -> list[Path]:
    """The files of these names in `root`, or in the folder that the archive unpacks to. Raises Refusal."""
    if not root.exists():
        raise Refusal(f"no data folder {root}: --data takes digits, synthetic, or a folder with {FOLDER}")
    folder = root / FOLDER if (root / FOLDER).is_dir() else root
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise Refusal(f"{folder} has no {missing[0]}: it needs CIFAR-10's binary version ({', '.join(TRAIN + TEST)})")
    return [folder / name for name in names]


def _refuse_torn(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Refusal(f"can't read {path}: {error.strerror}") from None
    if size == 0 or size % RECORD_BYTES:
        raise Refusal(f"{path} is not whole: its {size:,} bytes are no multiple of {RECORD_BYTES:,}, a labelled image")
