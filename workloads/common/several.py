"""`python -m workloads.common.several N MODULE OPTIONS…`: a workload in N processes of this host, by torchrun.

As `torchrun --standalone --nproc-per-node N -m MODULE OPTIONS…` does, but it ends with the exit code of the rank that
failed first, and names that one in a line instead of a report. What the options alone rule out is refused before torch
is loaded for torchrun's sake.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workloads.common import program as edge
from workloads.common.options import parse, parser
from workloads.common.places import refuse_places
from workloads.common.refusals import refuse_processes, refuse_workers

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ProcessFailure


def main(argv: Sequence[str]) -> int:
    """The exit code: 128 and its number for a signal, sent to this process or to a rank. Raises Refusal."""
    processes, module, *options = argv
    if not {"-h", "--help"}.intersection(options):
        refuse(int(processes), module, options)
    edge.require("torch")
    return launch(processes, [module, *options])


def refuse(processes: int, module: str, options: Sequence[str]) -> None:
    """Raise a Refusal for what each of `processes` would refuse too, but only after seconds."""
    asked = parse(parser(f"python -m {module}", "", "", ""), options)
    refuse_processes(processes)
    refuse_workers(asked.workers, processes)
    refuse_places(asked)


def launch(processes: str, program: Sequence[str]) -> int:
    """What torchrun does, and the exit code of the rank that failed first."""
    from torch.distributed.elastic.multiprocessing import SignalException  # noqa: PLC0415  loads torch: seconds
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError  # noqa: PLC0415
    from torch.distributed.run import get_args_parser, run  # noqa: PLC0415

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
    if code != edge.REFUSED:
        how = f"exit code {code}" if failure.exitcode >= 0 else signal.Signals(-failure.exitcode).name
        print(f"rank {failure.local_rank} (process {failure.pid}) ended first, with {how}", file=sys.stderr, flush=True)
    return code


def threads(processes: int) -> int:
    """Threads that a rank computes with: half of its share of the cores, since its loaders have the other half."""
    return max(1, len(os.sched_getaffinity(0)) // (2 * processes))


if __name__ == "__main__":
    sys.exit(edge.run(sys.argv[2].rpartition(".")[2].replace("_", "-"), lambda _: main(sys.argv[1:])))
