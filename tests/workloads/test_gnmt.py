"""The GNMT workload: its model, its rows and its numbers, in this process."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tests.workloads.translation_helpers import A, B, C
from workloads.common.options import Options, Refusal
from workloads.gnmt.both_ways import MORE, BothWays
from workloads.gnmt.cost import flop_per_token, lstms
from workloads.gnmt.model import GNMT, Attention, Source, parameters
from workloads.gnmt.recipe import REFERENCE, SCALES, TINY, Recipe
from workloads.gnmt.rows import Rows
from workloads.gnmt.schedule import Schedule
from workloads.translation.encoded import Sentences
from workloads.translation.pieces import END, PAD, START
from workloads.translation.recipe import choose, fit, with_batch

MICRO = replace(TINY, hidden=16, layers=3, vocabulary=40, length=8, batch=32)


def test_reference_is_mlperfs_gnmt() -> None:
    """160,671,297 numbers, by the sizes in mlcommons/training's seq2seq/models and a vocabulary padded to 32,320.

    A test of distributed optimisers for NVIDIA's apex lists those sizes, and this sum, as MLPerf's GNMT's. An LSTM has
    two biases, attention two matrices, two vectors and a scale, and logits come by a matrix with a bias.
    """
    h, vocabulary = 1024, 32_320
    narrow, wide = 4 * h * (h + h) + 8 * h, 4 * h * (2 * h + h) + 8 * h
    encoder, decoder = 2 * narrow + wide + 2 * narrow, narrow + 3 * wide
    attention = 2 * h * h + 2 * h + 1
    expected = vocabulary * h + encoder + decoder + attention + vocabulary * h + vocabulary
    with torch.device("meta"):
        assert parameters(GNMT(REFERENCE, REFERENCE.vocabulary)) == expected == 160_671_297


@pytest.mark.parametrize("recipe", SCALES.values(), ids=SCALES)
def test_the_flop_count(recipe: Recipe) -> None:
    """As torch's counter has it on the meta device, where it knows LSTMs: they are unrolled there.

    But for the products that padding is kept out by: the model has none of them.
    """
    with torch.device("meta"):
        model, ids = GNMT(recipe, 500).eval(), torch.zeros(1, recipe.length, dtype=torch.long)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(ids, ids)
    padding = 2 * 2 * 4 * recipe.hidden * MORE
    assert flop_per_token(recipe, 500) == 3 * (counter.get_total_flops() / recipe.length - padding)


def test_the_references_lstms_by_hand() -> None:
    """Encoder: twice 1024 to 1024, 2048 to 1024, twice 1024; decoder: 1024 to 1024 and three times 2048 to 1024."""
    multiply_adds = 4 * 1024 * (5 * (1024 + 1024) + 4 * (2048 + 1024))
    assert lstms(REFERENCE, 40) == 2 * multiply_adds


@pytest.fixture
def micro() -> GNMT:
    """A small model that doesn't drop anything."""
    torch.manual_seed(1)
    return GNMT(MICRO, 40).eval()


def test_the_first_layer_reads_both_ways_as_torchs_packed_sequences_do() -> None:
    """With the same weights: what it gives for each piece, and 0 for padding; and the gradients."""
    torch.manual_seed(1)
    ours, both = BothWays(6), nn.LSTM(6, 6, batch_first=True, bidirectional=True)
    both.load_state_dict(ours.state_dict())
    x, lengths = torch.randn(3, 5, 6), torch.tensor([5, 2, 3])
    seen = torch.arange(5) < lengths[:, None]
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected = nn.utils.rnn.pad_packed_sequence(both(packed)[0], batch_first=True)[0]
    found = ours(x, seen)
    assert torch.allclose(found, expected, atol=1e-6)
    weight = torch.randn_like(found)
    for made in (found, expected):
        (made * weight).sum().backward()
    for name, other in both.named_parameters():
        mine = ours.get_parameter(name)
        assert mine.grad is not None
        assert other.grad is not None
        assert torch.allclose(mine.grad, other.grad, atol=1e-5), name


def test_residual_connections_begin_at_the_third_layer(micro: GNMT) -> None:
    """With layers that give nothing, what the second one gave goes through the others as it is, on either side."""
    source, target = torch.tensor([[A, B, END]]), torch.tensor([[START, A]])
    stacks = list(micro.encoder.rest), list(micro.decoder.rest)
    second = [stack[0] for stack in stacks]
    for weight in chain.from_iterable(layer.parameters() for stack in stacks for layer in stack[1:]):
        nn.init.zeros_(weight)
    made: list[torch.Tensor] = []
    for layer in second:
        layer.register_forward_hook(lambda _layer, _inputs, out: made.append(out[0]))
    encoded = micro.encode(source)
    assert torch.equal(encoded.encoded, made[0])
    assert torch.equal(micro.decode(target, encoded).outputs, made[1])


def test_attention_by_hand() -> None:
    """Of two places, keys 0 and atanh 0.5 and no query: scores 0 and g · 0.5 = ln 3, so weights 1/4 and 3/4.

    The scale of v doesn't matter; the third place is padding and has no weight.
    """
    attention = Attention(1)
    with torch.no_grad():
        attention.query.weight.zero_()
        attention.query.bias.zero_()
        attention.score.fill_(7)
        attention.scale.fill_(2 * torch.tensor(3.0).log())
        keys = torch.tensor([[[0.0], [0.5], [9.0]]]).atanh().nan_to_num(9)
        encoded = torch.tensor([[[4.0], [8.0], [100.0]]])
        context, weights = attention(torch.ones(1, 1, 1), Source(encoded, keys, torch.tensor([[True, True, False]])))
    assert weights.flatten().tolist() == pytest.approx([0.25, 0.75, 0])
    assert context.item() == pytest.approx(7)


def test_padding_changes_nothing(micro: GNMT) -> None:
    """A pair's logits are the same alone and with padding behind both sides, beside a longer pair."""
    alone = micro(torch.tensor([[A, B, END]]), torch.tensor([[START, A]]))
    sources = torch.tensor([[A, B, END, PAD, PAD], [C, A, B, C, END]])
    beside = micro(sources, torch.tensor([[START, A, PAD], [START, B, C]]))
    assert torch.allclose(alone[0], beside[0, :2], atol=1e-6)


def test_the_decoder_sees_no_later_piece(micro: GNMT) -> None:
    """Another third piece changes the third position's logits and none before it; another source changes all."""
    source = torch.tensor([[A, B, END]])
    one, two = (micro(source, torch.tensor([[START, A, piece]])) for piece in (B, C))
    assert torch.equal(one[:, :2], two[:, :2])
    assert not torch.allclose(one[:, 2], two[:, 2])
    other = micro(torch.tensor([[B, B, END]]), torch.tensor([[START, A, B]]))
    assert not torch.allclose(one[:, 0], other[:, 0])


def test_a_state_goes_on_where_it_was(micro: GNMT) -> None:
    """Piece by piece the decoder gives what it gives for the whole sentence, and attends to the same places."""
    source, target = micro.encode(torch.tensor([[A, B, END]])), torch.tensor([[START, A, C]])
    whole = micro.decode(target, source)
    states = None
    for at in range(3):
        step = micro.decode(target[:, at : at + 1], source, states)
        states = step.states
        assert torch.allclose(step.outputs[:, 0], whole.outputs[:, at], atol=1e-6)
        assert torch.allclose(step.weights[:, 0], whole.weights[:, at], atol=1e-6)


def test_weights_begin_as_the_references() -> None:
    """Uniform up to 0.1 at its width, second biases and the attention's 0, its scale 1/√1024."""
    torch.manual_seed(1)
    model = GNMT(replace(REFERENCE, layers=2), 40)
    weights = dict(model.named_parameters())
    assert 0.0999 < model.embedding.weight.abs().max().item() <= 0.1
    assert 0.0999 < weights["encoder.first.weight_hh_l0"].abs().max().item() <= 0.1
    assert not weights["encoder.first.bias_hh_l0_reverse"].any()
    assert weights["encoder.first.bias_ih_l0"].any()
    assert not model.decoder.attention.query.bias.any()
    assert model.decoder.attention.scale.item() == 1 / 32


def test_a_row_is_a_pair() -> None:
    """END behind the source, START before the target, labels one ahead of it; long and empty pairs are left out."""
    sources = Sentences([[A, B], [C], [A] * 4, []])
    targets = Sentences([[B], [C, A, B], [A], [A]])
    rows = Rows(sources, targets, 4)
    assert (len(rows), rows.filled) == (2, (2 + 4) / 8)
    assert [part.tolist() for part in rows[0]] == [[A, B, END, PAD], [START, B, PAD, PAD], [B, END, PAD, PAD]]
    assert [part.tolist() for part in rows[1]] == [[C, END, PAD, PAD], [START, C, A, B], [C, A, B, END]]


def test_the_schedule() -> None:
    """1 % of the peak at first, the peak from step 200 on, halved at two thirds and each twelfth after, four times."""
    made = Schedule(1e-3, 200, 12_000)
    assert (made.remain, made.interval) == (7_992, 1_002)
    assert (made(0), made(100), made(200)) == pytest.approx((1e-5, 1e-4, 1e-3))
    assert (made(7_991), made(7_992), made(8_993), made(8_994)) == pytest.approx((1e-3, 5e-4, 5e-4, 2.5e-4))
    assert made(11_999) == made(20_000) == pytest.approx(1e-3 / 16)


def test_the_schedule_of_a_short_run() -> None:
    """The warm-up ends where the decay begins, and no interval is 0."""
    made = Schedule(1.0, 200, 10)
    assert (made.remain, made.interval) == (6, 1)
    assert made(3) == pytest.approx(0.1)
    assert [made(n) for n in (6, 7, 9)] == [0.5, 0.25, 1 / 16]
    assert Schedule(1.0, 200, 1)(0) == 0.5


def test_a_batch_is_whole_sentences() -> None:
    """Counted in target tokens; the rate stays. A row cut in pieces is refused, and a batch over all the text."""
    assert (with_batch(MICRO, 16).rows, with_batch(MICRO, 16).lr) == (2, MICRO.lr)
    with pytest.raises(Refusal, match="needs a multiple of 50, not 128"):
        choose(Options("folder", batch=128), "cuda", SCALES)
    assert fit(MICRO, Options("folder"), 3).batch == 3 * 8
    with pytest.raises(Refusal, match="a batch of 4 is more than the 3 sentences of the training text"):
        fit(MICRO, Options("folder", batch=32), 3)
    assert fit(MICRO, Options("folder", accumulate=2), 7).batch == 3 * 8
    with pytest.raises(Refusal, match="more than the 0 sentences"):
        fit(MICRO, Options("folder"), 0)
