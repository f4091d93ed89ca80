"""MLPerf's own compliance checker, asked about what a run printed; open division."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlperf_logging.compliance_checker import mlp_compliance


def checked(output: str, ruleset: str, folder: Path) -> tuple[bool, tuple[list[str], dict[str, Any]]]:
    """Whether the checker takes it, and its complaints: those that stand, and those that a later rule may take back."""
    log = folder / "result_0.txt"
    log.write_text(output)
    checker = mlp_compliance.make_checker("training", ruleset, quiet=False, werror=False)
    accepted = mlp_compliance.main(str(log), f"training_{ruleset}/common.yaml", checker)[0]
    return accepted, (checker.not_overwritable, checker.overwritable)
