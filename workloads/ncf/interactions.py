"""Who clicked what, and the split that leaves each user's latest click out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ids: TypeAlias = npt.NDArray[np.int32]
Keys: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interactions:
    """Pairs of user and item (n) each, numbered from 0 without gaps; in the order of users, and of time within one.

    No pair is there twice.
    """

    users: Ids
    items: Ids
    user_count: int
    item_count: int

    def keys(self) -> Keys:
        """One number a pair, ascending."""
        return np.sort(self.key(self.users, self.items))

    def key(self, users: Ids, items: Ids) -> Keys:
        """The numbers of other pairs, in their order."""
        return users.astype(np.int64) * self.item_count + items

    def part(self, chosen: npt.NDArray[np.bool_]) -> Interactions:
        """Some of the pairs; users and items keep their numbers."""
        return Interactions(self.users[chosen], self.items[chosen], self.user_count, self.item_count)


def interactions(users: npt.ArrayLike, items: npt.ArrayLike, times: npt.ArrayLike) -> Interactions:
    """From pairs with any numbers in any order; of a pair that is there more than once, its latest stays."""
    names, user = np.unique(np.asarray(users), return_inverse=True)
    titles, item = np.unique(np.asarray(items), return_inverse=True)
    order = np.lexsort((np.asarray(times), user))
    every = Interactions(user[order].astype(np.int32), item[order].astype(np.int32), len(names), len(titles))
    _, from_the_end = np.unique(every.key(every.users, every.items)[::-1], return_index=True)
    latest = np.zeros(len(order), np.bool_)
    latest[len(order) - 1 - from_the_end] = True
    return every.part(latest)


def leave_one_out(every: Interactions) -> tuple[Interactions, Interactions]:
    """What is trained on, and the latest click of each user with more than one (He et al., section 4.1)."""
    last = np.append(every.users[1:] != every.users[:-1], True)
    held = last & (np.bincount(every.users, minlength=every.user_count)[every.users] > 1)
    return every.part(~held), every.part(held)


def contains(keys: Keys, asked: Keys) -> npt.NDArray[np.bool_]:
    """Which of `asked` are among the ascending `keys`."""
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.asarray(keys[place] == asked)
