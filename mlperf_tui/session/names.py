"""Names that people give to sessions and experiments, and which of them would be read as something else."""

from __future__ import annotations

import re

from mlperf_tui.errors import MlperfTuiError

RESERVED = re.compile(r"last|s|[se]-(\d.*)?", re.DOTALL)
"""What `last` and ids, and beginnings of ids, look like: by such a name nothing would be found."""


def check_name(name: str | None) -> None:
    """Raise MlperfTuiError where the name would be read as something else."""
    if name is not None and RESERVED.fullmatch(name.strip()):
        means = "what was launched last" if name.strip() == "last" else "an id, or the beginning of one"
        raise MlperfTuiError(f"the name {name.strip()} is reserved, since it means {means}: choose another")
