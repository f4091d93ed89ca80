"""The numbers of a run: what each scale trains with, and how the options change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workloads.common import scales
from workloads.common.options import Options, Refusal
from workloads.common.ranks import of_step, replicas

TUNED = 1002
"""Given word vectors that are learnt on: padding, unknown, and the 1,000 words most asked (train.py, tune_partial)."""

CLIP_NORM = 10.0
BETAS = (0.9, 0.999)
EPSILON = 1e-8
LONGEST_ANSWER = 15
"""In words. All of it from hitvoice/DrQA (train.py, drqa/model.py) and torch.optim.Adamax, whose defaults it takes."""

TEMPLATES_TARGET = 0.90
SQUAD_TARGET = 0.75
"""F1 as a share. On the templates (three people a passage) it would be 0.07 for the passage's first words in capitals,
and 0.02 to 0.06 untrained. On SQuAD DAWNBench's entries of DrQA stop at the first epoch with 0.75 (dawn-bench-entries,
SQuAD/train/dawn_drqa_*.tsv); the README there asks for 0.73, which is `--target 0.73`."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`hidden` is an LSTM's width in each direction, `layers` those of either encoder, `dropout` the rate of all.

    A passage and a question to train on have at most `passage` and `question` words; `batch` is in questions. Of the
    embedded data there are `passages`, each about so many `people`, and `held_out` others. The rate is constant.
    """

    scale: str
    embedding: int
    hidden: int
    layers: int
    dropout: float
    batch: int
    lr: float
    epochs: int
    passage: int
    question: int
    passages: int
    held_out: int
    people: int


TINY = Recipe("tiny", 48, 32, 3, 0.2, 32, 2e-3, 20, 150, 30, 1_500, 100, 3)
"""For two CPU cores: a quarter of the hidden width, a sixth of the embeddings', and half the dropout."""

SMALL = Recipe("small", 100, 64, 3, 0.2, 64, 2e-3, 20, 300, 40, 10_000, 500, 5)
"""Half the hidden width, for the templates on a GPU."""

REFERENCE = Recipe("reference", 300, 128, 3, 0.4, 128, 2e-3, 40, 400, 40, 30_000, 1_000, 8)
"""The entry's (hitvoice/DrQA, train.py; batch and epochs: dawnbench.md). The rate is that of Adamax in the code; the
entry's JSON says 0.001. The longest passage and question are ours: the entry left none out, and padded each batch to
its longest."""

SCALES = {recipe.scale: recipe for recipe in (TINY, SMALL, REFERENCE)}
EMBEDDED = "templates"


def choose(options: Options, kind: str) -> Recipe:
    """The recipe for a device of this `kind` (cpu, cuda): its scale's, with what the options change."""
    recipe = scales.at_scale(options, kind, SCALES, EMBEDDED)
    return recipe if options.batch is None else replace(recipe, batch=options.batch)


def fit(recipe: Recipe, options: Options, questions: int) -> Recipe:
    """The same recipe for so many questions to train on. Raises Refusal when the batch asked for is more than that."""
    together = replicas(options.accumulate)
    if recipe.batch * together <= questions:
        return recipe
    if options.batch is not None or questions < together:
        raise Refusal(f"{of_step(recipe.batch, together)} is more than the {questions:,} questions to train on")
    return replace(recipe, batch=questions // together)


def target(options: Options) -> float | None:
    """The F1 at which a run is done; None for synthetic data, which has nothing to learn."""
    return scales.target(options, EMBEDDED, TEMPLATES_TARGET, SQUAD_TARGET)
