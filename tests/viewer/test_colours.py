"""Colours that everybody can read: sixteen at most, none where none are wanted, enough contrast on light and dark."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.strip import Strip

from mlperf_tui.viewer import colours

XTERM = TerminalTheme(
    (0, 0, 0),
    (255, 255, 255),
    [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)],
)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
NAMES = st.sampled_from([None, "default", "red", "bright_white", "color(200)", "#12ab9f"])
STYLES = st.builds(
    Style, color=NAMES, bgcolor=NAMES, bold=st.booleans(), reverse=st.booleans(), underline=st.booleans()
)  # fmt: skip


def luminance(colour: tuple[int, int, int]) -> float:
    """WCAG's relative luminance."""
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG's contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [colours.PLAIN, colours.BOLD, colours.DIM, colours.SPARK, colours.ALARM])
@pytest.mark.parametrize("ground", [BLACK, WHITE])
def test_what_is_drawn_can_be_seen_on_light_and_dark(look: Style, ground: tuple[int, int, int]) -> None:
    """Three to one, as WCAG wants it of graphics; the terminal's own foreground is the terminal's affair."""
    assert look.bgcolor is None
    if look.color is not None:
        assert contrast(look.color.get_truecolor(XTERM), ground) >= 3


@settings(deadline=None)
@given(STYLES)
def test_sixteen_colours_at_most(style: Style) -> None:
    """Whatever was asked for, no sequence of 256 or more colours comes out."""
    if look := colours.seen(style, coloured=True):
        numbers = Strip.render_ansi(look, colours.SYSTEM).split(";")
        assert not {"38", "48"} & set(numbers)


@settings(deadline=None)
@given(STYLES)
def test_without_colours_a_ground_is_reverse_video(style: Style) -> None:
    """What stood out still does."""
    look = colours.seen(style, coloured=False)
    assert look is None or (look.color is None and look.bgcolor is None)
    if style.bgcolor is not None and not style.bgcolor.is_default:
        assert look is not None
        assert look.reverse
    if style.bold:
        assert look is not None
        assert look.bold


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "no-such-terminal"}, True),
    ],
)
def test_whether_there_are_colours(environment: dict[str, str], *, coloured: bool) -> None:
    """NO_COLOR counts when it isn't empty; a terminal that nobody knows is taken for an ordinary one."""
    assert colours.has_colours(environment) == coloured
