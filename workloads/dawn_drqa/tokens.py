"""Text to words and back: where each word stands in the text, and which words a piece of the text covers."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

WORD = re.compile(r"\w+(?:[.,](?=\d)\w+)*|[^\w\s]")
"""Letters and digits, a number with its points and commas, or any one other character."""

ENDINGS = ("ing", "ed", "es", "s")
SHORTEST_STEM = 3


def tokenise(text: str) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The words (n), and where each begins and ends in the text (n, 2), in characters."""
    found = list(WORD.finditer(text))
    places = np.array([match.span() for match in found], np.int32).reshape(-1, 2)
    return [match.group() for match in found], places


def covering(places: npt.NDArray[np.int32], start: int, end: int) -> tuple[int, int] | None:
    """The first and the last word with a character from `start` to before `end`; None when there is no word."""
    first = int(np.searchsorted(places[:, 1], start, side="right"))
    last = int(np.searchsorted(places[:, 0], end, side="left")) - 1
    return (first, last) if first <= last else None


def stem(word: str) -> str:
    """The word in lower case without an ending: for want of a lexicon, what stands here for its lemma."""
    lower = word.lower()
    cut = next((end for end in ENDINGS if lower.endswith(end) and len(lower) >= SHORTEST_STEM + len(end)), "")
    return lower.removesuffix(cut)
