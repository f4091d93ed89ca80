"""Where the batches come from: pairs of the text that `--data` names, one a row, or random pieces."""

from __future__ import annotations

import torch

from workloads.common.options import Options
from workloads.gnmt.recipe import Recipe
from workloads.gnmt.rows import Batch, Rows
from workloads.translation import text
from workloads.translation.data import Data, loaded, synthetic

EVALUATED_AT_ONCE = 128
"""MLPerf's (rnn_translator/pytorch/train.py)."""


def load(options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data[Batch, Recipe]:
    """What `--data` names. Raises Refusal when a batch is more than the text has, or the text can't be read."""
    if options.data == "synthetic":
        return synthetic(options, recipe, device, Batch)
    found = text.read(options.data, recipe.vocabulary)
    rows = Rows(*found.encoded(), recipe.length)
    return loaded(options, recipe, found, rows, EVALUATED_AT_ONCE, device, workers)
