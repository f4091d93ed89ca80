"""What this machine can and cannot show, with a remedy for each: asked when a person wants to know, without a run."""

from mlperf_tui.doctor.examine import examine
from mlperf_tui.doctor.machine import machine

__all__ = ["examine", "machine"]
