"""COCO's mean AP by pycocotools: the mean over IoU thresholds from 0.50 to 0.95, over classes, over 101 recalls."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable
from typing import Any

from workloads.detection import coco
from workloads.detection.coco import Content

BOXES, MASKS = "bbox", "segm"
"""What is compared, by pycocotools' names."""


class Judge:
    """Holds what is true of the held-out images; makes results and judges them."""

    def __init__(self, content: Content) -> None:
        from pycocotools.coco import COCO  # noqa: PLC0415  not needed by synthetic data

        self._categories = {label: number for number, label in coco.labels(content).items()}
        self._truth = COCO()
        self._truth.dataset = content
        with contextlib.redirect_stdout(io.StringIO()):
            self._truth.createIndex()

    def result(self, image: int, label: int, box: list[float], score: float, **more: Any) -> Content:
        """An object found, as COCO's results have it; `box` is left, top, right, bottom in pixels of the file's image.

        For masks, `segmentation` holds one in compressed RLE (`masks.compress`).
        """
        left, top, right, bottom = box
        place = {"bbox": [left, top, right - left, bottom - top], "score": score}
        return {"image_id": image, "category_id": self._categories[label], **place, **more}

    def mean_ap(self, results: Iterable[Content], kind: str = BOXES) -> float:
        """The mean AP, 0 to 1, of at most 100 results an image; 0 when nothing was found."""
        from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

        found = list(results)
        if not found:
            return 0.0
        with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
            judged = COCOeval(self._truth, self._truth.loadRes(found), kind)
            judged.evaluate()
            judged.accumulate()
            judged.summarize()
        return max(0.0, float(judged.stats[0]))  # -1 where there is nothing to find
