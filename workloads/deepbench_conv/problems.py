"""The training list of DeepBench's convolutions: 94 layers (baidu-research/DeepBench, code/kernels/conv_problems.h).

90 of them are different: at either batch ResNet has its 14 × 14 × 256 → 1024 twice, and its 7 × 7 × 512 → 512 is also
one of VGG's. What is listed twice is measured twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

DIRECTIONS = ("forward", "backward data", "backward weight")
"""DeepBench times each of the three by itself (code/nvidia/conv_bench.cu)."""


@dataclass(frozen=True, slots=True)
class Layer:
    """`batch` images of width × height × channels, convolved by `filters` of filter_width × filter_height.

    `pad` and `stride` are the same both ways in all of the list.
    """

    width: int
    height: int
    channels: int
    batch: int
    filters: int
    filter_width: int
    filter_height: int
    pad: int
    stride: int

    @property
    def out_width(self) -> int:
        return (self.width + 2 * self.pad - self.filter_width) // self.stride + 1

    @property
    def out_height(self) -> int:
        return (self.height + 2 * self.pad - self.filter_height) // self.stride + 1

    @property
    def name(self) -> str:
        image = f"{self.width:>3} × {self.height:>3} × {self.channels:>4} × {self.batch:>2} → {self.filters:>4}"
        return f"{image}, {self.filter_width:>2} × {self.filter_height:>2}, pad {self.pad}, stride {self.stride}"

    @property
    def flop(self) -> float:
        """2·N·K·C·R·S·P·Q, the products with the padding among them, whichever algorithm does it with less."""
        window = self.channels * self.filter_width * self.filter_height
        return 2.0 * self.batch * self.filters * window * self.out_width * self.out_height


@dataclass(frozen=True, slots=True)
class Conv:
    """One direction of a layer: a problem of its own. All three take as many operations."""

    layer: Layer
    direction: str

    @property
    def name(self) -> str:
        return f"{self.layer.name}, {self.direction:<15}"

    @property
    def flop(self) -> float:
        return self.layer.flop


def problems() -> tuple[Conv, ...]:
    """All 282: 94 layers in 3 directions."""
    return tuple(Conv(layer, direction) for layer in layers() for direction in DIRECTIONS)


def layers() -> tuple[Layer, ...]:
    """All 94 in DeepBench's order."""
    return tuple(_all())


def _all() -> Iterator[Layer]:
    yield from _speech()
    yield from _characters()
    yield from _faces_at_8()
    for batch in (8, 16):
        yield from _vgg(batch)
    yield from _googlenet()
    for batch in (8, 16):
        yield from _faces(batch)
    yield from _speakers()
    for batch in (8, 16):
        yield from _resnet(batch)


def _square(size: int, channels: int, batch: int, filters: int, filter_size: int, pad: int, stride: int) -> Layer:
    return Layer(size, size, channels, batch, filters, filter_size, filter_size, pad, stride)


def _speech() -> Iterator[Layer]:
    """DeepSpeech."""
    for batch in (4, 8, 16, 32):
        yield Layer(700, 161, 1, batch, 32, 20, 5, 0, 2)
    for batch in (4, 8, 16, 32):
        yield Layer(341, 79, 32, batch, 32, 10, 5, 0, 2)


def _characters() -> Iterator[Layer]:
    """Character recognition."""
    for width, height, channels, filters in ((480, 48, 1, 16), (240, 24, 16, 32), (120, 12, 32, 64), (60, 6, 64, 128)):
        yield Layer(width, height, channels, 16, filters, 3, 3, 1, 1)


def _faces_at_8() -> Iterator[Layer]:
    """Face recognition, the layers that have one batch only."""
    yield _square(108, 3, 8, 64, 3, 1, 2)
    for size, channels, filters in ((54, 64, 64), (27, 128, 128), (14, 128, 256), (7, 256, 512)):
        yield _square(size, channels, 8, filters, 3, 1, 1)


def _vgg(batch: int) -> Iterator[Layer]:
    yield _square(224, 3, batch, 64, 3, 1, 1)
    yield _square(112, 64, batch, 128, 3, 1, 1)
    yield _square(56, 128, batch, 256, 3, 1, 1)
    yield _square(28, 256, batch, 512, 3, 1, 1)
    yield _square(14, 512, batch, 512, 3, 1, 1)
    yield _square(7, 512, batch, 512, 3, 1, 1)


def _googlenet() -> Iterator[Layer]:
    yield _square(224, 3, 16, 64, 7, 3, 2)
    yield _square(28, 192, 16, 32, 5, 2, 1)
    yield _square(28, 192, 16, 64, 1, 0, 1)
    yield _square(14, 512, 16, 48, 5, 2, 1)
    yield _square(14, 512, 16, 192, 1, 0, 1)
    yield _square(7, 832, 16, 256, 1, 0, 1)
    yield _square(7, 832, 16, 128, 5, 2, 1)


def _faces(batch: int) -> Iterator[Layer]:
    """Face recognition, the layers that have two batches."""
    yield _square(56, 64, batch, 64, 3, 1, 1)
    yield _square(56, 64, batch, 256, 1, 0, 2)
    yield _square(28, 128, batch, 128, 3, 1, 1)
    yield _square(28, 128, batch, 512, 1, 0, 2)
    yield _square(14, 256, batch, 256, 1, 0, 1)
    yield _square(14, 256, batch, 256, 3, 1, 1)
    yield _square(14, 256, batch, 1024, 1, 0, 2)
    yield _square(7, 512, batch, 512, 1, 0, 1)
    yield _square(7, 2048, batch, 512, 1, 3, 2)


def _speakers() -> Iterator[Layer]:
    """Speaker identification."""
    yield Layer(700, 161, 1, 16, 64, 5, 5, 1, 2)
    yield Layer(350, 80, 64, 16, 64, 3, 3, 1, 1)
    yield Layer(350, 80, 64, 16, 128, 5, 5, 1, 2)
    yield Layer(175, 40, 128, 16, 128, 3, 3, 1, 1)
    yield Layer(175, 40, 128, 16, 256, 5, 5, 1, 2)
    yield Layer(84, 20, 256, 16, 256, 3, 3, 1, 1)
    yield Layer(84, 20, 256, 16, 512, 5, 5, 1, 2)
    yield Layer(42, 10, 512, 16, 512, 3, 3, 1, 1)


def _resnet(batch: int) -> Iterator[Layer]:
    yield _square(112, 64, batch, 64, 1, 0, 1)
    yield _square(56, 64, batch, 256, 1, 0, 1)
    yield _square(56, 256, batch, 64, 1, 0, 1)
    yield _square(56, 256, batch, 128, 1, 0, 2)
    yield _square(28, 128, batch, 512, 1, 0, 1)
    yield _square(28, 512, batch, 128, 1, 0, 1)
    yield _square(28, 512, batch, 256, 1, 0, 2)
    yield _square(14, 256, batch, 1024, 1, 0, 1)
    yield _square(28, 512, batch, 1024, 1, 0, 2)
    yield _square(14, 1024, batch, 256, 1, 0, 1)
    yield _square(14, 256, batch, 1024, 1, 0, 1)
    yield _square(14, 1024, batch, 512, 1, 0, 2)
    yield _square(7, 512, batch, 512, 3, 1, 1)
    yield _square(7, 512, batch, 2048, 1, 0, 1)
    yield _square(14, 1024, batch, 2048, 1, 0, 2)
    yield _square(7, 2048, batch, 512, 1, 0, 1)
