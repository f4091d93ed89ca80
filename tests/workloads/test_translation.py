"""What the translation workloads share: the language pair, parallel text, the vocabulary, BLEU."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.translation_helpers import A, B, C
from workloads.common.options import Options, Refusal
from workloads.translation import lexicon, vocabulary
from workloads.translation.bleu import bleu
from workloads.translation.encoded import Sources
from workloads.translation.lexicon import Phrase, Word
from workloads.translation.parallel import count_lines, held_out, read, refuse_data, refuse_folder
from workloads.translation.pieces import END, PAD, START, UNKNOWN
from workloads.translation.vocabulary import Vocabulary, learn, learnt_once, until_end

TRAIN = [
    ("a small house", "ein kleines Haus"),
    ("the house is small", "das Haus ist klein"),
    ("a green tree", "ein grüner Baum"),
]


def parallel_text(root: Path, held: str = "newstest2014", train: list[lexicon.Pair] = TRAIN) -> Path:
    """The smallest folder that passes: three sentences to train on, or `train`, and the first of them held out."""
    for name, pairs in (("train", train), (held, train[:1])):
        for language, lines in zip(("en", "de"), zip(*pairs, strict=True), strict=True):
            (root / f"{name}.{language}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return root


def test_a_phrase_agrees() -> None:
    """The adjective moves behind its noun, and it and the article end by gender and number."""
    noun, adjective = Word("karor", "vuhok", 1), Word("siper", "mulam", 0)
    one, many = (Phrase("the", adjective, noun, plural) for plural in (False, True))
    assert (one.source, one.target) == ("the siper karor", "dir vuhok mulame")
    assert (many.source, many.target) == ("the siper karors", "din vuhoken mulamej")
    assert Phrase("a", None, noun, plural=False).target == "ir vuhok"


def test_the_language_is_the_same_for_every_run() -> None:
    """Whoever asks gets the same pairs, none of them twice, none of them on both sides."""
    train, held = lexicon.sentences()
    assert (train, held) == lexicon.sentences()
    assert (len(train), len(held)) == (lexicon.TRAIN, lexicon.HELD_OUT)
    assert len({*train, *held}) == lexicon.TRAIN + lexicon.HELD_OUT
    assert train[0] == ("the sekems rodem a karor.", "din vuhoken ir zymar jarykun.")


def test_every_word_held_out_is_learnt_from() -> None:
    """Sentences are new in the held-out part, words are not: else a perfect score couldn't be reached."""
    train, held = lexicon.sentences()
    known, asked = ({word for pair in part for word in " ".join(pair).split()} for part in (train, held))
    stems = {word.rstrip(".") for word in known}
    unknown = {word.rstrip(".") for word in asked} - stems
    assert len(unknown) <= 0.02 * len(asked), sorted(unknown)


def test_parallel_text_is_read(tmp_path: Path) -> None:
    """Line by line, side by side; newstest2014 goes before valid, either will do."""
    refuse_folder(parallel_text(tmp_path, "valid"))
    assert held_out(tmp_path) == "valid"
    assert read(tmp_path, "train") == TRAIN
    refuse_folder(parallel_text(tmp_path))
    assert held_out(tmp_path) == "newstest2014"


def _longer(root: Path) -> None:
    with (root / "train.en").open("a") as text:
        text.write("one more")


def _empty(root: Path) -> None:
    (root / "newstest2014.en").write_text("")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda root: (root / "train.de").unlink(), r"can't read .*/train\.de: No such file"),
        (lambda root: (root / "newstest2014.en").unlink(), r"can't read .*/newstest2014\.en: No such file"),
        (lambda root: [file.unlink() for file in root.glob("newstest*")], r"needs newstest2014\.en and \.de, or valid"),
        (_longer, r"train\.en has 4 lines and .*/train\.de has 3: they must have as many"),
        (_empty, r"newstest2014\.en is empty"),
    ],
)
def test_a_folder_is_refused(tmp_path: Path, spoil: Callable[[Path], object], says: str) -> None:
    """The sentence names exactly what is missing or unlike."""
    refuse_folder(parallel_text(tmp_path))
    spoil(tmp_path)
    with pytest.raises(Refusal, match=says):
        refuse_folder(tmp_path)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    """Latin-1 is told by its file and about the line, not by a traceback."""
    (parallel_text(tmp_path) / "train.de").write_bytes("ein Haus\nein B\xe4r\n".encode("latin-1") * 2)
    with pytest.raises(Refusal, match=r"train\.de isn't UTF-8"):
        read(tmp_path, "train")


def test_options_that_rule_each_other_out() -> None:
    """Synthetic data has no target, and a folder must be there; the embedded ones need nothing."""
    refuse_data(Options(data="lexicon", target=0.5))
    refuse_data(Options(data="synthetic"))
    with pytest.raises(Refusal, match="nothing to evaluate"):
        refuse_data(Options(data="synthetic", target=0.5))
    with pytest.raises(Refusal, match="no data folder nowhere"):
        refuse_data(Options(data="nowhere"))


@given(lines=st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))), ended=st.booleans())
def test_lines_are_counted_as_they_are_read(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], ended: bool
) -> None:
    """Whatever other ends of lines Unicode has: as many are counted before the run as are read in it."""
    root = tmp_path_factory.mktemp("text")
    for language in ("en", "de"):
        with (root / f"train.{language}").open("w", encoding="utf-8", newline="") as text:
            text.write("\n".join(lines) + "\n" * ended)
    pairs = read(root, "train")
    assert len(pairs) == count_lines(root / "train.en")
    assert [source for source, _ in pairs][: len(lines)] == [line.strip() for line in lines][: len(pairs)]


@pytest.fixture(scope="module")
def pieces() -> Vocabulary:
    """Of the first thousand sentences of the language pair."""
    return Vocabulary(learn(lexicon.sentences()[0][:1000], 400))


def test_the_vocabulary_reads_back_what_it_wrote(pieces: Vocabulary) -> None:
    """Both languages, new sentences too; no sentence holds a piece with a meaning of its own."""
    held = lexicon.sentences()[1][:50]
    assert len(pieces) == 400
    for side in zip(*held, strict=True):
        encoded = pieces.encode(side)
        assert pieces.decode(encoded) == list(side)
        assert min(min(ids) for ids in encoded) > UNKNOWN


def test_text_ends_where_the_model_ended_it(pieces: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind END is no translation, and padding is no text; without END all of it counts."""
    monkeypatch.setattr(vocabulary, "AT_ONCE", 2)
    [ids] = pieces.encode(["the house"])
    assert list(pieces.each(["the house"] * 3)) == [ids] * 3
    assert pieces.decode([[START, *ids, END, *ids, PAD], ids, [END]]) == ["the house", "the house", ""]
    assert until_end([5, END, 6]) == [5]


def test_a_text_may_have_fewer_pieces_than_asked(pieces: Vocabulary) -> None:
    """The reference's 33,708 can't be had of three sentences; five don't hold their letters."""
    assert UNKNOWN < len(Vocabulary(learn(TRAIN, 33_708))) < 200
    with pytest.raises(Refusal, match="can't learn 5 pieces"):
        learn(TRAIN, 5)


def test_a_vocabulary_is_learnt_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run takes it from the cache; a changed text, another size, or a cache that is no folder don't."""
    cache, learnt = tmp_path / "cache", []

    def counted(pairs: list[lexicon.Pair], size: int) -> bytes:
        learnt.append(size)
        return learn(pairs, size)

    monkeypatch.setattr(vocabulary, "learn", counted)
    monkeypatch.setattr(vocabulary, "user_cache_path", lambda _name: cache)
    files = [parallel_text(tmp_path) / f"train.{language}" for language in ("en", "de")]
    first = learnt_once(files, TRAIN, 60)
    assert learnt_once(files, TRAIN, 60) == first
    assert learnt == [60]
    learnt_once(files, TRAIN, 50)
    files[0].write_text("a small house\nthe house\nanother tree\n")
    learnt_once(files, TRAIN, 60)
    assert learnt == [60, 50, 60]
    assert not [file for file in cache.rglob("*") if file.is_file() and file.suffix != ".model"]
    cache = tmp_path / "train.en"
    assert Vocabulary(learnt_once(files, TRAIN, 60)).encode([""]) == [[]]


def test_held_out_sources_are_as_long_as_the_longest() -> None:
    """None is left out."""
    assert [ids.tolist() for ids in map(Sources([[A], [A, B, C]]).__getitem__, range(2))] == [
        [A, END, PAD, PAD],
        [A, B, C, END],
    ]


def test_bleu_by_hand() -> None:
    """One sentence of five words with one of them wrong at the end, and nothing too short.

    4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples are in the reference: BLEU is their geometric mean,
    (4/5 · 3/4 · 2/3 · 1/2)^¼ = 0.2^¼ (Papineni et al., 2002). Upper case makes no difference.
    """
    assert bleu(["The cat sat down there"], ["the cat sat down here"]) == pytest.approx(0.2**0.25)
    assert bleu(["a b c d"], ["a b c d e f"]) == pytest.approx(math.exp(1 - 6 / 4))
    assert bleu(["one two three four"], ["one two three four"]) == pytest.approx(1)
    assert bleu(["", ""], ["one two three four", "five six"]) == 0
