"""mlperf-tui: launch a training run, watch it live, keep a summary. Importable by Python 3.9 for `mlperf_tui.steps`."""

__version__ = "0.1.0"
