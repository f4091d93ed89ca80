"""The translators' loss: torch's own, made with less traffic to memory."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from workloads.translation.loss import SmoothedCrossEntropy

IGNORED = 0


def both(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Ours and torch's: the loss, and its gradient by the logits where it is a seventh of what is minimised."""
    kinds = (
        SmoothedCrossEntropy(smoothing, IGNORED),
        nn.CrossEntropyLoss(label_smoothing=smoothing, ignore_index=IGNORED, reduction="sum"),
    )
    found = []
    for kind in kinds:
        given = logits.clone().requires_grad_()
        loss = kind(given, labels)
        (loss / 7).backward()
        assert given.grad is not None
        found.append([loss.detach(), given.grad])
    return found[0], found[1]


@given(st.integers(1, 9), st.integers(2, 30), st.floats(0, 0.9), st.integers(0, 2**32))
def test_loss_and_gradient_are_torchs(count: int, vocabulary: int, smoothing: float, seed: int) -> None:
    """With any number of labels that aren't to be counted, all of them included."""
    dice = torch.Generator().manual_seed(seed)
    logits = 5 * torch.randn(count, vocabulary, generator=dice, dtype=torch.float64).float()
    labels = torch.randint(0, vocabulary, (count,), generator=dice)
    ours, torchs = both(logits, labels, smoothing)
    for mine, other in zip(ours, torchs, strict=True):
        assert torch.allclose(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_precision_stays_what_it_is(kind: torch.dtype) -> None:
    """The loss is of single precision, as autocast's, and the gradient of the logits' type."""
    torch.manual_seed(1)
    logits, labels = torch.randn(6, 40).to(kind), torch.tensor([3, 0, 39, 1, 0, 7])
    (loss, gradient), (_, expected) = both(logits, labels, 0.1)
    assert (loss.dtype, gradient.dtype) == (torch.float32, kind)
    assert torch.allclose(gradient.float(), expected.float(), atol=2e-3)


def test_by_hand() -> None:
    """Two pieces as probable as each other: each label costs log 2, however it is smoothed."""
    loss = SmoothedCrossEntropy(0.1, IGNORED)(torch.zeros(3, 2), torch.tensor([1, 0, 1]))
    assert loss.item() == pytest.approx(2 * 0.6931472)
