"""The summary as Markdown, to paste into a pull request."""

from __future__ import annotations

import re

from mlperf_tui.analysis.summary import Summary
from mlperf_tui.report.rows import GPU_HEADINGS, gpu_row, rows, title, unknowns


def to_markdown(summary: Summary) -> str:
    """A heading, the rows as a table, the GPUs, a failure's last output; command and unknowns folded away."""
    lines = [f"### {cell(title(summary))}", "", "| | |", "|---|---|"]
    lines += [f"| {label} | {cell(text)} |" for label, text in rows(summary)]
    if summary.gpus:
        lines += ["", row(GPU_HEADINGS), row(("---:",) * len(GPU_HEADINGS))]
        lines += [row(gpu_row(gpu)) for gpu in summary.gpus]
    if summary.failure and summary.failure.last_lines:
        lines += ["", "Last lines of output:", "", *fenced("\n".join(summary.failure.last_lines))]
    lines += ["", "<details><summary>Command and what is unknown</summary>", "", *fenced(summary.session.command), ""]
    lines += [f"- {cell(name)}: {cell(reason)}" for name, reason in unknowns(summary)]
    return "\n".join([*lines, "", "</details>"])


def row(cells: tuple[str, ...]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cell(text) for text in cells)} |"


def cell(text: str) -> str:
    """Nothing in it is markup any more."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", " ".join(text.split()))


def fenced(text: str) -> list[str]:
    """A block behind a fence that is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, text, fence]
