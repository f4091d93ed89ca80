"""A matrix product as DeepBench times it: C = A · B / k + C, through torch (cuBLAS on a GPU)."""

from __future__ import annotations

from functools import partial

import torch

from workloads.deepbench_gemm.problems import Gemm


def prepare(problem: Gemm, device: torch.device, kind: torch.dtype) -> partial[torch.Tensor]:
    """The matrices, of uniform numbers; alpha is 1/k and beta 1, as in DeepBench (code/nvidia/gemm_bench.cu)."""
    a = _matrix(problem.m, problem.k, device, kind, transposed=problem.layout[0] == "T")
    b = _matrix(problem.k, problem.n, device, kind, transposed=problem.layout[1] == "T")
    c = torch.zeros(problem.m, problem.n, device=device, dtype=kind)
    return partial(torch.addmm, c, a, b, alpha=1 / problem.k, out=c)


def _matrix(rows: int, columns: int, device: torch.device, kind: torch.dtype, *, transposed: bool) -> torch.Tensor:
    """(rows, columns); one that is transposed lies in memory column by column."""
    shape = (columns, rows) if transposed else (rows, columns)
    made = torch.rand(shape, device=device, dtype=kind)
    return made.T if transposed else made
