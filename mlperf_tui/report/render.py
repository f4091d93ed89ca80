"""A session's summary as a document, in the style that was asked for."""

from __future__ import annotations

from mlperf_tui.report.as_json import to_json
from mlperf_tui.report.as_markdown import to_markdown
from mlperf_tui.report.as_text import to_text
from mlperf_tui.report.build import build
from mlperf_tui.session.folder import Folder

STYLES = {"text": to_text, "json": to_json, "markdown": to_markdown}


def render(folder: Folder, style: str) -> str:
    """The summary of a session as `text`, `json` or `markdown`."""
    return STYLES[style](build(folder))
