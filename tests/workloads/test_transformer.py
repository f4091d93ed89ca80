"""The Transformer workload: its parts, in this process."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.translation_helpers import CPU, A, B, C, Likely, log_p
from workloads.common.options import Options, Refusal
from workloads.common.precision import resolve
from workloads.transformer.data import load
from workloads.transformer.model import Transformer, across, flop_per_token, parameters, waves
from workloads.transformer.packing import Batch, Packed, Rows, alone, one_a_row, pack, packed
from workloads.transformer.recipe import REFERENCE, SCALES, TINY, Recipe
from workloads.transformer.schedule import Schedule
from workloads.transformer.search import Beam, Next, greedy, penalty
from workloads.transformer.task import Translation
from workloads.transformer.translate import follow, translate
from workloads.translation.data import Data
from workloads.translation.encoded import Sentences
from workloads.translation.pieces import END, PAD, START
from workloads.translation.recipe import choose, fit, with_batch
from workloads.translation.vocabulary import until_end

MICRO = replace(TINY, hidden=16, filters=32, heads=2, layers=1, vocabulary=40, length=16, batch=64)


def test_reference_is_transformer_big() -> None:
    """210,804,736 numbers, by the sizes in mlcommons/training's model_params.py, TransformerBigParams.

    Attention is four matrices without biases, a feed-forward network two with biases, a normalisation two vectors;
    an encoder layer has one attention and two normalisations, a decoder layer two and three, each stack one more
    normalisation, and one matrix serves both embeddings and the logits.
    """
    hidden, filters, layers, vocabulary = 1024, 4096, 6, 33_708
    attention = 4 * hidden * hidden
    feed = hidden * filters + filters + filters * hidden + hidden
    norm = 2 * hidden
    encoder, decoder = attention + feed + 2 * norm, 2 * attention + feed + 3 * norm
    expected = vocabulary * hidden + layers * (encoder + decoder) + 2 * norm
    with torch.device("meta"):
        assert parameters(Transformer(REFERENCE, vocabulary)) == expected == 210_804_736


@pytest.mark.parametrize("recipe", SCALES.values(), ids=SCALES)
def test_the_flop_count_holds_attention_too(recipe: Recipe) -> None:
    """3 · 2 multiply-adds: each matrix once a position; scores and sums of attention with all positions of the row."""
    h, f, length = recipe.hidden, recipe.filters, recipe.length
    attention = 4 * h * h + 2 * length * h
    by_hand = recipe.layers * (3 * attention + 2 * 2 * h * f) + recipe.vocabulary * h
    assert flop_per_token(recipe, recipe.vocabulary) == 6 * by_hand


def test_only_the_embedding_makes_logits() -> None:
    """Shared weights: changing the embedding changes the logits of the same states."""
    model = Transformer(MICRO, 40)
    states = torch.ones(1, 16)
    before = model.logits(states)
    with torch.no_grad():
        model.embedding.weight.mul_(2)
    assert torch.allclose(model.logits(states), 2 * before)


def test_waves() -> None:
    """Position 0 is sines of 0 and cosines of 0; the fastest wave has length 2π, the slowest 10,000 · 2π."""
    made = waves(torch.tensor([[0, 1]]), 8)
    assert made[0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert made[0, 1, [0, 3, 4]].tolist() == pytest.approx([math.sin(1), math.sin(1e-4), math.cos(1)])


def row(*sentences: list[int], length: int = 16) -> Packed:
    """A batch of one row."""
    return Packed(*(part.unsqueeze(0) for part in packed(sentences, length)))


@pytest.fixture
def micro() -> Transformer:
    """A small model that doesn't drop anything."""
    torch.manual_seed(1)
    return Transformer(MICRO, 40).eval()


def test_a_row_of_two_is_as_each_alone(micro: Transformer) -> None:
    """What is packed beside a pair doesn't change its logits, and neither does the padding."""
    (one, two), (first, second) = ([A, B, END], [C, A, END]), ([START, C], [START, B, A])
    both = micro(row(one, two), row(first, second))
    apart = micro(alone(torch.tensor([one])), alone(torch.tensor([first])))
    other = micro(row(two), row(second))
    assert torch.allclose(both[0, :2], apart[0], atol=1e-5)
    assert torch.allclose(both[0, 2:5], other[0, :3], atol=1e-5)
    assert bool(both.isfinite().all())


def test_padding_has_something_to_look_at(micro: Transformer) -> None:
    """Also where the source has no padding: it looks anywhere, and what is no padding to its own segment only."""
    mask = across(torch.tensor([[1, 2, 0]]), torch.tensor([[1, 1, 2]]))
    assert mask.tolist() == [[[[True, True, False], [False, False, True], [True, True, True]]]]
    assert bool(micro(row([A] * 16), row([START, B])).isfinite().all())


def test_the_decoder_sees_no_later_piece(micro: Transformer) -> None:
    """Another third piece changes the third position's logits and none before it; another source changes all."""
    source = alone(torch.tensor([[A, B, END]]))
    one, two = (micro(source, alone(torch.tensor([[START, A, piece]]))) for piece in (B, C))
    assert torch.equal(one[:, :2], two[:, :2])
    assert not torch.allclose(one[:, 2], two[:, 2])
    other = micro(alone(torch.tensor([[B, B, END]])), alone(torch.tensor([[START, A, B]])))
    assert not torch.allclose(one[:, 0], other[:, 0])


@given(st.lists(st.tuples(st.integers(1, 10), st.integers(1, 10)), max_size=40))
def test_packing(taken: list[tuple[int, int]]) -> None:
    """Each pair is in one row, in order, no row is too long on either side, and none could take its successor's."""
    rows = pack(range(len(taken)), taken, 10)
    assert [index for packed_row in rows for index in packed_row] == list(range(len(taken)))
    sums = [[sum(taken[index][side] for index in packed_row) for side in (0, 1)] for packed_row in rows]
    assert all(max(each) <= 10 for each in sums)
    firsts = [taken[packed_row[0]] for packed_row in rows[1:]]
    assert all(max(a + b for a, b in zip(each, first, strict=True)) > 10 for each, first in zip(sums, firsts))  # noqa: B905


def test_a_row_as_the_model_takes_it() -> None:
    """END behind the source, START before the target, labels one ahead of it; long and empty pairs are left out."""
    sources = Sentences([[A, B], [C], [A] * 8, []])
    targets = Sentences([[B], [C, A, B], [A], [A]])
    rows = Rows(sources, targets, 8, seed=1)
    assert (len(rows), rows.pairs, rows.filled) == (1, 2, 6 / 8)
    source, out, labels = rows[0]
    first = 0 if source.ids[0] == A else 1
    assert [sources[first], targets[first]] == [source.ids[: 2 - first].tolist(), labels[: 1 + 2 * first].tolist()]
    both = [[A, B, END, C, END, PAD, PAD, PAD], [START, B, START, C, A, B, PAD, PAD], [B, END, C, A, B, END, PAD, PAD]]
    if first == 0:
        assert [source.ids.tolist(), out.ids.tolist(), labels.tolist()] == both
        assert out.segments.tolist() == [1, 1, 2, 2, 2, 2, 0, 0]
        assert out.positions.tolist() == [0, 1, 0, 1, 2, 3, 0, 0]


def test_a_row_of_a_single_pair() -> None:
    """All that isn't padding is one segment, on either side."""
    source, target = torch.tensor([[A, B, END]]), torch.tensor([[START, C, PAD]])
    batch = one_a_row(source, target, torch.tensor([[C, END, PAD]]))
    assert [batch.source.segments.tolist(), batch.target.segments.tolist()] == [[[1, 1, 1]], [[1, 1, 0]]]
    assert batch.source.positions.tolist() == batch.target.positions.tolist() == [[0, 1, 2]]
    assert (batch.source.ids is source, batch.labels.tolist()) == (True, [[C, END, PAD]])


def chain(*table: Likely) -> Next:
    """A model whose next piece depends on the last one only; what isn't said is impossible."""
    likely = log_p(table)
    return lambda ids: likely[ids[:, -1]]


TRAP = chain((START, {A: 0.6, B: 0.4}), (A, {END: 0.3, A: 0.35, C: 0.35}), (B, {END: 0.9, C: 0.1}), (C, {C: 1.0}))
"""Greedily A first, and then into the thicket; B END is the likeliest whole sentence: 0.36 against 0.18 for A END."""


def test_greedy_takes_the_likeliest_piece() -> None:
    """It falls into the trap and never gets out; without it, it ends at END."""
    assert greedy(TRAP, 1, 4, CPU).tolist()[0][:2] == [A, A]
    assert greedy(chain((START, {A: 1.0}), (A, {END: 0.8, A: 0.2})), 2, 9, CPU).tolist() == [[A, END]] * 2


def test_beam_search_takes_the_likeliest_sentence() -> None:
    """For each sentence of a batch; three pieces for one can't push out another's."""
    assert Beam(2, 2, 0.6, 5, CPU).search(TRAP).tolist() == [[B, END, PAD, PAD, PAD]] * 2


def test_the_length_penalty_weighs_a_longer_one() -> None:
    """A END has 0.5, A B C END 0.4: without a penalty the short one wins, with 0.6 the long one.

    log 0.5 / (7/6)^0.6 = -0.632 and log 0.4 / (9/6)^0.6 = -0.718; at alpha 1, -0.594 and -0.611; at 2, -0.509 and
    -0.407: so the turn is between 1 and 2.
    """
    following = chain((START, {A: 1.0}), (A, {END: 0.5, B: 0.4, A: 0.1}), (B, {C: 1.0}), (C, {END: 1.0}))
    assert penalty(1, 0.6) == 1
    assert penalty(4, 0.6) == pytest.approx(1.5**0.6)
    short, long = [A, END, PAD, PAD, PAD], [A, B, C, END, PAD]
    found = {alpha: Beam(1, 3, alpha, 5, CPU).search(following).tolist()[0] for alpha in (0.0, 0.6, 1.0, 2.0)}
    assert found == {0.0: short, 0.6: short, 1.0: short, 2.0: long}


def test_a_sentence_without_end_is_still_a_translation() -> None:
    """At the longest length the likeliest unfinished one is given."""
    assert Beam(1, 2, 0.6, 3, CPU).search(chain((START, {A: 1.0}), (A, {A: 1.0}))).tolist() == [[A, A, A]]


def test_a_translation_depends_on_its_own_source(micro: Transformer) -> None:
    """Each source stands `beams` times, in the order that beam search asks in."""
    sources = torch.tensor([[A, END], [B, END]])
    said = follow(micro, sources, 2)(torch.full((4, 1), START))
    assert torch.equal(said[0], said[1])
    assert torch.equal(said[2], said[3])
    assert not torch.allclose(said[0], said[2])
    assert said.exp().sum(1).tolist() == pytest.approx([1] * 4)


@pytest.mark.parametrize("beams", [1, 3])
def test_sentences_of_a_batch_are_translated_apart(micro: Transformer, beams: int) -> None:
    """By the real model, greedily and by beam search: each as if it were alone; padding behind all is cut off."""
    recipe = replace(MICRO, beams=beams)
    sources = torch.tensor([[A, C, END, PAD], [B, B, END, PAD]])
    both = translate(micro, sources, recipe)
    alone_too = [translate(micro, source[None, :3], recipe) for source in sources]
    assert both.shape[1] <= 3 + recipe.extra
    for together, apart in zip(both.tolist(), alone_too, strict=True):
        assert until_end(together)[: apart.shape[1]] == until_end(apart.tolist()[0])


@given(peak=st.floats(1e-5, 1), warmup=st.integers(1, 20_000), n=st.integers(0, 100_000))
def test_the_schedule(peak: float, warmup: int, n: int) -> None:
    """Up in a line, down with the inverse root, at its peak where they meet."""
    made = Schedule(peak, warmup)
    assert made(warmup - 1) == pytest.approx(peak)
    assert 0 < made(n) <= peak * 1.000001
    assert made(4 * warmup - 1) == pytest.approx(peak / 2)
    assert made(0) == pytest.approx(peak / warmup)


def test_the_references_rate() -> None:
    """2 · hidden^-½ · n^-½ from step 16,000 on (mlcommons/training, model_params.py, get_learning_rate)."""
    made = Schedule(REFERENCE.lr, REFERENCE.warmup)
    assert made(64_000 - 1) == pytest.approx(2 * 1024**-0.5 * 64_000**-0.5)


def test_a_batch_is_whole_rows() -> None:
    """Counted in target tokens; the rate stays. A row cut in pieces is refused, and a batch over all the text."""
    assert (with_batch(TINY, 128).rows, with_batch(TINY, 128).lr) == (2, TINY.lr)
    with pytest.raises(Refusal, match="needs a multiple of 64, not 100"):
        choose(Options("lexicon", batch=100), "cpu", SCALES)
    assert fit(TINY, Options("folder"), 3).batch == 3 * 64
    with pytest.raises(Refusal, match="a batch of 512 is more than the 192 tokens of the training text"):
        fit(TINY, Options("folder", batch=512), 3)
    with pytest.raises(Refusal, match="more than the 0 tokens of the training text"):
        fit(TINY, Options("folder"), 0)


@pytest.fixture(scope="module")
def lexicon() -> Data[Batch, Recipe]:
    """The embedded language pair for the smallest model."""
    return load(Options("lexicon"), replace(MICRO, vocabulary=400, length=64, batch=128), CPU, 0)


def test_packing_leaves_little_padding(lexicon: Data[Batch, Recipe]) -> None:
    """Sentences of the lexicon have a dozen pieces or two, a row 64 positions."""
    assert lexicon.filled > 0.8


def test_what_it_says_of_itself(lexicon: Data[Batch, Recipe]) -> None:
    """The headline names the scale's own size and how it translates; BLEU is for people from 0 to 100."""
    task = Translation(lexicon, resolve("fp32", CPU), 0.8)
    said = task.headline(compiled="")
    assert said.startswith("Transformer tiny, 1+1 layers of 16, 400 pieces, ")
    assert ", fp32, batch 128 tokens (" in said
    assert "% filled), greedy, on CPU" in said
    assert ", fp32, compiled, batch 128 tokens" in task.headline(compiled="compiled")
    assert (task.said(0.2514), task.words) == ("BLEU 25.1", "13a")
    assert (task.unit, task.batch, task.facts()["metric"]) == ("tokens/s", 128, "BLEU")
