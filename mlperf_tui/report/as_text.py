"""The summary as plain text, for a terminal or a ticket."""

from __future__ import annotations

from mlperf_tui.analysis.summary import Summary
from mlperf_tui.report.rows import GPU_HEADINGS, gpu_row, rows, title, unknowns


def to_text(summary: Summary) -> str:
    """A line a row, labels aligned; then the GPUs, a failure's last output, and what is unknown with its reason.

    A run that failed before its first step has nothing to know.
    """
    found = list(rows(summary))
    width = max(len(label) for label, _ in found)
    lines = [title(summary), "", *(f"{label.ljust(width)}  {text}" for label, text in found)]
    lines += ["", *_table([GPU_HEADINGS, *(gpu_row(gpu) for gpu in summary.gpus)])] if summary.gpus else []
    if summary.failure and summary.failure.last_lines:
        lines += ["", "last lines of output:", *(f"  {line}" for line in summary.failure.last_lines)]
    if summary.throughput.steps or not summary.failure:
        lines += ["", "unknown:", *(f"  {name}: {reason}" for name, reason in unknowns(summary))]
    return "\n".join([*lines, "", f"command: {summary.session.command}"])


def _table(cells: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
