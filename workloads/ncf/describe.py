"""What a run says of itself before it starts: to the viewer, and to MLPerf's log."""

from __future__ import annotations

from typing import Any

from workloads.common import facts as common
from workloads.common.marks import Marks
from workloads.common.precision import Precision
from workloads.ncf import recipe as numbers
from workloads.ncf.data import Data
from workloads.ncf.model import flop_per_sample

METRIC = "HR@10"


def facts(data: Data, precision: Precision, parameters: int, target: float | None) -> dict[str, Any]:
    """Fields of the About record."""
    return common.facts(
        data, precision, parameters, flop_per_sample(data.recipe.factors, data.recipe.layers), METRIC, target
    )


def hyper_parameters(marks: Marks, data: Data, replicas: int) -> None:
    """MLPerf's keys for Adam (mlperf_logging, mllog/constants.py); the checker has no rules for NCF."""
    marks.point("global_batch_size", data.recipe.batch * replicas)
    marks.point("opt_name", "adam")
    marks.point("opt_base_learning_rate", data.recipe.lr)
    marks.point("opt_adam_beta_1", numbers.BETAS[0])
    marks.point("opt_adam_beta_2", numbers.BETAS[1])
    marks.point("opt_adam_epsilon", numbers.EPSILON)
    marks.point("train_samples", data.train_samples)
    marks.point("eval_samples", data.held_out_users)


def headline(said: dict[str, Any], data: Data, *, compiled: str) -> str:
    """One line for people."""
    ranked = "" if data.held_out is None else f"; {METRIC} among {data.recipe.negatives} negatives"
    how = common.how(said, compiled=compiled)
    return (
        f"NCF {said['scale']}, {data.recipe.factors} factors, {said['parameters']:,} parameters, {how}, "
        f"batch {data.recipe.batch}, on {said['device']}; data: {said['data']}{ranked}"
    )
