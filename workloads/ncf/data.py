"""Where the clicks come from, all sources alike: batches to train on, candidates to rank, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from workloads.common.loader import Epochs, for_evaluation
from workloads.common.options import Options, Refusal
from workloads.ncf.batches import Batch, Candidates, Ranking, Training, noise, samples
from workloads.ncf.clicks import clicks
from workloads.ncf.interactions import Interactions, leave_one_out
from workloads.ncf.movielens import read
from workloads.ncf.recipe import Recipe, fit

SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""

RANKED_AT_ONCE = 256
"""Users in a batch of the evaluation."""


@dataclass(frozen=True, slots=True)
class Data:
    """A data set ready to train on. `held_out` is None where there is nothing to evaluate; `recipe` fits its size.

    Each loop over `train` is one epoch; `batches_ahead` of its batches may be ready before they are asked for.
    `train_samples` are clicks with their negatives, `held_out_users` those whose latest click is ranked.
    """

    name: str
    users: int
    items: int
    train: Iterable[Batch]
    held_out: Iterable[Candidates] | None
    train_samples: int
    held_out_users: int
    recipe: Recipe
    batches_ahead: int = 0

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in the training samples."""
        return self.train_samples // self.recipe.batch


def load(options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data:
    """What `--data` names. Raises Refusal for a file that can't be read, or too little in it."""
    if options.data == "synthetic":
        return synthetic(recipe, device, options.seed)
    if options.data == "clicks":
        name = f"clicks ({recipe.users:,} users, {recipe.items:,} items, made from a fixed seed)"
        return split(name, clicks(recipe.users, recipe.items, recipe.clicks), options, recipe, device, workers)
    return split(options.data, read(Path(options.data)), options, recipe, device, workers)


def split(name: str, every: Interactions, options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data:
    """Training and held-out clicks, loaded by `workers`."""
    refuse_few(name, every, recipe.negatives)
    train, held_out = leave_one_out(every)
    fitted = fit(recipe, options, samples(train))
    batches = Training(train, fitted.batch, fitted.epochs, options.seed)
    # In order: the batches are shuffled as they are made.
    epochs: Epochs[Batch] = Epochs(for_evaluation(batches, 1, workers, device, options.seed), batches.steps)
    ranking = for_evaluation(
        Ranking(every, held_out, fitted.negatives, RANKED_AT_ONCE), 1, workers, device, options.seed
    )
    counts = (samples(train), len(held_out.users))
    return Data(name, every.user_count, every.item_count, epochs, ranking, *counts, fitted, epochs.ahead)


def refuse_few(name: str, every: Interactions, negatives: int) -> None:
    """Raise a Refusal when nobody's click can be held out, or somebody's would have too few to be ranked among."""
    most = int(np.bincount(every.users).max())
    if most < 2:
        raise Refusal(f"nobody in {name} has two ratings, and one a user is held out for the evaluation")
    if every.item_count - most < negatives:
        raise Refusal(
            f"{name} has {every.item_count:,} items, too few to rank among {negatives} that a user hasn't rated: "
            f"one has rated {most:,}"
        )


def synthetic(recipe: Recipe, device: torch.device, seed: int) -> Data:
    """One batch of noise, with nothing to learn."""
    batches = noise(recipe.batch, recipe.users, recipe.items, SYNTHETIC_STEPS, device, seed)
    return Data("synthetic", recipe.users, recipe.items, batches, None, SYNTHETIC_STEPS * recipe.batch, 0, recipe)
