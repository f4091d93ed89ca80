"""Words as numbers: the row that a word has in the embedding, and the numbers by which its forms are told alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workloads.dawn_drqa.tokens import stem

PAD, UNKNOWN = 0, 1
"""Rows of the embedding with a meaning of their own."""

SEEN = 2
"""How often the training text has a word, at least, that gets a row of its own when it is learnt from scratch."""

Numbers = npt.NDArray[np.int32]


class Numbering:
    """Gives each word that comes the next number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, words: Iterable[str]) -> Numbers:
        return np.array([self._numbers.setdefault(word, len(self._numbers)) for word in words], np.int32)

    @property
    def words(self) -> list[str]:
        """In the order of their numbers."""
        return list(self._numbers)


@dataclass(frozen=True, slots=True)
class Forms:
    """By the number of a word (W) each: its row in the embedding, and numbers of its lower case and of its stem."""

    rows: Numbers
    lower: Numbers
    stems: Numbers


def ranked(questions: Iterable[Numbers], passages: Iterable[Numbers], words: Sequence[str]) -> list[str]:
    """The words that occur, those of the questions first, the frequent ones before others (hitvoice/DrQA, prepro.py).

    What follows from the order is which words' given vectors are tuned.
    """
    asked, said = counts(questions, len(words)), counts(passages, len(words))
    order = np.lexsort((-(asked + said), -asked))
    return [words[number] for number in order.tolist() if asked[number] + said[number] > 0]


def frequent(texts: Iterable[Numbers], words: Sequence[str]) -> set[str]:
    """The words that these texts have SEEN times or more."""
    return {words[number] for number in np.flatnonzero(counts(texts, len(words)) >= SEEN).tolist()}


def counts(texts: Iterable[Numbers], size: int) -> npt.NDArray[np.int64]:
    """How often each of `size` words occurs."""
    total = np.zeros(size, np.int64)
    for text in texts:
        np.add.at(total, text, 1)
    return total


def forms(words: Sequence[str], known: Sequence[str]) -> Forms:
    """For `words` in the order of their numbers; `known` are those with a row of their own, in its order."""
    row = {word: number for number, word in enumerate(known, start=UNKNOWN + 1)}
    rows = np.array([row.get(word, UNKNOWN) for word in words], np.int32)
    return Forms(rows, Numbering()(word.lower() for word in words), Numbering()(stem(word) for word in words))
