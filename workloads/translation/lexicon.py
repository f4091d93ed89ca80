"""A small made-up language pair: a lexicon, another order of words, and endings that agree. Same for every run.

The source says subject, verb, object and puts the adjective before its noun. The target puts the verb last and the
adjective behind its noun; article and adjective end by the noun's gender and number, the verb by its subject's number.
The gender is a noun's own and can't be seen in the source, so it has to be learnt for each noun.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SEED = 2017
"""One language and one split for every run, whatever its --seed: BLEU on the held-out sentences stays comparable."""

NOUNS, ADJECTIVES, VERBS = 160, 80, 80
TRAIN, HELD_OUT = 8_000, 200
JOINED = 0.3
"""The share of sentences that have a second clause."""

ARTICLES = {"the": ("dur", "dir", "dun", "din"), "a": ("ur", "ir", "ui", "ii")}
ENDINGS = ("o", "e", "oj", "ej")
"""By gender and number: first gender, second gender, then both in the plural."""

AND = {"and": "ug", "but": "ab"}

Pair = tuple[str, str]
"""A sentence and its translation."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word in both languages; `gender` is 0 or 1 and matters for nouns only."""

    source: str
    target: str
    gender: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """An article, perhaps an adjective, and a noun."""

    article: str
    adjective: Word | None
    noun: Word
    plural: bool

    @property
    def source(self) -> str:
        adjective = [self.adjective.source] if self.adjective else []
        return " ".join([self.article, *adjective, self.noun.source + "s" * self.plural])

    @property
    def target(self) -> str:
        form = self.noun.gender + 2 * self.plural
        adjective = [self.adjective.target + ENDINGS[form]] if self.adjective else []
        return " ".join([ARTICLES[self.article][form], self.noun.target + "en" * self.plural, *adjective])


class Language:
    """The lexicon, and sentences made with it."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        taken: set[str] = set()
        self._nouns, self._adjectives, self._verbs = (
            [self._word(taken) for _ in range(count)] for count in (NOUNS, ADJECTIVES, VERBS)
        )

    def sentence(self) -> Pair:
        """A sentence of one clause or two, with its translation."""
        source, target = self._clause()
        if self._dice.random() < JOINED:
            joint, (more_source, more_target) = self._dice.choice(sorted(AND)), self._clause()
            source, target = f"{source} {joint} {more_source}", f"{target} {AND[joint]} {more_target}"
        return f"{source}.", f"{target}."

    def _clause(self) -> Pair:
        subject, verb, thing = self._phrase(), self._dice.choice(self._verbs), self._phrase()
        source = f"{subject.source} {verb.source}{'' if subject.plural else 's'} {thing.source}"
        return source, f"{subject.target} {thing.target} {verb.target}{'un' if subject.plural else 'at'}"

    def _phrase(self) -> Phrase:
        adjective = self._dice.choice(self._adjectives) if self._dice.random() < 0.5 else None
        article, plural = self._dice.choice(sorted(ARTICLES)), self._dice.random() < 0.5
        return Phrase(article, adjective, self._dice.choice(self._nouns), plural)

    def _word(self, taken: set[str]) -> Word:
        source, target = self._new("bdgklmnprst", "aeio", taken), self._new("fhjmvwzkrl", "aouy", taken)
        return Word(source, target, self._dice.randrange(2))

    def _new(self, consonants: str, vowels: str, taken: set[str]) -> str:
        while True:
            made = "".join(self._dice.choice(letters) for letters in (consonants, vowels) * 2) + self._dice.choice(
                "kmr"
            )
            if made not in taken:
                taken.add(made)
                return made


def sentences() -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on and those held out; no sentence is twice in them."""
    language = Language(random.Random(SEED))  # noqa: S311  a language, no secret
    made: dict[Pair, None] = {}
    while len(made) < TRAIN + HELD_OUT:
        made[language.sentence()] = None
    every = list(made)
    return every[:TRAIN], every[TRAIN:]
