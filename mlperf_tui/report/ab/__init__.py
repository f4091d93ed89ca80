"""From stored sessions to an A/B: evidence, whether like is held against like, and the documents that say it."""

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.report.ab.as_json import as_json
from mlperf_tui.report.ab.as_markdown import as_markdown
from mlperf_tui.report.ab.as_text import WIDTH, as_text
from mlperf_tui.report.ab.rows import Asked


def render(ab: Ab, asked: Asked, style: str, width: int | None = None) -> str:
    """An A/B as `text`, `json` or `markdown`; only the text is wrapped, at `width` where a terminal's is known."""
    if style == "text":
        return as_text(ab, asked, width or WIDTH)
    return as_json(ab, asked) if style == "json" else as_markdown(ab, asked)
