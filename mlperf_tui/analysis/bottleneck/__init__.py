"""What limits a run: from evidence to one word with its grounds and a next step; what can't be told is not guessed."""

from mlperf_tui.analysis.bottleneck.evidence import Evidence, Verdict
from mlperf_tui.analysis.bottleneck.judge import judge
from mlperf_tui.analysis.bottleneck.steady import Steady

__all__ = ["Evidence", "Steady", "Verdict", "judge"]
