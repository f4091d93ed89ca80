"""Textual's command palette, at the same pace as every other screen of ours."""

from __future__ import annotations

from textual.command import CommandPalette

from mlperf_tui.viewer.screens.paced import PacedScreen


class Palette(CommandPalette, PacedScreen[None]):
    """Push it from `action_command_palette`."""
