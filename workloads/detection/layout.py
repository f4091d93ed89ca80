"""Whether `--data` can be read, told before torch is loaded: COCO 2017's folders, and what is missing in them."""

from __future__ import annotations

from pathlib import Path

from workloads.common.options import Options, Refusal

EMBEDDED = ("shapes", "synthetic")
TRAIN, HELD_OUT = "train2017", "val2017"
"""The folders with the images, as cocodataset.org's archives unpack."""


def refuse_data(options: Options) -> None:
    """Raise a Refusal when the data can't be had as the options ask."""
    if options.data == "synthetic" and options.target is not None:
        raise Refusal("--data synthetic has nothing to evaluate, so it can't reach a --target")
    if options.data not in EMBEDDED:
        refuse_folder(Path(options.data))


def refuse_folder(root: Path) -> None:
    """Raise a Refusal that names what `root` lacks of COCO's two image folders and their annotations."""
    needed = f"{TRAIN}/, {HELD_OUT}/, {instances(TRAIN)} and {instances(HELD_OUT)}"
    try:
        if not root.exists():
            raise Refusal(f"no data folder {root}: --data takes shapes, synthetic, or a folder with {needed}")
        missing = [part for part in (TRAIN, HELD_OUT) if not (root / part).is_dir()]
        missing += [instances(part) for part in (TRAIN, HELD_OUT) if not (root / instances(part)).is_file()]
    except OSError as error:
        raise Refusal(f"can't read {root}: {error.strerror}") from None
    if missing:
        raise Refusal(f"{root} has no {' and no '.join(missing)}: it needs {needed}, as COCO 2017's archives unpack")


def instances(part: str) -> str:
    """The file with the annotations of the images in folder `part`."""
    return f"annotations/instances_{part}.json"
