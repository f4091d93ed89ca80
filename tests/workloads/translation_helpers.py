"""What the tests of the translators share: pieces, models that say what they were told, a stop that nobody asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn.functional import one_hot

from workloads.common.stop import Stop
from workloads.translation.pieces import END

CPU = torch.device("cpu")
A, B, C = 4, 5, 6
"""Pieces that are words."""

Likely = tuple[int, Mapping[int, float]]
"""The last piece, and how likely each next one is."""


def log_p(table: Sequence[Likely]) -> torch.Tensor:
    """By the last piece, log probabilities (7, 7) of the next one; what isn't said is impossible."""
    found = torch.full((7, 7), -torch.inf)
    for last, likely in table:
        for piece, share in likely.items():
            found[last, piece] = math.log(share)
    return found


class Oracle(nn.Module):
    """Instead of a model: says what it was told for each sentence, whatever was asked."""

    def __init__(self, answers: Sequence[Sequence[int]], vocabulary: int) -> None:
        super().__init__()
        self._answers, self._vocabulary = iter(answers), vocabulary

    def turn_to(self, sentences: int) -> None:
        """From now on it is asked for the next so many."""
        self._now = [next(self._answers) for _ in range(sentences)]

    def say(self, places: Sequence[int]) -> torch.Tensor:
        """Logits (R, V) of the piece at each sentence's place; behind an answer, END."""
        pieces = [[*answer, END][min(place, len(answer))] for answer, place in zip(self._now, places, strict=True)]
        return one_hot(torch.tensor(pieces), self._vocabulary).float() * 50

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        return states


class NoStop(Stop):
    """No signal came, and none is caught."""

    def __init__(self) -> None:
        self.asked = None
