"""Where the questions come from, all sources alike: batches to train on, passages to search, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from workloads.common.loader import for_evaluation, for_training
from workloads.common.options import Options, Refusal
from workloads.common.ranks import replicas
from workloads.common.repeated import Repeated
from workloads.common.say import say
from workloads.common.task import Batches
from workloads.dawn_drqa import glove, layout, squad
from workloads.dawn_drqa.examples import FEATURES, Batch, Example, Held, Read, Training, examples
from workloads.dawn_drqa.recipe import Recipe, fit
from workloads.dawn_drqa.squad import Passage
from workloads.dawn_drqa.templates import documents
from workloads.dawn_drqa.vocabulary import UNKNOWN, Numbering, forms, frequent, ranked

SYNTHETIC_STEPS = 500
"""Steps in what a run on synthetic data calls an epoch: it needs some end."""
SYNTHETIC_WORDS = 20_000

SEARCHED_AT_ONCE = 64
"""Questions in a batch of the evaluation."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Batches to be answered, and their questions in the same order."""

    batches: Iterable[Read]
    asked: Sequence[Example]


@dataclass(frozen=True, slots=True)
class Data:
    """A data set ready to train on. `held_out` is None where there is nothing to evaluate; `recipe` fits its size.

    `words` have a row each in the embedding, whose `vectors` (words, width) are given or learnt from scratch. A batch
    is padded to passages of `length` and questions of `asked` words. `left_out` of the questions were too long.
    """

    name: str
    words: int
    vectors: torch.Tensor | None
    length: int
    asked: int
    train: Batches[Batch]
    steps_per_epoch: int
    train_questions: int
    held_out: HeldOut | None
    recipe: Recipe
    batches_ahead: int = 0
    left_out: int = 0


def load(options: Options, recipe: Recipe, device: torch.device, workers: int) -> Data:
    """What `--data` names. Raises Refusal for a file that can't be read, or too little in it."""
    if options.data == "synthetic":
        return synthetic(recipe, device, options)
    if options.data == "templates":
        train, held = documents(recipe.passages, recipe.held_out, recipe.people)
        name = f"templates ({recipe.passages + recipe.held_out:,} passages, made from a fixed seed)"
        read = squad.parse(train, "templates"), squad.parse(held, "templates")
        return split(name, *read, None, options, recipe, device, workers)
    root = Path(options.data)
    read = squad.read(root / layout.TRAIN), squad.read(root / layout.DEV)
    return split(options.data, *read, layout.vectors(root), options, recipe, device, workers)


def split(
    name: str,
    train: Sequence[Passage],
    held: Sequence[Passage],
    vectors: Path | None,
    options: Options,
    recipe: Recipe,
    device: torch.device,
    workers: int,
) -> Data:
    """Questions to train on and held-out ones, loaded by `workers`."""
    number = Numbering()
    every, asked = examples(train, number), examples(held, number)
    kept = [one for one in every if len(one.passage) <= recipe.passage and len(one.question) <= recipe.question]
    if not kept:
        raise Refusal(f"{name} has no question of up to {recipe.question} words on a passage of up to {recipe.passage}")
    known, given = embeddings(kept, asked, number.words, vectors)
    fitted = fit(recipe if given is None else replace(recipe, embedding=glove.WIDTH), options, len(kept))
    numbers = forms(number.words, known)
    dataset = Training(kept, numbers)
    batches = for_training(dataset, fitted.batch, fitted.epochs, workers, device, options.seed, options.accumulate)
    # By length, so that a batch has little padding.
    asked.sort(key=lambda one: len(one.passage))
    searched = for_evaluation(Held(asked, numbers, SEARCHED_AT_ONCE), 1, workers, device, options.seed)
    return Data(
        name=name,
        words=UNKNOWN + 1 + len(known),
        vectors=given,
        length=dataset.length,
        asked=dataset.asked,
        train=batches,
        steps_per_epoch=batches.batches // options.accumulate,
        train_questions=len(kept),
        held_out=HeldOut(searched, asked),
        recipe=fitted,
        batches_ahead=batches.ahead,
        left_out=len(every) - len(kept),
    )


def embeddings(
    train: Sequence[Example], held: Sequence[Example], words: Sequence[str], vectors: Path | None
) -> tuple[list[str], torch.Tensor | None]:
    """The words with a row of their own, and the rows of all (padding and unknown first) where they are given.

    Given are those of a file of word vectors, for all words that have one there; without a file the words that the
    training text has more than once are learnt.
    """
    texts = [*train, *held]
    order = ranked((one.question for one in texts), _passages(texts), words)
    if vectors is None:
        often = frequent([*(one.question for one in train), *_passages(train)], words)
        return [word for word in order if word in often], None
    say(f"reading the vectors of {len(order):,} words from {vectors}")
    found = glove.read(vectors, set(order))
    known = [word for word in order if word in found]
    rows = [np.zeros(glove.WIDTH, np.float32)] * (UNKNOWN + 1) + [found[word] for word in known]
    return known, torch.from_numpy(np.stack(rows))


def _passages(some: Iterable[Example]) -> list[np.ndarray]:
    """The passage of each, once where several ask about it."""
    return list({id(one.passage): one.passage for one in some}.values())


def synthetic(recipe: Recipe, device: torch.device, options: Options) -> Data:
    """One batch of random words on the device, handed out over and over: nothing to learn."""
    dice = torch.Generator(device).manual_seed(options.seed)

    def numbers(low: int, high: int, *shape: int) -> torch.Tensor:
        return torch.randint(low, high, (recipe.batch, *shape), device=device, generator=dice)

    features = torch.rand(recipe.batch, recipe.passage, FEATURES, device=device, generator=dice)
    passage, question = (numbers(UNKNOWN, SYNTHETIC_WORDS, words) for words in (recipe.passage, recipe.question))
    first, last = numbers(0, recipe.passage), numbers(0, recipe.passage)
    batch = Batch(Read(passage, features, question), first, last)
    return Data(
        name="synthetic",
        words=SYNTHETIC_WORDS,
        vectors=None,
        length=recipe.passage,
        asked=recipe.question,
        train=Repeated(batch, SYNTHETIC_STEPS * options.accumulate),
        steps_per_epoch=SYNTHETIC_STEPS,
        train_questions=SYNTHETIC_STEPS * recipe.batch * replicas(options.accumulate),
        held_out=None,
        recipe=recipe,
    )
