"""Which colours are used: the terminal's own sixteen at most, and such as can be read on light and on dark.

Contrast after WCAG 2.2 (1.4.11: 3 to 1 for what is drawn) in xterm's palette, on black and on white: cyan 10.6 and
2.0, green 9.7 and 2.2, yellow 12.3 and 1.7, blue 2.2 and 9.4, magenta 4.5 and 4.7. So what is drawn is magenta, and
nothing means anything by its colour alone: an alarm is in reverse video, which has the terminal's own contrast.
"""

from __future__ import annotations

import curses
from collections.abc import Mapping
from functools import lru_cache

from rich.color import ColorSystem
from rich.style import Style

SYSTEM = ColorSystem.STANDARD
"""Whatever a widget asks for, the nearest of the terminal's sixteen colours is sent: people have chosen those."""

PLAIN = Style()
BOLD = Style(bold=True)
DIM = Style(dim=True)
SPARK = Style(color="magenta")
ALARM = Style(bold=True, reverse=True)
CHOSEN = Style(reverse=True)
"""Where a cursor stands, or what an expression found."""


def has_colours(environment: Mapping[str, str]) -> bool:
    """Whether to send colours at all: not where NO_COLOR says so (no-color.org), nor where terminfo knows of none."""
    if environment.get("NO_COLOR"):
        return False
    try:
        curses.setupterm(environment.get("TERM") or "unknown", 1)
        return curses.tigetnum("colors") >= 8
    except (curses.error, OSError):
        return True


@lru_cache(1024)
def seen(style: Style, *, coloured: bool) -> Style | None:
    """What of a style can be seen; None: nothing, it is how the terminal draws by itself.

    The terminal's own colours are those that it has when none is named. Without colours a ground becomes reverse
    video: a cursor, say, must still be told from the rest.
    """
    colour, ground = (None if some is None or some.is_default else some for some in (style.color, style.bgcolor))
    drawn = style.without_color
    if coloured:
        drawn += Style.from_color(colour, ground)
    elif ground is not None:
        drawn += Style(reverse=True)
    return None if drawn == PLAIN else drawn


@lru_cache(1024)
def shows_blank(style: Style) -> bool:
    """Whether a space in this style can be told from an empty cell."""
    inked = style.reverse or style.underline or style.underline2 or style.strike or style.overline
    return bool(inked) or (style.bgcolor is not None and not style.bgcolor.is_default)
