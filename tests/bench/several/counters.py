"""NVLink's counters as the driver has them, read beside the recorder and without its code: one line every half second.

Fields 138 and 139 of each GPU, for all links together (scope UINT_MAX) and link by link, to learn their unit and what
that scope holds: python -m tests.bench.several.counters OUT.jsonl, until it is ended.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pynvml

SENT, RECEIVED = 138, 139
ALL = 0xFFFFFFFF
MOST_LINKS = 18
EVERY_S = 0.5


def main(out: Path) -> None:
    """Write until it is ended."""
    pynvml.nvmlInit()
    gpus = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    with out.open("a", buffering=1) as file:
        while True:
            file.write(json.dumps({"t": time.monotonic_ns(), "gpus": [_counts(gpu) for gpu in gpus]}) + "\n")
            time.sleep(EVERY_S)


def _counts(gpu: Any) -> dict[str, Any]:
    return {
        name: {"all": _field(gpu, field, ALL), "each": [_field(gpu, field, link) for link in range(MOST_LINKS)]}
        for name, field in (("tx", SENT), ("rx", RECEIVED))
    }


def _field(gpu: Any, field: int, scope: int) -> int | str:
    """The count, or the code that NVML gave in its place."""
    try:
        value = pynvml.nvmlDeviceGetFieldValues(gpu, [(field, scope)])[0]
    except pynvml.NVMLError as error:
        return str(error)
    return int(value.value.ullVal) if value.nvmlReturn == pynvml.NVML_SUCCESS else f"refused ({value.nvmlReturn})"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
