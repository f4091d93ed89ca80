"""DrQA's text: words and where they stand, SQuAD's JSON, templates, vectors, features, batches."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.workloads.drqa_helpers import CPU, TEXT, document, glove, options, squad_folder
from workloads.common.options import Refusal
from workloads.dawn_drqa import layout, squad
from workloads.dawn_drqa.__main__ import main
from workloads.dawn_drqa.data import load, synthetic
from workloads.dawn_drqa.evaluate import f1
from workloads.dawn_drqa.examples import Held, Training, examples, features
from workloads.dawn_drqa.recipe import TINY
from workloads.dawn_drqa.templates import documents
from workloads.dawn_drqa.tokens import covering, stem, tokenise
from workloads.dawn_drqa.vocabulary import PAD, UNKNOWN, Numbering, forms, frequent, ranked


def test_words_and_their_places() -> None:
    """A number keeps its points and commas, a sentence's end is a word; each place gives the word back."""
    words, places = tokenise("It's 1,901.5 m (naïve).")
    assert words == ["It", "'", "s", "1,901.5", "m", "(", "naïve", ")", "."]
    assert [words[n] for n in range(9)] == ["It's 1,901.5 m (naïve)."[start:end] for start, end in places]
    assert tokenise("  ")[1].shape == (0, 2)


def test_the_words_of_a_piece() -> None:
    """All that it touches, also in part; None for what lies between two words."""
    _, places = tokenise("one two three")
    assert covering(places, 4, 7) == (1, 1)
    assert covering(places, 5, 9) == (1, 2)
    assert covering(places, 0, 13) == (0, 2)
    assert covering(places, 3, 4) is None


def test_stems() -> None:
    """An ending is cut where enough is left."""
    assert [stem(word) for word in ("Walked", "walks", "walking", "is", "red", "boxes")] == [
        "walk", "walk", "walk", "is", "red", "box",
    ]  # fmt: skip


def test_squads_structure() -> None:
    """A question with its answers, and the words that the first one covers."""
    passages = squad.parse(document(), "x")
    one = examples(passages, Numbering())[0]
    assert (one.name, one.answers, one.starts, one.piece(one.first, one.last)) == ("1", ("Ashton",), (23,), "Ashton")
    assert (one.first, one.last, len(one.question)) == (5, 5, 2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"answers": None}, r"x: data\[0\]\.paragraphs\[0\]\.qas\[0\] needs 'answers', .* JSON array"),
        ({"answers": []}, r"qas\[0\] has no answer: SQuAD 1\.1 has one to each question"),
        ({"answers": ["Ashton"]}, r"answers\[0\] needs 'text', .* JSON string"),
        ({"answers": [{"text": "Ashton", "answer_start": "23"}]}, "needs 'answer_start', .* JSON number"),
        ({"answers": [{"text": "Ashton", "answer_start": 24}]}, "'Ashton' doesn't stand at character 24"),
        ({"answers": [{"text": ".", "answer_start": -1}]}, "isn't in the passage"),
        ({"id": 1}, "needs 'id', .* JSON string"),
        ({"question": None}, "needs 'question'"),
    ],
)
def test_what_is_malformed_is_named(changes: dict[str, Any], says: str) -> None:
    """By its place in the file."""
    with pytest.raises(Refusal, match=says):
        squad.parse(document(**changes), "x")


def _without_dev(root: Path) -> None:
    (root / layout.DEV).unlink()


def _writes(text: str) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        (root / layout.TRAIN).write_text(text)

    return write


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_without_dev, r"has no dev-v1\.1\.json: SQuAD 1\.1 is published as"),
        (_writes("{"), r"train-v1\.1\.json is no JSON: "),
        (_writes("[]"), "needs 'data', and it has none that is a JSON array"),
        (_writes('{"data": []}'), "no questions in .*train"),
        (_writes(json.dumps(document())), "a batch of 32 is more than the 1 questions to train on"),
    ],
)
def test_a_spoilt_folder_is_refused(spoil: Callable[[Path], None], says: str, tmp_path: Path) -> None:
    """What is missing or malformed, in one sentence."""
    folder = squad_folder(tmp_path / "squad")
    spoil(folder)
    with pytest.raises(Refusal, match=says):
        main(["--data", str(folder), "--device", "cpu", "--batch", "32"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--data", "nowhere"], "no data folder nowhere: --data takes templates, synthetic, or a folder with train-v1"),
        (["--data", __file__], "is a file: --data takes the folder"),
        (["--data", "x" * 5000], "xxx: File name too long"),
        (["--data", "synthetic", "--target", "0.5"], "nothing to evaluate"),
    ],
)
def test_options_are_refused(words: list[str], says: str) -> None:
    """Each by a sentence."""
    with pytest.raises(Refusal) as refused:
        main(words)
    assert says in str(refused.value)


def test_templates_are_squads_and_say_what_is_asked() -> None:
    """The same each time; every answer stands in its passage; the first words in capitals are seldom it."""
    train, held = documents(50, 50, 3)
    assert (train, held) == documents(50, 50, 3)
    asked = examples(squad.parse(held, "held"), Numbering())
    assert len(asked) == 150
    assert len({one.text for one in asked}) == 50
    assert {one.piece(one.first, one.last) == one.answers[0] for one in asked} == {True}
    capitals = [found.group() for one in asked if (found := re.search(r"[A-Z]\w*( [A-Z]\w*)*", one.text))]
    assert f1(capitals, asked) < 0.2


def test_features_by_hand() -> None:
    """The word itself, its lower case, its stem; and its share of the passage, whatever its case."""
    number = Numbering()
    passage, question = number(["The", "baker", "baked", "the"]), number(["the", "Baker", "bakes"])
    made = features(passage, question, forms(number.words, []))
    assert made.tolist() == [[0, 1, 1, 0.5], [0, 1, 1, 0.25], [0, 0, 1, 0.25], [1, 1, 1, 0.5]]
    assert [stem(word) for word in ("baked", "bakes")] == ["bak", "bak"]


def test_the_order_of_words() -> None:
    """Those of the questions first, by how often they are asked, then by how often they occur; once is too seldom."""
    number = Numbering()
    texts = [number(words.split()) for words in ("rare often often", "asked twice twice", "often asked")]
    assert ranked(texts[1:2], [texts[0], texts[2]], number.words) == ["twice", "asked", "often", "rare"]
    assert frequent(texts, number.words) == {"often", "asked", "twice"}
    assert forms(number.words, ["asked", "often"]).rows.tolist() == [UNKNOWN, 3, 2, UNKNOWN]


def test_batches_are_padded() -> None:
    """To train on: one length for all. To be answered: whole batches, each as long as its longest."""
    number = Numbering()
    long = document()["data"][0]["paragraphs"][0]
    short = {"context": "Ashton.", "qas": [{**long["qas"][0], "answers": [{"text": "Ashton", "answer_start": 0}]}]}
    some = examples(squad.parse({"data": [{"paragraphs": [short, long]}]}, "x"), number)
    known = forms(number.words, number.words)
    read, first, last = Training(some, known)[0]
    assert read.passage.shape == (len(tokenise(TEXT)[0]),)
    assert (read.passage[:2] > UNKNOWN).all()
    assert (read.passage[2:] == PAD).all()
    assert (read.features.shape, int(first), int(last)) == ((len(read.passage), 4), 0, 0)
    held = Held(some, known, 1)
    assert [held[n].passage.shape for n in range(len(held))] == [(1, 2), (1, len(read.passage))]
    empty = replace(some[0], question=np.zeros(0, np.int32))
    assert Training([empty], known)[0].read.question.tolist() == [UNKNOWN]


def test_vectors_beside_squad(tmp_path: Path) -> None:
    """Words that have a vector keep it, others are unknown; the embedding is as wide as the vectors."""
    folder = squad_folder(tmp_path / "squad")
    glove(folder / "glove.6B.300d.txt", "nobody", "Where", ". .", "was")
    data = load(options("--data", str(folder)), TINY, CPU, 0)
    assert data.vectors is not None
    assert (data.words, data.recipe.embedding, data.vectors.shape) == (4, 300, (4, 300))
    assert sorted(data.vectors[:, 0].tolist()) == [0, 0, 2, 4]
    (folder / "glove.6B.300d.txt").write_text("was 1 2 3\n")
    with pytest.raises(Refusal, match="line 1 is no word with a vector of 300 numbers"):
        load(options("--data", str(folder)), TINY, CPU, 0)


def test_what_is_too_long_is_left_out(tmp_path: Path) -> None:
    """Of what is trained on only, and it is counted."""
    folder = squad_folder(tmp_path / "squad")
    whole = load(options("--data", str(folder)), TINY, CPU, 0)
    cut = load(options("--data", str(folder)), replace(TINY, passage=whole.length - 1), CPU, 0)
    assert (whole.left_out, whole.train_questions) == (0, 60)
    assert cut.left_out > 0
    assert cut.train_questions + cut.left_out == 60
    assert cut.held_out is not None
    assert len(cut.held_out.asked) == 15
    with pytest.raises(Refusal, match="has no question of up to 30 words on a passage of up to 5"):
        load(options("--data", str(folder)), replace(TINY, passage=5), CPU, 0)


def test_synthetic_is_one_batch_on_the_device() -> None:
    """The same tensors again and again, nothing held out; the seed decides them."""
    data = synthetic(TINY, CPU, options())
    batches = list(data.train)
    assert len(batches) == data.steps_per_epoch == 500
    assert all(batch is batches[0] for batch in batches)
    assert batches[0].read.passage.shape == (TINY.batch, TINY.passage)
    assert data.held_out is None
    other = next(iter(synthetic(TINY, CPU, options("--seed", "2")).train))
    assert not torch.equal(batches[0].read.passage, other.read.passage)
