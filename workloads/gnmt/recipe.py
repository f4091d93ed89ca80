"""The numbers of a run: what each scale trains with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workloads.translation import recipe

LABEL_SMOOTHING = 0.1
CLIP_NORM = 5.0
REMAIN = 0.666
DECAYS = 4
DECAY_FACTOR = 0.5
LENGTH_PENALTY = 0.6
COVERAGE_PENALTY = 0.1
"""MLPerf's, all of them (mlcommons/training, rnn_translator/pytorch, train.py)."""

WMT_TARGET = 0.24
"""BLEU as a share: MLPerf's of v0.6 and v0.7; v0.5 had 0.218."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(recipe.Recipe):
    """`dropout` comes before each LSTM but the decoder's first. A row is a sentence, `lr` stands until it decays.

    The numbers stand in this order: scale, vocabulary, hidden, layers, length, batch, lr, warmup, epochs, beams, extra.
    """

    packed: ClassVar[bool] = False

    dropout: float


TINY = Recipe("tiny", 1000, 128, 2, 28, 16 * 28, 3e-3, 50, 8, 1, 10, dropout=0.1)
"""For two CPU cores: an eighth of the width, half the layers and the dropout, and translated greedily."""

SMALL = Recipe("small", 8000, 512, 4, 32, 128 * 32, 1e-3, 200, 20, 5, 50, dropout=0.2)
"""Half the width, for the lexicon on a GPU."""

REFERENCE = Recipe("reference", 32_320, 1024, 4, 50, 128 * 50, 5e-4, 200, 8, 5, 50, dropout=0.2)
"""MLPerf's on one device, as its reference of v0.5 is: 128 sentences of up to 50 pieces a batch, a rate of 5e-4 (README
of rnn_translator there). That of v0.7 has 1e-3 for 1,024 sentences a step; NVIDIA's v0.5 entry on 8 GPUs 1.25e-3."""

SCALES = {one.scale: one for one in (TINY, SMALL, REFERENCE)}
