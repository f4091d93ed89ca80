"""SQuAD's JSON, read into passages with their questions; what is malformed is named by its place in the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from workloads.common.options import Refusal

T = TypeVar("T")

JSON_NAMES = {list: "array", str: "string", int: "number"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A piece of the passage; `start` is its first character, counted from 0."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Question:
    """Its first answer is trained on; any of them is right."""

    name: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text and what is asked about it."""

    text: str
    questions: tuple[Question, ...]


def read(path: Path) -> list[Passage]:
    """The passages of a file. Raises a Refusal for what isn't SQuAD 1.1."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"can't read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Refusal(f"{path} is no JSON: {error}") from None
    return parse(document, str(path))


def parse(document: Any, name: str) -> list[Passage]:
    """The passages of a document in SQuAD's structure; `name` is what a Refusal calls it."""
    passages = [
        _passage(paragraph, f"{name}: data[{i}].paragraphs[{j}]")
        for i, article in enumerate(_part(document, "data", list, name))
        for j, paragraph in enumerate(_part(article, "paragraphs", list, f"{name}: data[{i}]"))
    ]
    if not any(passage.questions for passage in passages):
        raise Refusal(f"no questions in {name}")
    return passages


def _passage(paragraph: Any, where: str) -> Passage:
    text = _part(paragraph, "context", str, where)
    asked = enumerate(_part(paragraph, "qas", list, where))
    return Passage(text, tuple(_question(question, text, f"{where}.qas[{i}]") for i, question in asked))


def _question(question: Any, passage: str, where: str) -> Question:
    given = _part(question, "answers", list, where)
    if not given:
        raise Refusal(f"{where} has no answer: SQuAD 1.1 has one to each question, 2.0 hasn't")
    answers = tuple(_answer(answer, passage, f"{where}.answers[{i}]") for i, answer in enumerate(given))
    return Question(_part(question, "id", str, where), _part(question, "question", str, where), answers)


def _answer(answer: Any, passage: str, where: str) -> Answer:
    text, start = _part(answer, "text", str, where), _part(answer, "answer_start", int, where)
    if not text.strip() or start < 0 or not passage.startswith(text, start):
        raise Refusal(f"{where} isn't in the passage: {text!r} doesn't stand at character {start}")
    return Answer(text, start)


def _part(of: Any, key: str, kind: type[T], where: str) -> T:
    value = of.get(key) if isinstance(of, dict) else None
    if not isinstance(value, kind):
        raise Refusal(f"{where} needs {key!r}, and it has none that is a JSON {JSON_NAMES[kind]}")
    return value
