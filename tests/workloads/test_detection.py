"""What the detectors share: COCO's files and what is missing in them, shapes, masks, COCO's mean AP."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from workloads.common.options import Options, Refusal
from workloads.detection import coco, layout, masks, shapes, synthetic
from workloads.detection.data import source
from workloads.detection.dataset import HeldOutImages, TrainingImages, decode
from workloads.detection.input import normalised
from workloads.detection.layout import HELD_OUT, TRAIN
from workloads.detection.metric import MASKS, Judge
from workloads.images.unreadable import UnreadableImage

CPU = torch.device("cpu")
SQUARE = [[10.0, 10.0, 30.0, 10.0, 30.0, 30.0, 10.0, 30.0]]
RUNS = {"counts": [0, 64 * 48], "size": [48, 64]}


def annotation(image: int, category: int, box: list[float], **more: Any) -> dict[str, Any]:
    """One object; its id is set later."""
    given = {"image_id": image, "category_id": category, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
    return {**given, "segmentation": SQUARE, **more}


def mini_coco(root: Path, images: int = 6) -> Path:
    """COCO's layout with few images of 64×48, a white square at (10, 10) in each: category 90, which is label 2.

    The first image also has a crowd and a box without width, the second one is grey, the last one has no objects.
    """
    (root / "annotations").mkdir(parents=True)
    for part in (TRAIN, HELD_OUT):
        (root / part).mkdir()
        named = [{"id": n, "file_name": f"{n:012}.jpg", "height": 48, "width": 64} for n in range(1, images + 1)]
        for image in named:
            picture = Image.new("L" if image["id"] == 2 else "RGB", (64, 48))
            picture.paste("white", (10, 10, 30, 30))
            picture.save(root / part / str(image["file_name"]), quality=95)
        found = [annotation(n, 90, [10, 10, 20, 20]) for n in range(1, images)]
        found.append(annotation(1, 1, [0, 0, 64, 48], iscrowd=1, segmentation=RUNS))
        found.append(annotation(1, 1, [5, 5, 0, 9]))
        found = [{**one, "id": number} for number, one in enumerate(found, 1)]
        categories = [{"id": 1, "name": "person"}, {"id": 90, "name": "toothbrush"}]
        content = {"images": named, "annotations": found, "categories": categories}
        (root / layout.instances(part)).write_text(json.dumps(content))
    return root


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """A folder that isn't there, parts of it that aren't, all in one sentence."""
    with pytest.raises(Refusal, match="no data folder nowhere: --data takes shapes, synthetic, or a folder with"):
        layout.refuse_data(Options("nowhere"))
    with pytest.raises(Refusal, match="has no train2017 and no val2017 and no annotations/instances_train2017"):
        layout.refuse_data(Options(str(tmp_path)))
    root = mini_coco(tmp_path / "mini")
    layout.refuse_data(Options(str(root)))
    (root / layout.instances(HELD_OUT)).unlink()
    with pytest.raises(Refusal, match=r"mini has no annotations/instances_val2017\.json: it needs train2017/"):
        layout.refuse_data(Options(str(root)))
    with pytest.raises(Refusal, match="nothing to evaluate"):
        layout.refuse_data(Options("synthetic", target=0.1))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ("[]", "has no images and no annotations and no categories"),
        ('{"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 1}]}', "has no annotations: it needs"),
    ],
)
def test_annotations_that_are_none(text: str, says: str, tmp_path: Path) -> None:
    root = mini_coco(tmp_path / "mini")
    (root / layout.instances(TRAIN)).write_text(text)
    with pytest.raises(Refusal, match=says):
        coco.part(root, TRAIN)


@pytest.mark.parametrize(
    ("kind", "lost", "says"),
    [
        ("annotations", "bbox", r"has no bbox in annotations\[2\]: COCO's instances have image_id, category_id, bbox"),
        ("annotations", "image_id", r"has no image_id in annotations\[2\]"),
        ("images", "file_name", r"has no file_name in images\[2\]"),
        ("categories", "id", r"has no id in categories\[1\]"),
        ("annotations", "segmentation", r"has no segmentation in annotations\[2\]"),
    ],
)
def test_what_an_annotation_lacks_is_named(kind: str, lost: str, says: str, tmp_path: Path) -> None:
    """In the file of either part, by its place; masks only where they are trained on."""
    root = mini_coco(tmp_path / "mini")
    for part in (HELD_OUT, TRAIN):
        path = root / layout.instances(part)
        whole = path.read_text()
        content = json.loads(whole)
        del content[kind][min(2, len(content[kind]) - 1)][lost]
        path.write_text(json.dumps(content))
        with pytest.raises(Refusal, match=f"instances_{part}.json {says}"):
            source(Options(str(root)), (1, 1), 64, with_masks=True)
        path.write_text(whole)
    assert source(Options(str(root)), (1, 1), 64).classes == 2


def test_captions_are_no_instances(tmp_path: Path) -> None:
    """Given in their place, even with categories beside them; the held-out ones need more, to be judged by."""
    root = mini_coco(tmp_path / "mini")
    path = root / layout.instances(TRAIN)
    content = json.loads(path.read_text())
    captions = [{"id": 1, "image_id": 1, "caption": "a square"}]
    path.write_text(json.dumps({**content, "annotations": captions}))
    with pytest.raises(Refusal, match=r"instances_train2017\.json has no category_id and no bbox in annotations\[0\]"):
        source(Options(str(root)), (1, 1), 64)
    bare = [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}]
    for part in (TRAIN, HELD_OUT):
        (root / layout.instances(part)).write_text(json.dumps({**content, "annotations": bare}))
    with pytest.raises(Refusal, match=r"instances_val2017\.json has no id and no area and no iscrowd in annotations"):
        source(Options(str(root)), (1, 1), 64)
    path.write_text(json.dumps({**content, "annotations": ["a square"]}))
    with pytest.raises(Refusal, match=r"instances_train2017\.json has no image_id and no category_id and no bbox"):
        source(Options(str(root)), (1, 1), 64)


def test_images_that_are_none(tmp_path: Path) -> None:
    """Annotations beside the wrong images are refused at the start; one that can't be read is named when it is met."""
    root = mini_coco(tmp_path / "mini")
    part = coco.part(root, TRAIN)
    (root / TRAIN / "000000000003.jpg").write_bytes(b"no image")
    (root / TRAIN / "000000000004.jpg").unlink()
    for number in (3, 4):
        with pytest.raises(UnreadableImage, match=f"can't read the image .*00000{number}.jpg"):
            decode(part.read, f"00000000000{number}.jpg")
    (root / TRAIN / "000000000001.jpg").unlink()
    with pytest.raises(Refusal, match=r"train2017 has no 000000000001\.jpg, which instances_train2017\.json names"):
        coco.part(root, TRAIN)


def test_cocos_files(tmp_path: Path) -> None:
    """Boxes by their edges, labels without gaps, masks by pycocotools; neither crowds nor images without objects."""
    part = coco.part(mini_coco(tmp_path / "mini"), TRAIN)
    train = TrainingImages(part, lambda image, target: (image, target), with_masks=True)
    assert len(train) == 5
    for index in (0, 1):
        image, target = train[index]
        assert (image.mode, image.size) == ("RGB", (64, 48))
        assert target["boxes"].tolist() == [[10, 10, 30, 30]]
        assert target["labels"].tolist() == [2]
        assert target["masks"].shape == (1, 48, 64)
        assert target["masks"].sum() == target["masks"][0, 10:30, 10:30].sum() == 400
    held_out = HeldOutImages(part, lambda image: image.size)
    assert len(held_out) == 6
    size, file = held_out[5]
    assert (size, file.tolist()) == ((64, 48), [6, 48, 64])


def test_a_mask_as_coco_writes_it() -> None:
    """Down the columns 1 1, 0 1, 1 0: no background, 2 of the mask, 1 of background, 2 of the mask, 1 of background."""
    mask = np.array([[1, 0, 1], [1, 1, 0]], bool)
    runs = masks.encode(mask)
    assert runs == {"counts": [0, 2, 1, 2, 1], "size": [2, 3]}
    assert (masks.decode(runs, 2, 3) == mask).all()
    assert (masks.decode(masks.compress(mask), 2, 3) == mask).all()


def test_shapes_are_what_their_annotations_say() -> None:
    """Of every object the box bounds the mask, enough of it is to be seen, and the picture differs there."""
    train, held_out = shapes.parts(30, 5, 96)
    assert (len(train.content["images"]), len(held_out.content["images"])) == (30, 5)
    assert {one["category_id"] for one in train.content["annotations"]} == {1, 2, 3}
    assert train.read("000000000001.jpg") != held_out.read("000000000001.jpg")
    for image, target in map(TrainingImages(train, lambda *both: both, with_masks=True).__getitem__, range(30)):
        assert 80 < image.width < 112
        pixels = torch.from_numpy(np.array(image)).float()
        background = pixels[target["masks"].sum(0) == 0].mean(0)
        assert target["masks"].sum(0).max() == 1
        for (left, top, right, bottom), mask in zip(target["boxes"].int().tolist(), target["masks"], strict=True):
            assert mask[top:bottom, left:right].sum() == mask.sum() > 50
            assert mask.any(0)[left] and mask.any(0)[right - 1] and mask.any(1)[top] and mask.any(1)[bottom - 1]
            assert (pixels[mask == 1].mean(0) - background).abs().max() > 30


def test_shapes_are_the_same_in_every_run() -> None:
    """Whatever --seed says: results on the held-out ones can be compared."""
    once, again = (source(Options("shapes", seed=seed), (3, 2), 64) for seed in (1, 2))
    assert once.train.content == again.train.content
    assert once.held_out.read("000000000002.jpg") == again.held_out.read("000000000002.jpg")
    assert (once.name, once.classes) == ("shapes (5 generated pictures)", 3)


def judge() -> Judge:
    """Two images with an object of 10×10 each."""
    images = [{"id": number, "height": 40, "width": 40} for number in (1, 2)]
    square = {
        "bbox": [0, 0, 10, 10],
        "area": 100,
        "iscrowd": 0,
        "category_id": 7,
        "segmentation": [[0, 0, 10, 0, 10, 10, 0, 10]],
    }
    annotations = [{**square, "id": number, "image_id": number} for number in (1, 2)]
    return Judge({"images": images, "annotations": annotations, "categories": [{"id": 7, "name": "it"}]})


def test_mean_ap_by_hand(capfd: pytest.CaptureFixture[str]) -> None:
    """One object found exactly, the other, less surely, with an overlap of 0.625.

    At thresholds 0.50, 0.55 and 0.60 both are right, which is an AP of 1. At the other seven the second one is wrong:
    precision 1 up to a recall of 0.5, hence at 51 of the 101 recalls.
    """
    knows = judge()
    found = [knows.result(1, 1, [0, 0, 10, 10], 0.9), knows.result(2, 1, [0, 0, 10, 6.25], 0.8)]
    assert knows.mean_ap(found) == pytest.approx((3 + 7 * 51 / 101) / 10)
    assert knows.mean_ap(found[:1]) == pytest.approx(51 / 101)
    assert knows.mean_ap([]) == 0
    assert capfd.readouterr().out == ""


def test_mean_ap_of_masks_by_hand() -> None:
    """Each mask has 72 of its object's 100 pixels, while the boxes are right: right at five thresholds of ten."""
    knows = judge()
    mask = np.zeros((40, 40), bool)
    mask[:9, :8] = True
    found = [knows.result(number, 1, [0, 0, 10, 10], 0.9, segmentation=masks.compress(mask)) for number in (1, 2)]
    assert knows.mean_ap(found, MASKS) == pytest.approx(0.5)
    assert knows.mean_ap(found) == pytest.approx(1)


def test_images_are_normalised_by_imagenets_colours() -> None:
    """White is (1 - 0.485) / 0.229 in red; what is normalised already is left alone."""
    images = normalised(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8), CPU)
    assert images[0, :, 0, 0].tolist() == pytest.approx([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225])
    assert normalised(images, CPU) is images


def test_noise_has_boxes_within_it() -> None:
    """And as masks the boxes themselves; the same for the same seed."""
    once, again = (synthetic.targets(2, 50, 80, CPU, 3, with_masks=True) for _ in range(2))
    assert torch.equal(once[1]["boxes"], again[1]["boxes"])
    assert synthetic.noise(2, 50, CPU, 3).shape == (2, 3, 50, 50)
    for target in once:
        boxes = target["boxes"]
        assert (boxes[:, 2:] > boxes[:, :2]).all() and boxes.min() >= 0 and boxes.max() <= 50
        assert target["labels"].min() >= 1 and target["labels"].max() <= 80
        assert (target["masks"].flatten(1).sum(1) > 0).all()


def test_a_picture_is_a_jpeg() -> None:
    """It is decoded for real."""
    train, _ = shapes.parts(1, 1, 64)
    assert Image.open(io.BytesIO(train.read("000000000001.jpg"))).format == "JPEG"
