"""The command line: parse, call, print. Each command imports its room when it is called, so that all start fast."""

from mlperf_tui.cli.main import cli, main

__all__ = ["cli", "main"]
