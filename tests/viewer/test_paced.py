"""Every screen of ours keeps pace with the terminal: one that did not would write over what the others drew."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from textual.screen import Screen

from mlperf_tui import viewer
from mlperf_tui.viewer.screens.paced import PacedScreen


def _screens(under: type[Screen[object]]) -> Iterator[type[Screen[object]]]:
    for kind in under.__subclasses__():
        yield kind
        yield from _screens(kind)


def test_every_screen_is_paced() -> None:
    """Whatever room of the viewer it is in."""
    for module in pkgutil.walk_packages(viewer.__path__, f"{viewer.__name__}."):
        importlib.import_module(module.name)
    ours = {kind for kind in _screens(Screen) if kind.__module__.startswith(viewer.__name__)}
    assert len(ours) > 3
    assert {kind for kind in ours if not issubclass(kind, PacedScreen)} == set()
