"""The list of sessions as a screen of its own: which there are, how fast they ran, and what is to be done with them."""

from mlperf_tui.viewer.sessions.app import Choice, choose
from mlperf_tui.viewer.sessions.model import View

__all__ = ["Choice", "View", "choose"]
