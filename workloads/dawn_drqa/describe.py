"""What a run says of itself before it starts: to the viewer, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common import facts as common
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.dawn_drqa import recipe as numbers
from workloads.dawn_drqa.data import Data
from workloads.dawn_drqa.model import flop_per_question

METRIC = "F1"


def facts(data: Data, precision: Precision, parameters: int, target: float | None) -> dict[str, Any]:
    """Fields of the About record."""
    flop = flop_per_question(data.recipe, data.length, data.asked)
    return common.facts(data, precision, parameters, flop, METRIC, target)


def hyper_parameters(marks: Marks, data: Data, replicas: int) -> None:
    """MLPerf's keys, as far as it has them (mlperf_logging, mllog/constants.py): DrQA is DAWNBench's, not MLPerf's.

    Adamax' betas and epsilon go by Adam's keys, as they mean the same.
    """
    marks.point("global_batch_size", data.recipe.batch * replicas)
    marks.point("opt_name", "adamax")
    marks.point("opt_base_learning_rate", data.recipe.lr)
    marks.point("opt_adam_beta_1", numbers.BETAS[0])
    marks.point("opt_adam_beta_2", numbers.BETAS[1])
    marks.point("opt_adam_epsilon", numbers.EPSILON)
    marks.point("opt_gradient_clip_norm", numbers.CLIP_NORM)
    marks.point("max_sequence_length", data.length, method="discard")
    marks.point("train_samples", data.train_questions)
    marks.point("eval_samples", 0 if data.held_out is None else len(data.held_out.asked))


def headline(said: dict[str, Any], data: Data, *, compiled: str, caveat: str = "") -> str:
    """One line for people; how far this is from the entry's model, too."""
    recipe = data.recipe
    how = common.how(said, compiled=compiled, caveat=caveat)
    return (
        f"DrQA {said['scale']}, {recipe.layers} LSTM layers of 2 × {recipe.hidden}, {data.words:,} words, "
        f"{said['parameters']:,} parameters, {how}, batch {recipe.batch}, on {said['device']}; "
        f"no POS or NER tags; {embeddings(data)}; data: {said['data']}{left_out(data)}"
    )


def embeddings(data: Data) -> str:
    """Where the word vectors come from."""
    if data.vectors is None:
        return f"embeddings of {data.recipe.embedding} from scratch, not GloVe's"
    return f"GloVe's embeddings of {data.recipe.embedding}, the first {numbers.TUNED:,} tuned"


def left_out(data: Data) -> str:
    """How many questions aren't trained on."""
    if not data.left_out:
        return ""
    recipe = data.recipe
    return f", {data.left_out:,} questions over {recipe.question} words or on passages over {recipe.passage} left out"
