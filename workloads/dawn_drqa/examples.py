"""Questions as the model takes them: padded ids and features, made by the loader's workers.

A passage's words have four features each: whether the question has the word, has it in another case, has its stem; and
how much of the passage the word is (Chen et al., section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from workloads.dawn_drqa.squad import Passage
from workloads.dawn_drqa.tokens import covering, tokenise
from workloads.dawn_drqa.vocabulary import PAD, UNKNOWN, Forms, Numbering, Numbers

FEATURES = 4

T = TypeVar("T", bound=np.generic)


class Read(NamedTuple):
    """Ids of the passage (N, L) int64, its features (N, L, FEATURES) float32, ids of the question (N, Q) int64."""

    passage: torch.Tensor
    features: torch.Tensor
    question: torch.Tensor


class Batch(NamedTuple):
    """And the first and the last word of the answer (N) int64, counted from 0."""

    read: Read
    first: torch.Tensor
    last: torch.Tensor


@dataclass(frozen=True, slots=True)
class Example:
    """A question about a passage, in numbers of words; `places` (n, 2) are where the passage's words are in `text`.

    `first` and `last` are the words of the first answer; `answers` are the texts of all, `starts` where they begin.
    """

    name: str
    text: str
    places: npt.NDArray[np.int32]
    passage: Numbers
    question: Numbers
    first: int
    last: int
    answers: tuple[str, ...]
    starts: tuple[int, ...]

    def piece(self, first: int, last: int) -> str:
        """The passage's text from one word to another."""
        return self.text[self.places[first, 0] : self.places[last, 1]]


def examples(passages: Sequence[Passage], number: Numbering) -> list[Example]:
    """All the questions, their words numbered; one whose answer has no word is left out."""
    made = []
    for passage in passages:
        words, places = tokenise(passage.text)
        numbers = number(words)
        for asked in passage.questions:
            answer = asked.answers[0]
            span = covering(places, answer.start, answer.start + len(answer.text))
            if span is not None:
                texts, starts = zip(*((given.text, given.start) for given in asked.answers), strict=True)
                question = number(tokenise(asked.text)[0])
                made.append(Example(asked.name, passage.text, places, numbers, question, *span, texts, starts))
    return made


def features(passage: Numbers, question: Numbers, forms: Forms) -> npt.NDArray[np.float32]:
    """The features (n, FEATURES) of a passage's words (n)."""
    lower = forms.lower[passage]
    matches = [
        np.isin(passage, question),
        np.isin(lower, forms.lower[question]),
        np.isin(forms.stems[passage], forms.stems[question]),
    ]
    _, which, often = np.unique(lower, return_inverse=True, return_counts=True)
    return np.stack([*matches, often[which] / len(passage)], axis=1).astype(np.float32)


def padded(array: npt.NDArray[T], length: int) -> torch.Tensor:
    """An array (n, …) with PAD behind it: (length, …)."""
    whole = np.full((length, *array.shape[1:]), PAD, array.dtype)
    whole[: len(array)] = array
    return torch.from_numpy(whole)


def read(example: Example, forms: Forms, length: int, asked: int) -> Read:
    """One question in numbers, padded to these lengths; a question without a word has one that isn't known."""
    question = forms.rows[example.question] if len(example.question) else np.array([UNKNOWN])
    return Read(
        padded(forms.rows[example.passage].astype(np.int64), length),
        padded(features(example.passage, example.question, forms), length),
        padded(question.astype(np.int64), asked),
    )


def lengths(some: Sequence[Example]) -> tuple[int, int]:
    """The longest passage and the longest question, in words."""
    return max(len(one.passage) for one in some), max(1, *(len(one.question) for one in some))


class Training(Dataset[Batch]):
    """Questions one by one, all padded to the longest of them: one shape for every batch."""

    def __init__(self, some: Sequence[Example], forms: Forms) -> None:
        self._examples, self._forms = some, forms
        self.length, self.asked = lengths(some)

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> Batch:
        one = self._examples[index]
        return Batch(read(one, self._forms, self.length, self.asked), torch.tensor(one.first), torch.tensor(one.last))


class Held(Dataset[Read]):
    """Whole batches of `at_once` questions, each padded to the longest of its own."""

    def __init__(self, some: Sequence[Example], forms: Forms, at_once: int) -> None:
        self._examples, self._forms, self._at_once = some, forms, at_once

    def __len__(self) -> int:
        return math.ceil(len(self._examples) / self._at_once)

    def __getitem__(self, number: int) -> Read:
        some = self._examples[number * self._at_once : (number + 1) * self._at_once]
        if not some:
            raise IndexError(number)
        rows = [read(one, self._forms, *lengths(some)) for one in some]
        return Read(*(torch.stack(parts) for parts in zip(*rows, strict=True)))
