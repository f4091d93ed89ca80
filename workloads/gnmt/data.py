"""Where the sentences come from, all sources alike: batches of pairs, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import torch

from workloads.common.loader import for_evaluation, for_training
from workloads.common.options import Options
from workloads.common.ranks import replicas
from workloads.common.repeated import Repeated
from workloads.common.task import Batches
from workloads.gnmt.recipe import Recipe, fit
from workloads.gnmt.rows import Batch, Rows, Sentences, Sources
from workloads.translation import parallel
from workloads.translation.lexicon import Pair, sentences
from workloads.translation.pieces import UNKNOWN

if TYPE_CHECKING:
    from workloads.translation.vocabulary import Vocabulary

SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""

EVALUATED_AT_ONCE = 128
"""MLPerf's (rnn_translator/pytorch/train.py)."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Sources (N, M) in batches, padded, and the translations that they should get, in the same order."""

    batches: Iterable[torch.Tensor]
    references: Sequence[str]
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Data:
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
    recipe: Recipe
    batches_ahead: int = 0
    filled: float = 1.0
    left_out: int = 0


def load(options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data:
    """What `--data` names. Raises Refusal when a batch is more than the text has, or the text can't be read."""
    if options.data == "synthetic":
        return synthetic(recipe, device, options)
    name, train, held, vocabulary = lexicon(recipe) if options.data == "lexicon" else folder(options.data, recipe)
    sources, targets = (Sentences(vocabulary.each(side)) for side in zip(*train, strict=True))
    rows = Rows(sources, targets, recipe.length)
    fitted = fit(recipe, options, len(rows))
    batches = for_training(rows, fitted.rows, fitted.epochs, workers, device, options.seed, options.accumulate)
    return Data(
        name=name,
        vocabulary=len(vocabulary),
        train=batches,
        steps_per_epoch=batches.batches // options.accumulate,
        train_pairs=len(rows),
        held_out=hold_out(held, vocabulary, workers, device, options.seed),
        recipe=fitted,
        batches_ahead=batches.ahead,
        filled=rows.filled,
        left_out=len(train) - len(rows),
    )


Text: TypeAlias = "tuple[str, list[Pair], list[Pair], Vocabulary]"
"""A name, the pairs to train on and those held out, and what both are encoded by."""


def lexicon(recipe: Recipe) -> Text:
    """The embedded language pair; its vocabulary is learnt in a second."""
    from workloads.translation.vocabulary import Vocabulary, learn  # noqa: PLC0415  sentencepiece may be missing

    train, held = sentences()
    name = f"lexicon (made-up language pair, {len(train) + len(held):,} sentences)"
    return name, train, held, Vocabulary(learn(train, recipe.vocabulary))


def folder(path: str, recipe: Recipe) -> Text:
    """Parallel text on disk."""
    from workloads.translation.vocabulary import Vocabulary, learnt_once  # noqa: PLC0415  as above

    root = Path(path)
    train, held = parallel.read(root, "train"), parallel.read(root, parallel.held_out(root))
    model = learnt_once(parallel.files(root, "train"), train, recipe.vocabulary)
    return path, train, held, Vocabulary(model)


def hold_out(pairs: Sequence[Pair], vocabulary: Vocabulary, workers: int, device: torch.device, seed: int) -> HeldOut:
    """All the pairs, in the order of their length, so that a batch has little padding."""
    encoded = vocabulary.encode([source for source, _ in pairs])
    order = sorted(range(len(pairs)), key=lambda index: len(encoded[index]))
    sources = Sources([encoded[index] for index in order])
    batches = for_evaluation(sources, EVALUATED_AT_ONCE, workers, device, seed)
    return HeldOut(batches, [pairs[index][1] for index in order], vocabulary)


def synthetic(recipe: Recipe, device: torch.device, options: Options) -> Data:
    """One batch of random pieces on the device, handed out over and over: full to the end, nothing to learn."""
    dice = torch.Generator(device).manual_seed(options.seed)
    shape = (recipe.rows, recipe.length)
    source, target, labels = (
        torch.randint(UNKNOWN + 1, recipe.vocabulary, shape, device=device, generator=dice) for _ in range(3)
    )
    again = Repeated(Batch(source, target, labels), SYNTHETIC_STEPS * options.accumulate)
    pairs = SYNTHETIC_STEPS * recipe.rows * replicas(options.accumulate)
    return Data("synthetic", recipe.vocabulary, again, SYNTHETIC_STEPS, pairs, None, recipe)
