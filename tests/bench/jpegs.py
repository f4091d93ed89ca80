"""Whether loading keeps a GPU busy: ResNet-50 on a folder of JPEGs beside noise: python -m tests.bench.jpegs [IMAGES].

The images are like ImageNet's in size: 500×375, about 110 KB each. Reference scale, batches of 256, the default
precision, the default number of loader workers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

WIDE, HIGH, QUALITY, GRAIN = 500, 375, 90, 17
CLASSES, HELD_OUT = 10, 256
MINUTES = 0.25
TOOL = (sys.executable, "-P", "-m", "mlperf_tui")


def main(images: int) -> None:
    """Make the folder, train on it and on noise, and say how fast either was."""
    with tempfile.TemporaryDirectory() as root:
        size = made(Path(root), images)
        print(f"{images:,} JPEGs of {WIDE}×{HIGH}, {size / 1000:.0f} KB each; {os.cpu_count()} cores", flush=True)
        for data in ("synthetic", root):
            told(data, trained(data))


def made(root: Path, images: int) -> float:
    """Write them as ImageNet is laid out; their mean size in bytes."""
    paths = [_path(root, "train", number) for number in range(images)]
    paths += [_path(root, "val", number) for number in range(HELD_OUT)]
    for folder in {path.parent for path in paths}:
        folder.mkdir(parents=True)
    with ProcessPoolExecutor() as pool:
        sizes = list(pool.map(written, paths, range(len(paths)), chunksize=64))
    return sum(sizes) / len(sizes)


def _path(root: Path, part: str, number: int) -> Path:
    return root / part / f"class{number % CLASSES}" / f"{number}.JPEG"


def written(path: Path, seed: int) -> int:
    """Noise coarse and fine, as a photo has both; how many bytes it takes."""
    dice = np.random.default_rng(seed)
    coarse = Image.fromarray(dice.integers(0, 256, (6, 8, 3), np.uint8)).resize((WIDE, HIGH), Image.Resampling.BICUBIC)
    fine = dice.normal(0, GRAIN, (HIGH, WIDE, 1))
    Image.fromarray(np.clip(np.asarray(coarse) + fine, 0, 255).astype(np.uint8)).save(path, quality=QUALITY)
    return path.stat().st_size


def trained(data: str) -> dict[str, Any]:
    """The summary of a run on it through the product's own command."""
    with tempfile.TemporaryDirectory() as root:
        options = [f"--data={data}", "--scale=reference", "--batch=256", f"--minutes={MINUTES}", "--headless"]
        words = [*TOOL, "--sessions", root, "run", "resnet50", *options]
        subprocess.run(words, stdout=subprocess.DEVNULL, check=False)
        [session] = Path(root).glob("s-*")
        found: dict[str, Any] = json.loads((session / "summary.json").read_text())
        return found


def told(data: str, summary: dict[str, Any]) -> None:
    """A line of what it came to."""
    speed, limit = summary["throughput"], (summary["limited_by"] or {}).get("value")
    wait = speed["data_wait_share"]
    print(
        f"{'synthetic' if data == 'synthetic' else 'JPEGs':9} {speed['mean'] or 0:,.0f} {speed['unit']}, "
        f"{'–' if wait is None else f'{wait:.1%}'} of the time waits for data; limited by {limit}",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8192)
