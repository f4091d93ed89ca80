"""BLEU, as sacrebleu computes it."""

from __future__ import annotations

from collections.abc import Sequence

import sacrebleu


def bleu(translations: Sequence[str], references: Sequence[str], words: str = "13a") -> float:
    """Corpus BLEU as a share, 0 to 1: uncased, as MLPerf scores translations, by sacrebleu's way to cut `words`."""
    told = sacrebleu.corpus_bleu(list(translations), [list(references)], lowercase=True, tokenize=words)
    score: float = told.score
    return score / 100
