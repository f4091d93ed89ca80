"""Text for a terminal whose locale is not UTF-8: whether it is one, and what to put in place of each sign it lacks."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN_BLOCKS = "_.-=+*%#"
SEPARATOR = re.compile(r"(?<=\S) · ")
"""Between two texts; a dot that stands first in its column is a mark, and stays a dot."""

_SIGNS = {"–": "-", "—": "-", "−": "-", "·": ".", "×": "x", "°": " ", "µ": "u", "\u00a0": " "}
_MARKS = {"●": "*", "•": "*", "○": "o", "✓": "+", "✗": "x", "■": "#", "⚠": "!"}
_ARROWS = {"▸": ">", "›": ">", "↑": "^", "↓": "v", "←": "<", "→": ">", "…": "~"}
_QUOTES = {"‘": "'", "’": "'", "“": '"', "”": '"'}
_MATHS = {"≤": "<", "≥": ">", "≈": "~", "±": "~", **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", "^")}
_CORNERS = dict.fromkeys(map(chr, range(0x2500, 0x2580)), "+")
_LINES = {**dict.fromkeys("─━┄┅┈┉╌╍═╴╶╸╺╼╾▀▔", "-"), **dict.fromkeys("│┃┆┇┊┋╎╏║╵╷╹╻╽╿▌▐▏▎▍▋▊▉▕", "|")}
_SHADES = dict.fromkeys("░▒▓▖▗▘▙▚▛▜▝▞▟", "#")
_BLOCKS = dict(zip(BLOCKS, PLAIN_BLOCKS, strict=True))
_TABLE = str.maketrans({**_CORNERS, **_LINES, **_SHADES, **_BLOCKS, **_SIGNS, **_MARKS, **_ARROWS, **_QUOTES, **_MATHS})


def utf8(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the locale says that the terminal reads UTF-8; where it says nothing, terminals do nowadays."""
    named = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "UTF-8")
    return named.lower().replace("-", "").endswith("utf8")


def plain(text: str) -> str:
    """The same in ASCII, as wide as before: a sign of one column for each, `?` for what has none."""
    return SEPARATOR.sub(" | ", text).translate(_TABLE).encode("ascii", "replace").decode()
