"""From stored sessions to an A/B: evidence, whether like is held against like, and the documents that say it."""

from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.records import Experiment
from mlperf_tui.report.ab.as_json import as_json
from mlperf_tui.report.ab.as_markdown import as_markdown
from mlperf_tui.report.ab.as_text import as_text

STYLES = {"text": as_text, "json": as_json, "markdown": as_markdown}


def render(ab: Ab, plan: Experiment | None, style: str) -> str:
    """An A/B as `text`, `json` or `markdown`; `plan` is None where stored sessions were compared."""
    return STYLES[style](ab, plan)
