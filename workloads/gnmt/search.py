"""Beam search with length and coverage penalty, for a model of the next piece that keeps a state.

`Next` takes the last piece of each translation (R) and the states behind the pieces before it, None at the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch

from workloads.common.lstm import State
from workloads.gnmt.recipe import COVERAGE_PENALTY, LENGTH_PENALTY
from workloads.translation.pieces import END, PAD, START


class Step(NamedTuple):
    """Log probabilities (R, V) of the next piece, attention's weights (R, M), and the states that go with them."""

    log_p: torch.Tensor
    weights: torch.Tensor
    states: list[State]


Next: TypeAlias = Callable[[torch.Tensor, list[State] | None], Step]


class Beam:
    """The `beams` likeliest translations of each of `sentences`, R = sentences · beams; with one beam it is greedy.

    As MLPerf's reference does it (rnn_translator/pytorch/seq2seq/inference/beam_search.py), an ended translation keeps
    its place in the beam until likelier ones push it out; coverage here follows a translation from beam to beam.
    """

    def __init__(self, sentences: int, beams: int, longest: int, source: int, device: torch.device) -> None:
        self.sentences, self.beams, self.longest = sentences, beams, longest
        rows = sentences * beams
        self.ids = torch.full((rows, 1), START, device=device)
        # All beams are alike at first: only one of them may count.
        self.log_p = torch.full((sentences, beams), -torch.inf, device=device)
        self.log_p[:, 0] = 0
        self.done = torch.zeros(rows, dtype=torch.bool, device=device)
        self.lengths = torch.zeros(rows, device=device)
        self.covered = torch.zeros(rows, source, device=device)
        self.base = torch.arange(0, rows, beams, device=device)

    def search(self, following: Next) -> torch.Tensor:
        """(sentences, up to longest) ids, PAD behind END."""
        states: list[State] | None = None
        for _ in range(self.longest):
            step = following(self.ids[:, -1], states)
            kept = self.extend(step.log_p, step.weights)
            states = [(output[:, kept], cell[:, kept]) for output, cell in step.states]
            if self.done.all():
                break
        return self.ids[self.base + self.scores().argmax(1), 1:]

    def extend(self, log_p: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """One piece more; which translation (R) each one goes on from. Behind an ended one there is only PAD."""
        vocabulary = log_p.shape[1]
        log_p = log_p.masked_fill(self.done[:, None], -torch.inf)
        log_p[:, PAD] = torch.where(self.done, 0, -torch.inf)
        total = self.log_p[:, :, None] + log_p.view(self.sentences, self.beams, vocabulary)
        self.log_p, flat = total.flatten(1).topk(self.beams)
        kept, piece = (self.base[:, None] + flat // vocabulary).flatten(), (flat % vocabulary).flatten()
        self.covered = (self.covered + weights.masked_fill(self.done[:, None], 0))[kept]
        self.lengths = (self.lengths + ~self.done)[kept]
        self.ids = torch.cat([self.ids[kept], piece[:, None]], 1)
        self.done = self.done[kept] | (piece == END)
        return kept

    def scores(self) -> torch.Tensor:
        """(sentences, beams): what has no end counts only where nothing has one, and then the likeliest is first."""
        penalties = COVERAGE_PENALTY * coverage(self.covered)
        score = self.log_p.flatten() / length_penalty(self.lengths) + penalties
        return score.masked_fill(~self.done, -torch.inf).view(self.sentences, self.beams)


def length_penalty(lengths: torch.Tensor) -> torch.Tensor:
    """What a log probability is divided by: ((5 + length) / 6)^0.6 (Wu et al., arXiv 1609.08144, equation 14)."""
    return ((5 + lengths) / 6) ** LENGTH_PENALTY


def coverage(covered: torch.Tensor) -> torch.Tensor:
    """The sum of log min(1, attention) over source places (R, M), as there; a place never looked at is padding."""
    return covered.clamp(max=1).log().masked_fill(covered == 0, 0).sum(1)
