"""`python -m workloads.common.several N MODULE OPTIONS…`: a workload in N processes of this host, by torchrun.

As `torchrun --standalone --nproc-per-node N -m MODULE OPTIONS…` does, but it ends with the exit code of the rank that
failed first, and names that one in a line instead of a report.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence

from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.run import get_args_parser, run

from workloads.common.program import REFUSED


def main(argv: Sequence[str]) -> int:
    """The exit code: 128 and its number for a signal, sent to this process or to a rank."""
    processes, *program = argv
    os.environ.setdefault("OMP_NUM_THREADS", str(threads(int(processes))))
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    asked = get_args_parser().parse_args(["--standalone", "--nproc-per-node", processes, "-m", *program])
    try:
        run(asked)  # type: ignore[no-untyped-call]
    except ChildFailedError as error:
        return told(error.get_first_failure()[1])
    except SignalException as error:
        return 128 + error.sigval.value
    return 0


def told(failure: ProcessFailure) -> int:
    """The exit code of the rank that failed first, after a line on how it ended; a refusal has been said already."""
    code = failure.exitcode if failure.exitcode >= 0 else 128 - failure.exitcode
    if code != REFUSED:
        how = f"exit code {code}" if failure.exitcode >= 0 else signal.Signals(-failure.exitcode).name
        print(f"rank {failure.local_rank} (process {failure.pid}) ended first, with {how}", file=sys.stderr, flush=True)
    return code


def threads(processes: int) -> int:
    """Threads that a rank computes with: half of its share of the cores, since its loaders have the other half."""
    return max(1, len(os.sched_getaffinity(0)) // (2 * processes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
