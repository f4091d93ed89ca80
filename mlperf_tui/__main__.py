"""`python -m mlperf_tui` is `mlperf-tui`."""

from mlperf_tui.cli import main

if __name__ == "__main__":
    main()
