"""Runs and experiments without a screen: plain progress lines for a batch system's log."""

from mlperf_tui.headless.session import follow as follow
from mlperf_tui.headless.session import opening as opening
