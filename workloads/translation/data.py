"""Sentence pairs ready to train on and to evaluate, from any text or none, and what is said of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

import torch
from torch.utils.data import Dataset

from workloads.common.loader import for_evaluation, for_training
from workloads.common.options import Options
from workloads.common.ranks import replicas
from workloads.common.repeated import Repeated
from workloads.common.task import Batch, Batches
from workloads.translation.encoded import Sources
from workloads.translation.pieces import UNKNOWN
from workloads.translation.recipe import R, fit
from workloads.translation.text import Text

if TYPE_CHECKING:
    from workloads.translation.vocabulary import Vocabulary

SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Sources (N, M) in batches, padded, and the translations that they should get, in the same order."""

    batches: Iterable[torch.Tensor]
    references: Sequence[str]
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Data(Generic[Batch, R]):
    """A data set ready to train on. `held_out` is None where there is nothing to evaluate; `recipe` fits its size.

    `vocabulary` is in pieces. Each loop over `train` is one epoch; `batches_ahead` of its batches may be ready before
    they are asked for. `filled` is the share of target positions that aren't padding, `left_out` the pairs too long.
    """

    name: str
    vocabulary: int
    train: Batches[Batch]
    steps_per_epoch: int
    train_pairs: int
    held_out: HeldOut | None
    recipe: R
    batches_ahead: int = 0
    filled: float = 1.0
    left_out: int = 0

    @property
    def held_out_pairs(self) -> int:
        """0 where there is nothing to evaluate."""
        return 0 if self.held_out is None else len(self.held_out.references)


class Rows(Dataset[Batch], ABC):
    """Sentence pairs in rows of one length, those left out that are longer, or empty on a side.

    `pairs` says how many are in, `filled` which share of the target positions they take.
    """

    pairs: int
    filled: float

    @abstractmethod
    def __len__(self) -> int: ...


def loaded(
    options: Options, recipe: R, text: Text, rows: Rows[Batch], at_once: int, device: torch.device, workers: int
) -> Data[Batch, R]:
    """The `rows` made of `text` in batches, and its held-out part, `at_once` sentences a batch.

    Raises Refusal when a batch is more than the text has.
    """
    fitted = fit(recipe, options, len(rows))
    batches = for_training(rows, fitted.rows, fitted.epochs, workers, device, options.seed, options.accumulate)
    return Data(
        name=text.name,
        vocabulary=len(text.vocabulary),
        train=batches,
        steps_per_epoch=batches.batches // options.accumulate,
        train_pairs=rows.pairs,
        held_out=hold_out(text, at_once, workers, device, options.seed),
        recipe=fitted,
        batches_ahead=batches.ahead,
        filled=rows.filled,
        left_out=len(text.train) - rows.pairs,
    )


def hold_out(text: Text, at_once: int, workers: int, device: torch.device, seed: int) -> HeldOut:
    """All the held-out pairs, in the order of their length, so that a batch has little padding."""
    pairs = text.held_out
    encoded = text.vocabulary.encode([source for source, _ in pairs])
    order = sorted(range(len(pairs)), key=lambda index: len(encoded[index]))
    sources = Sources([encoded[index] for index in order])
    batches = for_evaluation(sources, at_once, workers, device, seed)
    return HeldOut(batches, [pairs[index][1] for index in order], text.vocabulary)


def synthetic(
    options: Options,
    recipe: R,
    device: torch.device,
    make: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Batch],
) -> Data[Batch, R]:
    """One batch on the device, handed out over and over: full to the end, nothing to learn.

    `make` has it of random pieces (N, L) for its sources, targets and labels.
    """
    dice = torch.Generator(device).manual_seed(options.seed)
    shape = (recipe.rows, recipe.length)
    source, target, labels = (
        torch.randint(UNKNOWN + 1, recipe.vocabulary, shape, device=device, generator=dice) for _ in range(3)
    )
    again = Repeated(make(source, target, labels), SYNTHETIC_STEPS * options.accumulate)
    pairs = SYNTHETIC_STEPS * recipe.rows * replicas(options.accumulate)
    return Data("synthetic", recipe.vocabulary, again, SYNTHETIC_STEPS, pairs, None, recipe)
