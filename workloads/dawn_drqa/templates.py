"""Passages made from sentence templates, in SQuAD's structure: learnable, and the same for every run of a scale.

A passage says several things of each of several people, whom it names once and then calls she or he. A question asks
for one of those things, mostly in other words. Whoever answers has to find the person, to follow who she is, and to
tell the kind of fact: other people's facts of the kind, and other facts of the person, stand around it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

SEED = 2017
"""One set of passages and one split for every run, whatever its --seed: F1 on what is held out stays comparable."""

QUESTIONS = 3
"""Asked about each passage."""
FACTS = 3
"""Said of each of its people."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Ways to say it, and what can be asked: the part that is the answer, and the question."""

    says: tuple[str, ...]
    asks: tuple[tuple[str, str], ...]


BORN = Fact(
    ("{who} was born in {place} in {year}.", "in {year}, {who} came to the world in {place}."),
    (
        ("place", "Where was {name} born?"),
        ("year", "What is the birth year of {name}?"),
        ("name", "Who is a native of {place}?"),
    ),
)
WORKED = Fact(
    ("{who} worked as a {job} in {place}.", "in {place}, {who} made a living as a {job}."),
    (
        ("place", "Where did {name} work?"),
        ("job", "What was the job of {name}?"),
        ("name", "Who was a {job}?"),
    ),
)
MOVED = Fact(
    ("{who} moved to {place} in {year}.", "in {year}, {who} left for {place}."),
    (
        ("place", "Where did {name} go to live?"),
        ("year", "When did {name} move away?"),
        ("name", "Who went to live in {place}?"),
    ),
)
STUDIED = Fact(
    ("{who} studied {subject} in {place}.", "in {place}, {who} took lessons in {subject}."),
    (
        ("place", "Where did {name} study?"),
        ("subject", "What did {name} study?"),
        ("name", "Who was a student of {subject}?"),
    ),
)
KINDS = (BORN, WORKED, MOVED, STUDIED)

GIVEN = {"she": ("Ada", "Clara", "Edith", "Greta", "Ilse", "Karin", "Marta", "Olga", "Rosa", "Tilda"),
         "he": ("Bruno", "Dario", "Felix", "Henri", "Jonas", "Lucas", "Nils", "Paul", "Stefan", "Viktor")}  # fmt: skip
FAMILY = ("Ber", "Cal", "Don", "Fer", "Gal", "Har", "Lan", "Mor"), ("ati", "ek", "ling", "son")
TOWNS = ("", "New ", "Port "), ("Ash", "Bran", "Cor", "Dal", "Elm", "Fal", "Hol", "Lin"), ("burg", "field", "ton")
JOBS = ("baker", "carpenter", "doctor", "gardener", "lawyer", "painter", "railway clerk", "sailor", "school teacher",
        "ship builder", "stone mason", "weaver")  # fmt: skip
SUBJECTS = ("algebra", "botany", "chemistry", "city planning", "French", "geology", "history", "modern law", "music",
            "naval design", "physics", "public health")  # fmt: skip
YEARS = tuple(str(year) for year in range(1800, 2000))

Said = tuple[int, Fact, dict[str, str]]
"""Where its sentence begins in the passage, the fact, and the words that went in."""


def documents(train: int, held_out: int, people: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """So many passages to train on, and so many others, each about so many people."""
    dice = random.Random(SEED)  # noqa: S311  passages, no secret
    made = [paragraph(dice, people, number) for number in range(train + held_out)]
    return _document(made[:train]), _document(made[train:])


def paragraph(dice: random.Random, people: int, number: int) -> dict[str, Any]:
    """A passage with its questions, as SQuAD has them."""
    context, said = passage(dice, people)
    asked = dice.sample(range(len(said)), QUESTIONS)
    return {"context": context, "qas": [_question(dice, context, said[which], f"{number}-{which}") for which in asked]}


def passage(dice: random.Random, people: int) -> tuple[str, list[Said]]:
    """A text about so many people, and what it says."""
    context, said = "", []
    for sentence, fact, values in _sentences(dice, people):
        said.append((len(context), fact, values))
        context += sentence[0].upper() + sentence[1:] + " "
    return context.rstrip(), said


def _sentences(dice: random.Random, people: int) -> Iterator[tuple[str, Fact, dict[str, str]]]:
    given = dice.sample([(name, pronoun) for pronoun, names in GIVEN.items() for name in names], people)
    family = dice.sample([*map("".join, product(*FAMILY))], people)
    places, years = (iter(dice.sample(words, people * FACTS)) for words in ([*map("".join, product(*TOWNS))], YEARS))
    jobs, subjects = (dice.sample(words, people) for words in (JOBS, SUBJECTS))
    for (first, pronoun), last, job, subject in zip(given, family, jobs, subjects, strict=True):
        who = name = f"{first} {last}"
        for fact in dice.sample(KINDS, FACTS):
            values = {"name": name, "place": next(places), "year": next(years), "job": job, "subject": subject}
            yield dice.choice(fact.says).format(who=who, **values), fact, values
            who = pronoun


def _question(dice: random.Random, context: str, said: Said, name: str) -> dict[str, Any]:
    start, fact, values = said
    part, asks = dice.choice(fact.asks)
    # The name stands where the passage comes to the person, once; all else in the sentence itself.
    place = context.index(values[part], 0 if part == "name" else start)
    return {"id": name, "question": asks.format(**values), "answers": [{"text": values[part], "answer_start": place}]}


def _document(paragraphs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": "1.1", "data": [{"title": "templates", "paragraphs": paragraphs}]}
