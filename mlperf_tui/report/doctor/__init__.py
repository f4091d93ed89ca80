"""What `doctor` found, as documents: text for a person, JSON for a program."""

from mlperf_tui.report.doctor.as_json import to_json
from mlperf_tui.report.doctor.as_text import to_text
from mlperf_tui.report.doctor.finding import MISSING, PARTLY, SHOWN, Diagnosis, Finding, Spot, State

__all__ = ["MISSING", "PARTLY", "SHOWN", "Diagnosis", "Finding", "Spot", "State", "to_json", "to_text"]
