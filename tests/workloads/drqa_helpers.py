"""What the tests of DrQA share: options, a folder like SQuAD's, a stop that nobody asks for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

from workloads.common.options import parse, parser
from workloads.common.stop import Stop
from workloads.dawn_drqa import layout
from workloads.dawn_drqa.templates import documents

CPU = torch.device("cpu")
DRQA_COMMAND = [sys.executable, "-m", "workloads.dawn_drqa"]
TEXT = "Ada Berati was born in Ashton. In 1,901.5 days, she walked."


def options(*words: str) -> Any:
    """As the command line gives them."""
    return parse(parser("x", "", "templates", ""), words)


def document(**changes: Any) -> dict[str, Any]:
    """SQuAD's structure with one question; `changes` are made to the question, None takes a key away."""
    asked = {"id": "1", "question": "Where?", "answers": [{"text": "Ashton", "answer_start": 23}], **changes}
    kept = {key: value for key, value in asked.items() if value is not None}
    return {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": TEXT, "qas": [kept]}]}]}


def squad_folder(root: Path, train: int = 20, held: int = 5) -> Path:
    """A folder as SQuAD is published, with so many passages of three questions each."""
    root.mkdir()
    for name, content in zip((layout.TRAIN, layout.DEV), documents(train, held, 2), strict=True):
        (root / name).write_text(json.dumps(content))
    return root


def glove(path: Path, *words: str) -> None:
    """Vectors for these words: the n-th has n in all its 300 numbers, from 1 on."""
    path.write_text("".join(f"{word} {' '.join([str(n)] * 300)}\n" for n, word in enumerate(words, 1)))


class NoStop(Stop):
    """Nobody asks to stop; this process's signals are left alone."""

    def __init__(self) -> None:
        self.asked: int | None = None
