"""When the next frame may go: one is on its way at a time, and the terminal's answer says that it has arrived.

A frame ends with a question (where is the cursor?) that the far end answers when it has drawn so far. Terminals
answer it since the VT100; ECMA-48, 8.3.35, calls it device status report 6. What doesn't answer is paced by time.
"""

from __future__ import annotations

from dataclasses import dataclass

QUESTION = "\x1b[6n"
DEAF_AFTER_S = 2.0
"""No answer at all for so long after the first question, which goes out ahead of any frame: none will come."""

DEAF_PERIOD_S = 0.25
"""A terminal that tells nothing gets four frames a second at most."""

LOST_AFTER_S = 5.0
SLOWEST_BYTES_PER_S = 100
"""A frame's answer is lost when it is later than both: a link slower than this is taken for one that hangs."""


@dataclass(slots=True)
class Pacing:
    """Knows no clock and no terminal: seconds of one and the same clock are handed in."""

    _heard: bool = False
    _asked_first_s: float | None = None
    _sent_s: float | None = None
    _patience_s: float = LOST_AFTER_S
    _unanswered: int = 0
    _answers_since_sent: int = 0

    def begin(self, now_s: float) -> None:
        """The first question goes out, ahead of any frame; the first frame does not wait for its answer."""
        self._asked_first_s = now_s
        self._sent_s = None
        self._unanswered = 1

    def sent(self, now_s: float, size_bytes: int) -> bool:
        """A frame of that size goes out; whether a question has to be behind it."""
        asks = not self.deaf(now_s)
        if not asks or self._some_were_lost(now_s):
            self._unanswered = 0
        self._unanswered += asks
        self._sent_s = now_s
        self._patience_s = max(LOST_AFTER_S, size_bytes / SLOWEST_BYTES_PER_S)
        self._answers_since_sent = 0
        return asks

    def answered(self) -> None:
        """An answer came: the oldest question's, since a terminal answers in order."""
        self._heard = True
        self._unanswered = max(0, self._unanswered - 1)
        self._answers_since_sent += 1

    def deaf(self, now_s: float) -> bool:
        """Whether this terminal has shown that it doesn't answer. An answer, however late, proves the opposite."""
        return not self._heard and self._asked_first_s is not None and now_s - self._asked_first_s >= DEAF_AFTER_S

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next frame may go if no answer comes before; 0: it may go now."""
        if self._sent_s is None:
            return 0.0
        if self.deaf(now_s):
            return max(0.0, self._sent_s + DEAF_PERIOD_S - now_s)
        if not self._unanswered:
            return 0.0
        until = self._sent_s + self._patience_s
        if not self._heard and self._asked_first_s is not None:
            until = min(until, self._asked_first_s + DEAF_AFTER_S)
        return max(0.0, until - now_s)

    def expects(self, now_s: float) -> bool:
        """Whether an answer may still come, which must not be left to the program that gets the terminal next."""
        return self._unanswered > 0 and not self.deaf(now_s)

    def _some_were_lost(self, now_s: float) -> bool:
        """Answers that are missing although later ones came never come; in an outage, in contrast, none comes."""
        return self._answers_since_sent > 0 and self._unanswered > 0 and self.wait_s(now_s) == 0
