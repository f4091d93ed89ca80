"""The document reader of DrQA, and its cost.

Chen et al., arXiv 1704.00051, section 3.2, with the sizes of hitvoice/DrQA (drqa/rnn_reader.py, drqa/layers.py). The
entry also fed tags of spaCy's, parts of speech and named entities; there is no tagger here, so they are left out.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import dropout, embedding, relu
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.flop_counter import FlopCounterMode

from workloads.common.recurrent import flop_per_step
from workloads.dawn_drqa.examples import FEATURES
from workloads.dawn_drqa.recipe import TUNED, Recipe
from workloads.dawn_drqa.vocabulary import PAD


class TunedEmbedding(nn.Module):
    """Ids (N, L) to vectors (N, L, width): given ones, of which the first are learnt on and all others stay."""

    fixed: torch.Tensor

    def __init__(self, vectors: torch.Tensor, learnt: int) -> None:
        super().__init__()
        self.tuned = nn.Embedding(learnt, vectors.shape[1], padding_idx=PAD, _weight=vectors[:learnt].clone())
        self.register_buffer("fixed", vectors[learnt:].clone())

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        learnt = self.tuned.num_embeddings
        fixed = embedding((ids - learnt).clamp(min=0), self.fixed)
        return torch.where((ids < learnt).unsqueeze(-1), self.tuned(ids.clamp(max=learnt - 1)), fixed)


class Encoder(nn.Module):
    """LSTMs on top of each other, the outputs of all side by side: (N, L, inputs) to (N, L, layers · 2 · hidden).

    In training they run over the padding too, as the entry's did: quicker, and nothing has to know a length. In
    evaluation they don't, so that an answer doesn't hang on what else is in the batch.
    """

    def __init__(self, inputs: int, recipe: Recipe) -> None:
        super().__init__()
        widths = [inputs] + [2 * recipe.hidden] * (recipe.layers - 1)
        self.layers = nn.ModuleList(nn.LSTM(width, recipe.hidden, bidirectional=True) for width in widths)
        self.dropout = recipe.dropout

    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        x, outputs = x.transpose(0, 1), []
        for layer in self.layers:
            x = dropout(x, self.dropout, self.training)
            x = layer(x)[0] if self.training else unpadded(layer, x, padding)
            outputs.append(x)
        return dropout(torch.cat(outputs, 2).transpose(0, 1), self.dropout, self.training)


class Reader(nn.Module):
    """Passages (N, L), their features (N, L, FEATURES) and questions (N, Q) to logits of first and last word (N, L).

    `vectors` (words, width) are given ones; without them all are learnt from scratch.
    """

    def __init__(self, recipe: Recipe, words: int, vectors: torch.Tensor | None = None) -> None:
        super().__init__()
        self.embedding = embed(recipe, words, vectors)
        self.align = nn.Linear(recipe.embedding, recipe.embedding)
        self.passage = Encoder(2 * recipe.embedding + FEATURES, recipe)
        self.question = Encoder(recipe.embedding, recipe)
        encoded = recipe.layers * 2 * recipe.hidden
        self.merge = nn.Linear(encoded, 1)
        self.start, self.end = nn.Linear(encoded, encoded), nn.Linear(encoded, encoded)
        self.dropout = recipe.dropout

    def forward(
        self, passage: torch.Tensor, features: torch.Tensor, question: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        nowhere, unasked = passage == PAD, question == PAD
        said, asked = (dropout(self.embedding(ids), self.dropout, self.training) for ids in (passage, question))
        aligned = self.aligned(said, asked, unasked)
        read = self.passage(torch.cat([said, features.to(said.dtype), aligned.to(said.dtype)], 2), nowhere)
        return self.scores(read, self.question(asked, unasked), nowhere, unasked)

    def aligned(self, said: torch.Tensor, asked: torch.Tensor, unasked: torch.Tensor) -> torch.Tensor:
        """For each word of the passage (N, L, E) the question's words (N, Q, E), weighed by how alike they are."""
        alike = relu(self.align(said)) @ relu(self.align(asked)).transpose(1, 2)
        return weights(alike, unasked[:, None]) @ asked

    def scores(
        self, read: torch.Tensor, asked: torch.Tensor, nowhere: torch.Tensor, unasked: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Encoded passage (N, L, H) and question (N, Q, H) to two logits of each word; -∞ in the padding."""
        merged = weights(self.merge(asked).transpose(1, 2), unasked[:, None]) @ asked
        first, last = (
            (read @ layer(merged).transpose(1, 2)).squeeze(2).float().masked_fill(nowhere, -torch.inf)
            for layer in (self.start, self.end)
        )
        return first, last


def embed(recipe: Recipe, words: int, vectors: torch.Tensor | None) -> nn.Module:
    """What gives each word its vector."""
    if vectors is None:
        return nn.Embedding(words, recipe.embedding, padding_idx=PAD)
    return TunedEmbedding(vectors, min(TUNED, words - 1))


def weights(scores: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """Scores (N, L, Q) to shares that add up to 1 over Q, none of them in the padding (N, 1, Q)."""
    return scores.masked_fill(padding, -torch.inf).softmax(2)


def unpadded(layer: nn.Module, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """An LSTM's outputs (L, N, …) over inputs (L, N, …) without their padding (N, L), where the outputs are 0."""
    lengths = (~padding).sum(1).cpu()
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    outputs: torch.Tensor = pad_packed_sequence(layer(packed)[0], total_length=len(x))[0]
    return outputs


def parameters(model: nn.Module) -> int:
    """How many numbers the model learns; given vectors that stay as they are don't count."""
    return sum(weight.numel() for weight in model.parameters())


def flop_per_question(recipe: Recipe, length: int, asked: int) -> float:
    """FLOP to train on a passage of `length` words and a question of `asked`, padding too.

    2 for each multiply-add of the forward pass, and twice as many again for backward. The LSTMs are by formula, the
    rest is as torch counts it.
    """
    recurrent = (length * flop_encoding(recipe, 2 * recipe.embedding + FEATURES)) + (
        asked * flop_encoding(recipe, recipe.embedding)
    )
    return 3.0 * (recurrent + _flop_besides(recipe, length, asked))


def flop_encoding(recipe: Recipe, inputs: int) -> float:
    """FLOP of one word forward through an encoder, in both directions."""
    widths = [inputs] + [2 * recipe.hidden] * (recipe.layers - 1)
    return sum(2 * flop_per_step("LSTM", width, recipe.hidden) for width in widths)


def _flop_besides(recipe: Recipe, length: int, asked: int) -> int:
    encoded = recipe.layers * 2 * recipe.hidden
    with torch.device("meta"):
        model = Reader(recipe, 2)
        nowhere, unasked = (torch.zeros(1, words, dtype=torch.bool) for words in (length, asked))
        said, question = (torch.empty(1, words, recipe.embedding) for words in (length, asked))
        read, heard = (torch.empty(1, words, encoded) for words in (length, asked))
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model.aligned(said, question, unasked)
        model.scores(read, heard, nowhere, unasked)
    flop: int = counter.get_total_flops()
    return flop
