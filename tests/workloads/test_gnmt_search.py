"""The GNMT workload: from a model of the next piece to translations and their score, in this process."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from tests.workloads.translation_helpers import CPU, A, B, C, Likely, log_p
from workloads.common.lstm import State
from workloads.common.options import Options
from workloads.common.precision import resolve
from workloads.gnmt.data import load
from workloads.gnmt.model import GNMT
from workloads.gnmt.recipe import TINY, Recipe
from workloads.gnmt.rows import Batch
from workloads.gnmt.search import Beam, Next, Step, coverage, length_penalty
from workloads.gnmt.task import Translation
from workloads.gnmt.translate import translate
from workloads.translation.data import Data
from workloads.translation.pieces import END, PAD, START
from workloads.translation.vocabulary import until_end

MICRO = replace(TINY, hidden=16, layers=2, vocabulary=40, length=8, batch=32)


def chain(*table: Likely, looks: dict[int, int] | None = None) -> Next:
    """A model whose next piece depends on the last one only; what isn't said is impossible.

    Its state is how many pieces it has had. It looks at the place that `looks` has for the last piece, else at 0.
    """
    likely = log_p(table)

    def following(last: torch.Tensor, states: list[State] | None) -> Step:
        had = torch.zeros(1, len(last), 1) if states is None else states[0][0]
        weights = torch.zeros(len(last), 2)
        for row, piece in enumerate(last.tolist()):
            weights[row, (looks or {}).get(piece, 0)] = 1
        return Step(likely[last], weights, [(had + 1, had)])

    return following


TRAP = chain((START, {A: 0.6, B: 0.4}), (A, {END: 0.3, A: 0.36, C: 0.34}), (B, {END: 0.9, C: 0.1}), (C, {C: 1.0}))
"""Greedily A first, and then into the thicket; B END is the likeliest whole sentence: 0.36 against 0.18 for A END."""


def test_one_beam_is_greedy() -> None:
    """It falls into the trap and never gets out; without it, it ends at END, and each sentence by itself."""
    assert Beam(1, 1, 4, 2, CPU).search(TRAP).tolist() == [[A, A, A, A]]
    assert Beam(2, 1, 9, 2, CPU).search(chain((START, {A: 1.0}), (A, {END: 0.8, A: 0.2}))).tolist() == [[A, END]] * 2


def test_beam_search_takes_the_likeliest_sentence() -> None:
    """For each sentence of a batch; what has ended stays in the beam while another goes on."""
    assert Beam(2, 3, 5, 2, CPU).search(TRAP)[:, :3].tolist() == [[B, END, PAD]] * 2


def test_the_length_penalty_weighs_a_longer_one() -> None:
    """A END at 0.5 against A B C END at 0.46: log 0.5 / (7/6)^0.6 = -0.632, log 0.46 / (9/6)^0.6 = -0.609."""
    assert length_penalty(torch.tensor([1.0, 2, 4])).tolist() == pytest.approx([1, (7 / 6) ** 0.6, 1.5**0.6])
    following = chain((START, {A: 1.0}), (A, {END: 0.5, B: 0.46, A: 0.04}), (B, {C: 1.0}), (C, {END: 1.0}))
    assert Beam(1, 3, 6, 1, CPU).search(widened(following, 1))[0, :4].tolist() == [A, B, C, END]
    following = chain((START, {A: 1.0}), (A, {END: 0.5, B: 0.4, A: 0.1}), (B, {C: 1.0}), (C, {END: 1.0}))
    assert Beam(1, 3, 6, 1, CPU).search(widened(following, 1))[0, :2].tolist() == [A, END]


def widened(following: Next, places: int) -> Next:
    """The same with attention over so many places, all on the first."""

    def same(last: torch.Tensor, states: list[State] | None) -> Step:
        step = following(last, states)
        return step._replace(weights=step.weights[:, :places])

    return same


def test_coverage_by_hand() -> None:
    """log min(1, sum) by place: 0 for what was seen once or more, log 0.5 for half; padding, never seen, counts 0."""
    assert coverage(torch.tensor([[1.0, 3.0, 0.0], [0.5, 0.25, 0.0]])).tolist() == pytest.approx([0, math.log(0.125)])


def test_the_coverage_penalty_prefers_what_looks_at_all() -> None:
    """A END and B END are nearly alike; who looked at the second place only a little loses by 0.1 · log of that."""
    shares: dict[int, list[float]] = {START: [0.5, 0.01], A: [0.5, 0.0], B: [0.5, 0.99]}
    plain = chain((START, {A: 0.51, B: 0.49}), (A, {END: 1.0}), (B, {END: 1.0}))

    def following(last: torch.Tensor, states: list[State] | None) -> Step:
        return plain(last, states)._replace(
            weights=torch.tensor([shares.get(piece, [0, 0]) for piece in last.tolist()])
        )

    beam = Beam(1, 2, 5, 2, CPU)
    assert beam.search(following).tolist() == [[B, END]]
    length = (7 / 6) ** 0.6
    expected = [math.log(0.51) / length + 0.1 * math.log(0.01), math.log(0.49) / length]
    assert beam.scores()[0].tolist() == pytest.approx(expected)


def test_states_follow_their_translation() -> None:
    """The translation that overtakes takes its own state along: the model sees the state behind its own pieces."""
    seen: list[tuple[int, float]] = []
    plain = chain((START, {A: 0.6, B: 0.4}), (A, {A: 0.1, C: 0.1}), (B, {C: 1.0}), (C, {END: 1.0}))

    def following(last: torch.Tensor, states: list[State] | None) -> Step:
        sums = torch.zeros(1, len(last), 1) if states is None else states[0][0]
        seen.extend(zip(last.tolist(), sums.flatten().tolist(), strict=True))
        after = sums + last[None, :, None]
        return plain(last, None)._replace(states=[(after, after)])

    Beam(1, 2, 3, 2, CPU).search(following)
    assert seen[2:6] == [(A, START), (B, START), (C, START + B), (A, START + A)]


def test_a_sentence_without_end_is_still_a_translation() -> None:
    """At the longest length the likeliest unfinished one is given; an ended one would win."""
    assert Beam(1, 2, 3, 2, CPU).search(chain((START, {A: 1.0}), (A, {A: 1.0}))).tolist() == [[A, A, A]]
    ends = chain((START, {A: 1.0}), (A, {A: 0.9, END: 0.1}))
    assert Beam(1, 2, 3, 2, CPU).search(ends).tolist()[0][-1] in {END, PAD}


@pytest.fixture
def micro() -> GNMT:
    """A small model that doesn't drop anything."""
    torch.manual_seed(1)
    return GNMT(MICRO, 40).eval()


@pytest.mark.parametrize("beams", [1, 3])
def test_sentences_of_a_batch_are_translated_apart(micro: GNMT, beams: int) -> None:
    """By the real model, greedily and by beam search: each as if it were alone; padding behind all is cut off."""
    recipe = replace(MICRO, beams=beams)
    sources = torch.tensor([[A, C, END, PAD], [B, END, PAD, PAD]])
    both = translate(micro, sources, recipe)
    assert both.shape[1] <= 3 + recipe.extra
    for source, together in zip(sources, both.tolist(), strict=True):
        alone = translate(micro, source[None], recipe)[0].tolist()
        shorter = min(len(until_end(together)), len(until_end(alone)))
        assert until_end(together)[:shorter] == until_end(alone)[:shorter]


@pytest.fixture(scope="module")
def lexicon() -> Data[Batch, Recipe]:
    """The embedded language pair for the smallest model."""
    return load(Options("lexicon"), replace(MICRO, vocabulary=400, length=40, batch=80), CPU, 0)


def test_what_it_says_of_itself(lexicon: Data[Batch, Recipe]) -> None:
    """The headline names the scale's own size and how it translates; BLEU is for people from 0 to 100."""
    task = Translation(lexicon, resolve("fp32", CPU), 0.8)
    said = task.headline(compiled="")
    assert said.startswith("GNMT tiny, 2+2 LSTM layers of 16, 400 pieces, ")
    assert ", fp32, batch 80 tokens (2 sentences, " in said
    assert "% filled), loss by the sentence, greedy, on CPU" in said
    assert (task.said(0.2414), task.words) == ("BLEU 24.1", "intl")
    assert (task.unit, task.batch, task.facts()["metric"], task.clip_norm) == ("tokens/s", 80, "BLEU", 5.0)


def test_the_loss_is_a_sentences(lexicon: Data[Batch, Recipe]) -> None:
    """Labels that a model without opinion sees cost ln V each, smoothed or not; padding costs nothing."""
    task = Translation(lexicon, resolve("fp32", CPU), None)
    batch = next(iter(lexicon.train))
    flat = torch.zeros(*batch.labels.shape, lexicon.vocabulary)
    pieces = int((batch.labels != PAD).sum())
    loss = task.loss(lambda _source, _target: flat, batch)
    assert float(loss) == pytest.approx(pieces / 2 * math.log(lexicon.vocabulary), rel=1e-5)
