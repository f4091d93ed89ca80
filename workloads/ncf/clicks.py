"""Clicks made from hidden tastes: learnable, and the same for every run of a scale."""

from __future__ import annotations

import numpy as np

from workloads.ncf.interactions import Ids, Interactions, interactions

SEED = 2017
TASTES = 8
"""Numbers in the hidden vector of a user or an item."""
SHARPNESS = 3.0
"""How much affinity counts against chance."""
AT_ONCE = 512
"""Users whose affinities are in memory at once."""


def clicks(users: int, items: int, each: int) -> Interactions:
    """`each` user's clicks, so many different items, drawn one after the other in proportion to exp(affinity).

    Affinity is the product of the two hidden normal vectors, of standard deviation SHARPNESS. The items whose
    exponential waiting times at those rates are the shortest are such a draw without replacement (Efraimidis and
    Spirakis, 2006). Their order in time is by chance, so the latest is as likely any of them.
    """
    dice = np.random.default_rng(SEED)
    items_taste = dice.standard_normal((items, TASTES), np.float32)
    parts = [_chosen(dice, items_taste, min(AT_ONCE, users - first), each) for first in range(0, users, AT_ONCE)]
    chosen = np.concatenate(parts)
    return interactions(np.repeat(np.arange(users), each), chosen.ravel(), dice.random(chosen.size))


def _chosen(dice: np.random.Generator, items_taste: np.ndarray, users: int, each: int) -> Ids:
    """Items (`users`, `each`)."""
    taste = dice.standard_normal((users, TASTES), np.float32) * np.float32(SHARPNESS / TASTES**0.5)
    wait = dice.standard_exponential((users, len(items_taste)), np.float32) * np.exp(-(taste @ items_taste.T))
    return np.argpartition(wait, each - 1, axis=1)[:, :each].astype(np.int32)
