"""A pretended NVML, compiled from C, that the real pynvml loads."""
