"""The text that `--data` names, the lexicon or a folder, with the vocabulary learnt from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workloads.translation import parallel
from workloads.translation.encoded import Sentences
from workloads.translation.lexicon import Pair, sentences

if TYPE_CHECKING:
    from workloads.translation.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Text:
    """A name, the pairs to train on and those held out, and what both are encoded by."""

    name: str
    train: list[Pair]
    held_out: list[Pair]
    vocabulary: Vocabulary

    def encoded(self) -> tuple[Sentences, Sentences]:
        """The sources to train on, and their translations."""
        sources, targets = (Sentences(self.vocabulary.each(side)) for side in zip(*self.train, strict=True))
        return sources, targets


def read(data: str, pieces: int) -> Text:
    """What `data` names, with a vocabulary of so many `pieces`. Raises Refusal when the text can't be read."""
    return lexicon(pieces) if data == "lexicon" else folder(data, pieces)


def lexicon(pieces: int) -> Text:
    """The embedded language pair; its vocabulary is learnt in a second."""
    from workloads.translation.vocabulary import Vocabulary, learn  # noqa: PLC0415  sentencepiece may be missing

    train, held = sentences()
    name = f"lexicon (made-up language pair, {len(train) + len(held):,} sentences)"
    return Text(name, train, held, Vocabulary(learn(train, pieces)))


def folder(path: str, pieces: int) -> Text:
    """Parallel text on disk."""
    from workloads.translation.vocabulary import Vocabulary, learnt_once  # noqa: PLC0415  as above

    root = Path(path)
    train, held = parallel.read(root, "train"), parallel.read(root, parallel.held_out(root))
    model = learnt_once(parallel.files(root, "train"), train, pieces)
    return Text(path, train, held, Vocabulary(model))
