"""Where the batches come from: packed pairs of the text that `--data` names, or random pieces."""

from __future__ import annotations

import torch

from workloads.common.options import Options
from workloads.transformer.packing import Batch, Rows, one_a_row
from workloads.transformer.recipe import Recipe
from workloads.translation import text
from workloads.translation.data import Data, loaded, synthetic

EVALUATED_AT_ONCE = 64


def load(options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data[Batch, Recipe]:
    """What `--data` names. Raises Refusal when a batch is more than the text has, or the text can't be read."""
    if options.data == "synthetic":
        return synthetic(options, recipe, device, one_a_row)
    found = text.read(options.data, recipe.vocabulary)
    rows = Rows(*found.encoded(), recipe.length, options.seed)
    return loaded(options, recipe, found, rows, EVALUATED_AT_ONCE, device, workers)
