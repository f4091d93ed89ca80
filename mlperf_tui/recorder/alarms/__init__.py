"""What a person should look at while a run goes on; each alarm is raised once, when it begins."""

from mlperf_tui.recorder.alarms.watch import Watch

__all__ = ["Watch"]
