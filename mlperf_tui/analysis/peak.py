"""What a card can do at most, as its maker publishes it, and the part of it that a run reaches (MFU)."""

from __future__ import annotations

from collections.abc import Sequence

from mlperf_tui.frozen import frozen

TERA = 1e12


@frozen
class Card:
    """A card's published peaks in TFLOP/s, without sparsity; None where it can't do that.

    `name` is how NVML's name of it begins, `sheet` NVIDIA's data sheet or architecture paper that has the numbers.
    """

    name: str
    fp32: float
    tf32: float | None
    bf16: float | None
    fp16: float
    sheet: str

    def tflops(self, precision: str) -> float | None:
        """The peak of a run's precision: that of the products, whatever else it does in fp32."""
        peaks = {"fp32": self.fp32, "tf32": self.tf32, "amp-bf16": self.bf16, "amp-fp16": self.fp16}
        return peaks.get(precision)


CARDS = (
    Card("NVIDIA B200", 75.0, 1125.0, 2250.0, 2250.0, "HGX B200 data sheet, an eighth of the board"),
    Card("NVIDIA GH200", 67.0, 494.7, 989.4, 989.4, "GH200 data sheet"),
    Card("NVIDIA H200 NVL", 60.0, 417.7, 835.5, 835.5, "H200 data sheet"),
    Card("NVIDIA H200", 66.9, 494.7, 989.4, 989.4, "H200 data sheet"),
    Card("NVIDIA H100 NVL", 60.0, 417.7, 835.5, 835.5, "H100 data sheet"),
    Card("NVIDIA H100 PCIe", 51.2, 378.0, 756.0, 756.0, "H100 architecture paper"),
    Card("NVIDIA H100", 66.9, 494.7, 989.4, 989.4, "H100 architecture paper"),
    Card("NVIDIA A100", 19.5, 156.0, 312.0, 312.0, "A100 data sheet"),
    Card("NVIDIA A40", 37.4, 74.8, 149.7, 149.7, "A40 data sheet"),
    Card("NVIDIA A30", 10.3, 82.0, 165.0, 165.0, "A30 data sheet"),
    Card("NVIDIA A10", 31.2, 62.5, 125.0, 125.0, "A10 data sheet"),
    Card("NVIDIA L40S", 91.6, 183.0, 362.0, 362.0, "L40S data sheet"),
    Card("NVIDIA L40", 90.5, 90.5, 181.0, 181.0, "L40 data sheet"),
    Card("NVIDIA L4", 30.3, 60.0, 121.0, 121.0, "L4 data sheet, halved where it counts sparsity"),
    Card("Tesla V100-SXM2", 15.7, None, None, 125.0, "V100 data sheet"),
    Card("Tesla V100-PCIE", 14.0, None, None, 112.0, "V100 data sheet"),
    Card("Tesla P100-SXM2", 10.6, None, None, 21.2, "P100 data sheet"),
    Card("Tesla P100-PCIE", 9.3, None, None, 18.7, "P100 data sheet"),
    Card("Tesla T4", 8.1, None, None, 65.0, "T4 data sheet"),
)


@frozen
class Peak:
    """The peak of all cards of a run together in TFLOP/s, and where the number is from."""

    tflops: float
    source: str


@frozen
class Mfu:
    """Model FLOP utilisation: `share` (0 to 1) of `peak`; where it is None, `why`."""

    share: float | None = None
    peak: Peak | None = None
    why: str = ""


def mfu(samples_per_s: float | None, flop_per_sample: float | None, precision: str | None, cards: Sequence[str]) -> Mfu:
    """What the model's own arithmetic takes of the peak: samples a second by FLOP a sample over the peak of all cards.

    As in Chowdhery et al., "PaLM" (arXiv 2204.02311), appendix B. `cards` are the names, by NVML, of the GPUs in use.
    """
    if not cards:
        return Mfu(why="the program names no GPU that it uses")
    if flop_per_sample is None:
        return Mfu(why="the program does not say what a sample costs (flop_per_sample)")
    if precision is None:
        return Mfu(why="the program does not say its precision")
    peak = peak_of(cards, precision)
    if isinstance(peak, str):
        return Mfu(why=peak)
    if samples_per_s is None:
        return Mfu(peak=peak, why="its throughput is unknown")
    return Mfu(samples_per_s * flop_per_sample / (peak.tflops * TERA), peak)


def peak_of(cards: Sequence[str], precision: str) -> Peak | str:
    """The sum over the cards, or why it is unknown."""
    found = [_card(name) for name in cards]
    peaks = [card.tflops(precision) if card else None for card in found]
    for name, peak in zip(cards, peaks, strict=True):
        if peak is None:
            return f"no peak of {precision} is known for {name}"
    sheets = dict.fromkeys(card.sheet for card in found if card)
    several = f", {len(cards)} GPUs together" if len(cards) > 1 else ""
    return Peak(sum(peak for peak in peaks if peak is not None), f"published: {', '.join(sheets)}{several}")


def _card(name: str) -> Card | None:
    return next((card for card in CARDS if f"{name} ".startswith((f"{card.name} ", f"{card.name}-"))), None)
