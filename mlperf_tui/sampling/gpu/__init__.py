"""The one guarded door to NVML: GPUs as readings, where whatever is unknown is None and its reason a note."""

from mlperf_tui.sampling.gpu.gpus import Gpus

__all__ = ["Gpus"]
