"""The machine as records: GPUs, host and processes. Knows no files, no screen and no schedule."""
