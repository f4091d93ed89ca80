"""BLEU, as sacrebleu computes it."""

from __future__ import annotations

from collections.abc import Sequence

import sacrebleu


def bleu(translations: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU as a share, 0 to 1: uncased, as MLPerf's Transformer is scored, with sacrebleu's 13a words."""
    score: float = sacrebleu.corpus_bleu(list(translations), [list(references)], lowercase=True).score
    return score / 100
