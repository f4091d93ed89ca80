"""Annotations in the structure of COCO's JSON (cocodataset.org/#format-data), and the images that they belong to."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from workloads.common.options import Refusal
from workloads.detection.layout import instances
from workloads.images.unreadable import UnreadableImage

Content: TypeAlias = dict[str, Any]
"""What the JSON holds: `images`, `annotations` and `categories`, each a list of objects."""

LISTS = {
    "images": ("id", "file_name"),
    "annotations": ("image_id", "category_id", "bbox"),
    "categories": ("id",),
}
"""What each object of a list must have. COCO's captions are annotations too, without a box."""


@dataclass(frozen=True, slots=True)
class Part:
    """The training images or the held-out ones; `read` gives the bytes of the image file of a name."""

    content: Content
    read: Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Folder:
    """Reads images from a folder."""

    path: Path

    def __call__(self, name: str) -> bytes:
        """The file's bytes. Raises UnreadableImage."""
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise UnreadableImage(f"can't read the image {self.path / name} ({error.strerror})") from None


def part(root: Path, name: str, more: tuple[str, ...] = ()) -> Part:
    """The images of the folder `name` in `root` with their annotations. Raises Refusal for what can't be used.

    `more` are fields that an annotation must have besides its box.
    """
    path = root / instances(name)
    content = _content(path)
    for kind, needed in LISTS.items():
        _refuse_lacking(path, kind, content[kind], (*needed, *more) if kind == "annotations" else needed)
    first = content["images"][0]["file_name"]
    if not (root / name / first).is_file():
        raise Refusal(f"{root / name} has no {first}, which {path.name} names")
    return Part(content, Folder(root / name))


def labels(content: Content) -> dict[int, int]:
    """From a category's id to its label: they count from 1, without the gaps that COCO's 80 of 91 ids have."""
    return {number: label for label, number in enumerate(sorted(one["id"] for one in content["categories"]), 1)}


def objects(content: Content) -> dict[int, list[Content]]:
    """By image id, the annotations to train on: no crowds, no boxes without area; an image without any is left out."""
    found: dict[int, list[Content]] = defaultdict(list)
    for one in content["annotations"]:
        if not one.get("iscrowd") and min(one["bbox"][2:]) > 0:
            found[one["image_id"]].append(one)
    return dict(found)


def _content(path: Path) -> Content:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise Refusal(f"can't read {path}: {error.strerror}") from None
    except ValueError as error:
        raise Refusal(f"{path} is no JSON: {error}") from None
    missing = [name for name in LISTS if not (isinstance(content, dict) and content.get(name))]
    if missing:
        raise Refusal(f"{path} has no {' and no '.join(missing)}: it needs COCO's {', '.join(LISTS)}")
    return dict(content)


def _refuse_lacking(path: Path, kind: str, objects: Any, needed: tuple[str, ...]) -> None:
    """Raise a Refusal that names the first of `objects` which lacks a field, and what it lacks."""
    wanted = set(needed)
    for place, one in enumerate(objects if isinstance(objects, list) else [None]):
        found = one.keys() if isinstance(one, dict) else ()
        if not wanted.issubset(found):
            lacking = " and no ".join(name for name in needed if name not in found)
            raise Refusal(
                f"{path} has no {lacking} in {kind}[{place}]: COCO's instances have {', '.join(needed)} in each"
            )
