"""What every translator's run says of itself in the same words."""

from __future__ import annotations

from typing import Any

from workloads.common.marks import Marks
from workloads.translation.data import Data
from workloads.translation.recipe import Recipe

METRIC = "BLEU"


def search(recipe: Recipe) -> str:
    """How it is translated, for people."""
    return "greedy" if recipe.beams == 1 else f"beam search {recipe.beams}"


def sizes(marks: Marks, data: Data[Any, Any]) -> None:
    """MLPerf's keys for the text: sentences over the longest length are left out."""
    marks.point("max_sequence_length", data.recipe.length, method="discard")
    marks.point("train_samples", data.train_pairs)
    marks.point("eval_samples", data.held_out_pairs)
