"""What limits the run now, and that looking back says it too."""

from __future__ import annotations

import pytest

from mlperf_tui.session.folder import Folder
from mlperf_tui.viewer.feed import Feed
from tests.viewer.app_of import RECORDED


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("limit-input", "input"),
        ("limit-compute", "compute"),
        ("limit-memory", "memory bandwidth"),
        ("limit-tiny-kernels", "host"),
        ("a10-pcie", "unknown"),
    ],
)
def test_the_screen_says_what_limits_the_run(name: str, limit: str) -> None:
    """Twenty seconds before the end of a session with a known limit, and over the whole of it."""
    feed = Feed(Folder(RECORDED / name))
    end = feed.poll()
    feed.look(end.now - 20_000_000_000)
    found = feed.poll()
    assert found.look is not None
    assert found.limited is not None
    assert found.limited.value == limit
