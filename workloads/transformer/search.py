"""From a model of the next piece to a translation: greedily, or by beam search with a length penalty.

`Next` takes the pieces so far (R, t) and gives the log probabilities (R, V) of the one that follows. Nothing is kept
between its calls, so a translation of t pieces costs t²/2: plain, and evaluation is a small part of a run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from workloads.translation.pieces import END, PAD, START

Next: TypeAlias = Callable[[torch.Tensor], torch.Tensor]


def greedy(following: Next, sentences: int, longest: int, device: torch.device) -> torch.Tensor:
    """The likeliest piece at each place: (`sentences`, up to `longest`) ids, PAD behind END."""
    ids = torch.full((sentences, 1), START, device=device)
    done = torch.zeros(sentences, dtype=torch.bool, device=device)
    for _ in range(longest):
        likeliest = following(ids).argmax(-1).masked_fill(done, PAD)
        ids = torch.cat([ids, likeliest[:, None]], dim=1)
        done |= likeliest == END
        if done.all():
            break
    return ids[:, 1:]


def penalty(length: int, alpha: float) -> float:
    """What a log probability is divided by: ((5 + length) / 6)^alpha (Wu et al., arXiv 1609.08144, equation 14)."""
    return float(((5 + length) / 6) ** alpha)


class Beam:
    """The `beams` likeliest unfinished translations of each of `sentences`, and the best finished one of each.

    As MLPerf's reference does it (model/beam_search.py): of the 2 · beams likeliest continuations those that end are
    scored with the length penalty, and the likeliest others go on.
    """

    def __init__(self, sentences: int, beams: int, alpha: float, longest: int, device: torch.device) -> None:
        self.sentences, self.beams, self.alpha, self.longest = sentences, beams, alpha, longest
        self.ids = torch.full((sentences, beams, 1), START, device=device)
        # All beams are alike at first: only one of them may count.
        self.log_p = torch.full((sentences, beams), -torch.inf, device=device)
        self.log_p[:, 0] = 0
        self.best = torch.full((sentences, longest), PAD, device=device)
        self.best_score = torch.full((sentences,), -torch.inf, device=device)

    def search(self, following: Next) -> torch.Tensor:
        """(sentences, longest) ids, PAD behind END; where nothing ended, the likeliest unfinished translation."""
        for _ in range(self.longest):
            self.extend(following(self.ids.flatten(0, 1)).view(self.sentences, self.beams, -1))
            if self.settled():
                break
        unfinished = self.best_score == -torch.inf
        self.best[unfinished, : self.ids.shape[2] - 1] = self.ids[unfinished, 0, 1:]
        return self.best

    def extend(self, log_p: torch.Tensor) -> None:
        """One piece more, of these log probabilities (sentences, beams, V)."""
        vocabulary = log_p.shape[2]
        total, flat = (self.log_p.unsqueeze(2) + log_p).flatten(1).topk(min(2 * self.beams, self.beams * vocabulary))
        beam, piece = flat // vocabulary, flat % vocabulary
        ids = torch.cat([self.ids.gather(1, beam[:, :, None].expand(-1, -1, self.ids.shape[2])), piece[:, :, None]], 2)
        ends = piece == END
        self.finish(ids, total.masked_fill(~ends, -torch.inf))
        self.log_p, kept = total.masked_fill(ends, -torch.inf).topk(self.beams)
        self.ids = ids.gather(1, kept[:, :, None].expand(-1, -1, ids.shape[2]))

    def finish(self, ids: torch.Tensor, log_p: torch.Tensor) -> None:
        """Note the best of these ended translations where it beats the best so far."""
        length = ids.shape[2] - 1
        score, which = (log_p / penalty(length, self.alpha)).max(1)
        better = score > self.best_score
        self.best_score = torch.where(better, score, self.best_score)
        self.best[better, :length] = ids[better, which[better], 1:]

    def settled(self) -> bool:
        """Whether no unfinished translation can beat the finished ones any more, however long it grows."""
        return bool((self.log_p[:, 0] / penalty(self.longest, self.alpha) <= self.best_score).all())
