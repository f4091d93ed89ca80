"""The subword vocabulary that both languages share: sentencepiece's BPE, learnt from the training text."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import sentencepiece
from platformdirs import user_cache_path

from workloads.common.options import Refusal
from workloads.translation.lexicon import Pair
from workloads.translation.pieces import END, PAD, START, UNKNOWN

MOST_LINES = 1_000_000
"""Lines that the vocabulary is learnt from at most, evenly spread: more take long and change little."""

AT_ONCE = 10_000
"""Sentences that are encoded together, by as many threads as there are cores."""


class Vocabulary:
    """Sentences to piece ids and back. `model` is sentencepiece's own file."""

    def __init__(self, model: bytes) -> None:
        self._pieces = sentencepiece.SentencePieceProcessor(model_proto=model)

    def __len__(self) -> int:
        return int(self._pieces.vocab_size())

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """Each sentence's pieces, without start and end."""
        return list(self.each(sentences))

    def each(self, sentences: Sequence[str]) -> Iterator[list[int]]:
        """The same one by one, so that of a large text little is held at a time."""
        for start in range(0, len(sentences), AT_ONCE):
            yield from self._pieces.encode(list(sentences[start : start + AT_ONCE]))

    def decode(self, sentences: Sequence[Sequence[int]]) -> list[str]:
        """The text of each sentence, up to its END; padding and starts are no text."""
        kept = [[piece for piece in until_end(ids) if piece not in (PAD, START)] for ids in sentences]
        decoded: list[str] = self._pieces.decode(kept)
        return decoded


def until_end(ids: Sequence[int]) -> Sequence[int]:
    """What stands before the first END."""
    return ids[: ids.index(END)] if END in ids else ids


def learn(pairs: Sequence[Pair], size: int) -> bytes:
    """A model of `size` pieces for both languages, or fewer where the text has no more. Raises Refusal for too few."""
    stride = -(-2 * len(pairs) // MOST_LINES)
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(chain.from_iterable(pairs[::stride])),
            model_writer=model,
            model_type="bpe",
            vocab_size=size,
            hard_vocab_limit=False,
            character_coverage=0.9999,
            pad_id=PAD,
            eos_id=END,
            bos_id=START,
            unk_id=UNKNOWN,
            num_threads=1,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise Refusal(
            f"sentencepiece can't learn {size:,} pieces from this text ({error})".replace("\n", " ")
        ) from None
    return model.getvalue()


def learnt_once(files: Iterable[Path], pairs: Sequence[Pair], size: int) -> bytes:
    """The model of these training files, from the user's cache where an earlier run has left it there.

    A cache that can't be written is done without.
    """
    kept = user_cache_path("mlperf-tui") / "vocabularies" / f"{_name(files, size)}.model"
    try:
        return kept.read_bytes()
    except OSError:
        print(f"learning {size:,} pieces from the training text, once for all runs on it", flush=True)
        model = learn(pairs, size)
    _keep(model, kept)
    return model


def _name(files: Iterable[Path], size: int) -> str:
    """Another one as soon as a file's name, length or time of change is another."""
    seen = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((seen, size)).encode()).hexdigest()[:20]


def _keep(model: bytes, file: Path) -> None:
    """Written aside and renamed, so that another run never reads half of it."""
    aside = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(model)
        aside.replace(file)
    except OSError:
        return
