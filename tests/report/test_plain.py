"""Text in ASCII: a stand-in for each sign that a report has."""

from __future__ import annotations

from mlperf_tui.report.plain import plain


def test_a_half_width_in_ascii() -> None:
    """Of one column, so that tables and screens keep their width; never a question mark."""
    assert plain("4.5 times faster (±9.3 %): 0 → 12 %") == "4.5 times faster (~9.3 %): 0 > 12 %"
