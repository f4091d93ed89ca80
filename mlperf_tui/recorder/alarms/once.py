"""Saying a thing once, when it begins."""

from __future__ import annotations

CALM_NS = 60_000_000_000
"""So long must a thing be over before it counts as a new one."""


class Once:
    """Whether a condition is to be told now: when it begins, and again only after it was over for a minute."""

    def __init__(self) -> None:
        self._held_t: int | None = None

    def begins(self, t: int, holds: bool) -> bool:
        """Look at it at `t` (ns)."""
        if not holds:
            return False
        is_new = self._held_t is None or t - self._held_t > CALM_NS
        self._held_t = t
        return is_new
