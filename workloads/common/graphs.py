"""CUDA graphs: the kernels of a part's training, forward and backward, recorded once and launched by one call each.

Where a model has many small kernels the host can't launch them as fast as a GPU runs them. A graph is launched at once,
but runs on the same memory and with the same shapes each time: it is recorded where batches have one shape, and what
has another one, or isn't training, runs as it always does. torch.cuda.make_graphed_callables does the recording.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils._pytree import tree_leaves, tree_map

from workloads.common.options import Options
from workloads.common.precision import Precision
from workloads.common.say import say

CALLED = "CUDA graphs"
"""In a headline."""

WITHOUT = (None, "default", "max-autotune-no-cudagraphs")
"""The modes of compiling that make no graphs themselves."""

# Recording has a stream of its own and is the first to use autograd's thread: torch warns of both, and both are meant.
warnings.filterwarnings("ignore", "The AccumulateGrad node's stream does not match")
warnings.filterwarnings("ignore", "Attempting to run cuBLAS, but there was no current CUDA context")


class Part(NamedTuple):
    """A module, and arguments as training gives them: tensors, or tuples of some."""

    module: nn.Module
    like: tuple[Any, ...]


def wanted(options: Options, device: torch.device, world: int) -> bool:
    """Whether graphs are safe for such a run, and not switched off.

    Several processes send gradients while others are still computed, which a graph of all of them can't. Gradients that
    accumulate would lie in the memory that the next batch's are written to.
    """
    alone = device.type == "cuda" and world == 1 and options.accumulate == 1
    return alone and options.cuda_graphs == "auto" and not options.deterministic and options.compile_mode in WITHOUT


def record(part: Part, precision: Precision) -> bool:
    """Have the part's training launched as graphs from now on; whether that could be done. If not, it says why."""
    plain = part.module.forward
    try:
        with torch.cuda.device(precision.device), _cast(precision):
            torch.cuda.make_graphed_callables(part.module, tree_map(own, part.like), allow_unused_input=True)
    except RuntimeError as error:
        say(f"no CUDA graphs: {str(error).partition(chr(10))[0]}; kernels are launched one by one")
        return False
    part.module.forward = choice(part, plain, part.module.forward)
    return True


def choice(part: Part, plain: Callable[..., Any], recorded: Callable[..., Any]) -> Callable[..., Any]:
    """`recorded` for training on arguments shaped like the part's own, else `plain`."""
    shapes = _shapes(part.like)

    def forward(*given: Any) -> Any:
        fits = part.module.training and torch.is_grad_enabled() and _shapes(given) == shapes
        return (recorded if fits else plain)(*given)

    made: Callable[..., Any] = torch.compiler.disable(forward)  # type: ignore[no-untyped-call]
    return made


def own(given: Any) -> Any:
    """A tensor in memory of its own, which a graph's inputs are written to; it may have been expanded."""
    if not isinstance(given, torch.Tensor):
        return given
    return given.detach().clone(memory_format=torch.contiguous_format).requires_grad_(given.requires_grad)


def _cast(precision: Precision) -> torch.autocast:
    """As training is cast. torch's cache of cast weights would outlive the recording."""
    kind, compute = precision.device.type, precision.compute
    return torch.autocast(kind, dtype=compute, enabled=compute is not None, cache_enabled=False)


def _shapes(given: tuple[Any, ...]) -> list[torch.Size | None]:
    return [leaf.shape if isinstance(leaf, torch.Tensor) else None for leaf in tree_leaves(given)]
