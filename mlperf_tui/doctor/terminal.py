"""The terminal: whether the screen can be drawn, in which signs and colours, and whether it copies."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping

from mlperf_tui.report.doctor import MISSING, PARTLY, SHOWN, Finding
from mlperf_tui.report.plain import utf8

ROOM = "terminal"
TMUX_PATIENCE_S = 2.0


def terminal(
    environ: Mapping[str, str], *, has_screen: bool, ask_tmux: Callable[[], str | None] | None = None
) -> Iterator[Finding]:
    """By the environment; `has_screen` is whether the commands would open it here and now."""
    yield _screen(environ.get("TERM", ""), has_screen=has_screen)
    if not has_screen:
        return
    yield _colours(environ)
    yield _signs(environ)
    yield from _copying(environ, ask_tmux or _ask_tmux)


def _screen(term: str, *, has_screen: bool) -> Finding:
    if has_screen:
        return Finding(ROOM, "screen", SHOWN, f"TERM={term}")
    if term in {"", "dumb"}:
        says, helps = f"TERM={term or 'is not set'}", "Set TERM to what the terminal is, such as xterm-256color."
    else:
        says, helps = "input or output is no terminal", "Call it in one; ssh needs -t for a command."
    return Finding(ROOM, "screen", MISSING, f"{says}: progress lines instead", remedy=helps)


def _colours(environ: Mapping[str, str]) -> Finding:
    """As Textual takes them."""
    if environ.get("NO_COLOR"):
        return Finding(ROOM, "colours", SHOWN, "none, as NO_COLOR asks; no meaning is in a colour alone")
    return Finding(ROOM, "colours", SHOWN, "the terminal's own sixteen")


def _signs(environ: Mapping[str, str]) -> Finding:
    if utf8(environ):
        return Finding(ROOM, "signs", SHOWN, "UTF-8")
    return Finding(
        ROOM,
        "signs",
        PARTLY,
        "ASCII, since the locale is not UTF-8",
        remedy="export LC_ALL=C.UTF-8, if the terminal can.",
    )


def _copying(environ: Mapping[str, str], ask_tmux: Callable[[], str | None]) -> Iterator[Finding]:
    """`y` copies by OSC 52, which tmux and screen may keep for themselves."""
    if environ.get("TMUX"):
        if ask_tmux() == "on":
            yield Finding(ROOM, "copying", SHOWN, "through tmux")
        else:
            yield Finding(
                ROOM,
                "copying",
                PARTLY,
                "tmux keeps it for itself",
                remedy="tmux set -g set-clipboard on, if y should copy.",
            )
    elif environ.get("STY"):
        yield Finding(
            ROOM, "copying", PARTLY, "screen does not pass it on",
            remedy="mlperf-tui summary --format markdown prints what y copies.",
        )  # fmt: skip
    else:
        yield Finding(ROOM, "copying", SHOWN, "by OSC 52, where the terminal takes it")


def _ask_tmux() -> str | None:
    """Its option set-clipboard: on, external or off."""
    try:
        ended = subprocess.run(
            ["tmux", "show-options", "-s", "-v", "set-clipboard"],  # noqa: S607  whichever tmux this is
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TMUX_PATIENCE_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout.strip()
