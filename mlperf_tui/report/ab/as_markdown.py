"""An A/B as Markdown, to paste into a pull request."""

from __future__ import annotations

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.report.ab.rows import (
    Asked,
    Row,
    Table,
    arms_table,
    changes_table,
    command_of,
    headline,
    notes,
    rows,
    sessions_table,
)
from mlperf_tui.report.as_markdown import cell, fenced, row


def as_markdown(ab: Ab, asked: Asked) -> str:
    """The sentence as heading, the arms, each comparison and notes; sessions and the command folded away."""
    lines = [f"### {cell(headline(ab))}", "", *_table(arms_table(ab))]
    for comparison in ab.comparisons:
        if len(ab.comparisons) > 1:
            lines += ["", f"**{cell(comparison.b)} against {cell(comparison.a)}**: {cell(comparison.sentence)}"]
        lines += ["", *_rows(list(rows(comparison)))]
        changes = changes_table(comparison)
        lines += ["", *_table(changes)] if len(changes) > 1 else []
    if noted := list(notes(ab)):
        lines += ["", *(f"- {cell(label)}: {cell(text)}" for label, text in noted)]
    lines += ["", "<details><summary>Sessions, and the command to repeat it</summary>", ""]
    return "\n".join([*lines, *_table(sessions_table(ab)), "", *fenced(command_of(asked)), "", "</details>"])


def _rows(found: list[Row]) -> list[str]:
    return ["| | |", "|---|---|", *(row(one) for one in found)]


def _table(cells: Table) -> list[str]:
    heading, *body = cells
    return [row(heading), f"|---|{'---:|' * (len(heading) - 1)}", *(row(one) for one in body)]
