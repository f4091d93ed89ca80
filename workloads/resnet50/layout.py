"""Whether `--data` can be read, told before torch is loaded: ImageNet's folders, and what is missing in them."""

from __future__ import annotations

import os
from pathlib import Path

from workloads.common.options import Options, Refusal

EMBEDDED = ("digits", "synthetic")
IMAGES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""torchvision's IMG_EXTENSIONS."""


def refuse_data(options: Options) -> None:
    """Raise a Refusal when the data can't be had as the options ask."""
    if options.data == "synthetic" and options.target is not None:
        raise Refusal("--data synthetic has nothing to evaluate, so it can't reach a --target")
    if options.data not in EMBEDDED:
        refuse_folder(Path(options.data))


def refuse_folder(root: Path) -> None:
    """Raise a Refusal that names what `root` lacks of train/CLASS/*.JPEG and val/CLASS/*.JPEG."""
    if not root.exists():
        raise Refusal(f"no data folder {root}: --data takes digits, synthetic, or a folder with train/ and val/")
    _entries(root)
    for part in ("train", "val"):
        if not (root / part).is_dir():
            raise Refusal(f"{root} has no {part} folder: it needs train/CLASS/*.JPEG and val/CLASS/*.JPEG")
    classes = {part: _classes(root / part) for part in ("train", "val")}
    _refuse_unlike(root, classes["train"], classes["val"])


def _classes(folder: Path) -> set[str]:
    """The names of the class folders, each with an image in it."""
    entries = _entries(folder)
    classes = {entry.name for entry in entries if entry.is_dir()}
    if not classes and any(_is_image(entry.name) for entry in entries):
        raise Refusal(f"{folder} is not sorted into class folders: move its images to {folder}/CLASS/")
    if not classes:
        raise Refusal(f"{folder} has no class folders: it needs {folder}/CLASS/*.JPEG")
    for name in sorted(classes):
        _refuse_empty(folder / name)
    return classes


def _refuse_empty(folder: Path) -> None:
    if not _has_image(folder):
        raise Refusal(f"no images in {folder}: torchvision reads {', '.join(IMAGES)}")


def _has_image(folder: Path) -> bool:
    """Looks below too, as ImageFolder does, and no further than the first image."""
    entries = _entries(folder)
    if any(_is_image(entry.name) for entry in entries):
        return True
    return any(_has_image(Path(entry.path)) for entry in entries if entry.is_dir())


def _refuse_unlike(root: Path, train: set[str], val: set[str]) -> None:
    """Classes are numbered by name within each folder, so both must have the same ones."""
    for part, names in (("val", train - val), ("train", val - train)):
        if names:
            raise Refusal(f"{root / part} lacks {len(names)} of the classes, such as {min(names)}")


def _is_image(name: str) -> bool:
    return name.lower().endswith(IMAGES)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise Refusal(f"can't read {folder}: {error.strerror}") from None
