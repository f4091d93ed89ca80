"""Where the clicks come from, all sources alike: batches to train on, candidates to rank, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from workloads.common.loader import Epochs, for_evaluation, in_turn, whole_batches
from workloads.common.options import Options, Refusal
from workloads.common.ranks import ranks, replicas
from workloads.common.task import Batches
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
    train: Batches[Batch]
    held_out: Iterable[Candidates] | None
    train_samples: int
    held_out_users: int
    recipe: Recipe
    steps_per_epoch: int
    batches_ahead: int = 0


def load(options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data:
    """What `--data` names. Raises Refusal for a file that can't be read, or too little in it."""
    if options.data == "synthetic":
        return synthetic(recipe, device, options)
    if options.data == "clicks":
        name = f"clicks ({recipe.users:,} users, {recipe.items:,} items, made from a fixed seed)"
        return split(name, clicks(recipe.users, recipe.items, recipe.clicks), options, recipe, device, workers)
    return split(options.data, read(Path(options.data)), options, recipe, device, workers)


def split(name: str, every: Interactions, options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data:
    """Training and held-out clicks, loaded by `workers`."""
    refuse_few(name, every, recipe.negatives)
    train, held_out = leave_one_out(every)
    fitted = fit(recipe, options, samples(train))
    each = whole_batches(samples(train), fitted.batch, options.accumulate)
    batches = Training(train, fitted.batch, each * ranks().world, fitted.epochs, options.seed)
    epochs: Epochs[Batch] = in_turn(batches, each, fitted.epochs, workers, device, options.seed)
    ranking = for_evaluation(
        Ranking(every, held_out, fitted.negatives, RANKED_AT_ONCE), 1, workers, device, options.seed
    )
    return Data(
        name=name,
        users=every.user_count,
        items=every.item_count,
        train=epochs,
        held_out=ranking,
        train_samples=samples(train),
        held_out_users=len(held_out.users),
        recipe=fitted,
        steps_per_epoch=each // options.accumulate,
        batches_ahead=epochs.ahead,
    )


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


def synthetic(recipe: Recipe, device: torch.device, options: Options) -> Data:
    """One batch of noise, with nothing to learn."""
    times = SYNTHETIC_STEPS * options.accumulate
    batches = noise(recipe.batch, recipe.users, recipe.items, times, device, options.seed)
    samples = SYNTHETIC_STEPS * recipe.batch * replicas(options.accumulate)
    return Data("synthetic", recipe.users, recipe.items, batches, None, samples, 0, recipe, SYNTHETIC_STEPS)
