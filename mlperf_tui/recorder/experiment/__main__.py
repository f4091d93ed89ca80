"""`python -m mlperf_tui.recorder.experiment DIR LOCK_FD`: started by mlperf_tui.launch, detached, not by hand."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from mlperf_tui.launch import ARGVS, ON_END
from mlperf_tui.recorder.experiment.running import Running
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.lock import Lock


def main(arguments: list[str]) -> int:
    """Run one experiment to its end, or go on with one; 0 however it ends."""
    folder, descriptor = ExperimentFolder(Path(arguments[0])), int(arguments[1])
    argvs = tuple(tuple(words) for words in json.loads(os.environ.pop(ARGVS)))
    Running(folder, Lock(descriptor), argvs, os.environ.pop(ON_END, "")).go()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
