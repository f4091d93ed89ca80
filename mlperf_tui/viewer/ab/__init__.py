"""The screen of an experiment: arms side by side, the ratio narrowing pair by pair, loss curves over each other."""

from mlperf_tui.viewer.ab.app import watch

__all__ = ["watch"]
