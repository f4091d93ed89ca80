"""The screen: one session followed live or opened from its end. The only room that knows Textual."""

from mlperf_tui.viewer.app import watch
from mlperf_tui.viewer.export import export_svg
from mlperf_tui.viewer.messages import Outcome

__all__ = ["Outcome", "export_svg", "watch"]
