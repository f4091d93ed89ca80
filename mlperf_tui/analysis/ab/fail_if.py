"""`--fail-if slower:3%`: what makes a comparison fail a pipeline, and whether it does."""

from __future__ import annotations

import re

from mlperf_tui.analysis.ab.result import Speed

SLOWER, FASTER = "slower", "faster"


def parse_fail_if(text: str) -> tuple[str, float]:
    """`slower:3%` as ("slower", 0.03). Raises ValueError with one sentence where it is neither that nor `faster:…`."""
    found = re.fullmatch(r"(slower|faster):(\d+(?:\.\d+)?) ?%", text.strip(), re.ASCII)
    if found is None:
        raise ValueError(f"{text!r} is neither slower:PERCENT% nor faster:PERCENT%, such as slower:3%")
    conclusion, share = found[1], float(found[2]) / 100
    if conclusion == SLOWER and share >= 1:
        raise ValueError(f"nothing can be slower by {found[2]} %: less than 100 % is meant")
    return conclusion, share


def fails(speed: Speed, conclusion: str, share: float) -> bool | None:
    """Whether B is surely slower (or faster) than A by more than `share`; None where the interval allows both."""
    if not speed.looks:
        return None
    last = speed.looks[-1]
    limit = 1 - share if conclusion == SLOWER else 1 + share
    if last.high < limit:
        return conclusion == SLOWER
    if last.low > limit:
        return conclusion == FASTER
    return None
