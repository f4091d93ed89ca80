"""What a run takes of its cards' peak."""

from __future__ import annotations

import pytest

from mlperf_tui.analysis.peak import CARDS, mfu

H100 = "NVIDIA H100 80GB HBM3"


def test_resnet50_on_an_h100() -> None:
    """4,010 images/s of 24.5 GFLOP each: 98 of 989 TFLOP/s in bf16; the same in fp32 would be more than there is."""
    used = mfu(4_010, 24.5e9, "amp-bf16", [H100])
    assert used.share == pytest.approx(4_010 * 24.5e9 / 989.4e12)
    assert used.peak is not None
    assert used.peak.tflops == 989.4
    assert used.peak.source == "published: H100 architecture paper"


def test_several_cards_add_up() -> None:
    """The peak of all; each sheet is named once."""
    used = mfu(1.0, 1e12, "fp32", [H100, H100, "NVIDIA H200"])
    assert used.peak is not None
    assert used.peak.tflops == pytest.approx(3 * 66.9)
    assert used.peak.source == "published: H100 architecture paper, H200 data sheet, 3 GPUs together"


@pytest.mark.parametrize(
    ("rate", "flop", "precision", "cards", "words"),
    [
        (1.0, 1.0, "fp32", [], "names no GPU"),
        (1.0, None, "fp32", [H100], "flop_per_sample"),
        (1.0, 1.0, None, [H100], "its precision"),
        (1.0, 1.0, "amp-bf16", [H100, "Tesla T4"], "no peak of amp-bf16 is known for Tesla T4"),
        (1.0, 1.0, "fp32", ["NVIDIA L4000"], "no peak of fp32 is known for NVIDIA L4000"),
        (None, 1.0, "fp32", [H100], "throughput"),
    ],
)
def test_why_there_is_none(
    rate: float | None, flop: float | None, precision: str | None, cards: list[str], words: str
) -> None:
    """One reason, the nearest one."""
    used = mfu(rate, flop, precision, cards)
    assert used.share is None
    assert words in used.why


@pytest.mark.parametrize(
    ("name", "fp16"),
    [
        ("NVIDIA H100 PCIe", 756.0),
        ("NVIDIA H200 NVL", 835.5),
        ("NVIDIA A100-SXM4-80GB", 312.0),
        ("NVIDIA L40S", 362.0),
        ("NVIDIA L40", 181.0),
        ("Tesla V100-SXM2-16GB", 125.0),
        ("NVIDIA A10", 125.0),
    ],
)
def test_names_as_nvml_has_them(name: str, fp16: float) -> None:
    """The nearest of several names that begin alike."""
    used = mfu(1.0, fp16 * 1e12, "amp-fp16", [name])
    assert used.share == pytest.approx(1.0)


def test_tensor_cores_are_not_slower_than_others() -> None:
    """No slip of a column in the table."""
    for card in CARDS:
        known = [peak for peak in (card.fp32, card.tf32, card.bf16) if peak is not None]
        assert known == sorted(known)
        assert card.fp16 >= known[-1]
