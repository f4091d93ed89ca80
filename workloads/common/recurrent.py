"""What a recurrent layer costs: torch's FLOP counter takes an LSTM for nothing, on a GPU and on a CPU."""

from __future__ import annotations

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
"""Products with the input and with the state that a cell of the kind makes (torch.nn.RNN, GRU, LSTM)."""


def flop_per_step(kind: str, inputs: int, hidden: int) -> float:
    """Floating-point operations of one step forward in time of one sequence through one layer in one direction.

    Each gate multiplies a (hidden, inputs) and a (hidden, hidden) matrix, 2 operations for each multiply-add; what
    is done element by element isn't counted, as torch's counter doesn't either.
    """
    return 2.0 * GATES[kind] * hidden * (inputs + hidden)
