"""Programs that one known thing limits, and what the summary of each says: python -m tests.bench.limits [SECONDS].

On a GPU where there is one, else on the CPU, where a copy can't be told from arithmetic: both take all cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

SECONDS = 20.0
EXPECTED = {
    "input": {"cuda": "input", "cpu": "input"},
    "product": {"cuda": "compute", "cpu": "compute"},
    "copy": {"cuda": "memory bandwidth", "cpu": "compute"},
    "tiny-kernels": {"cuda": "host", "cpu": "host"},
}


def main(seconds: float) -> int:
    """Record each in turn; 1 when a verdict is another than expected."""
    device = _device()
    wrong = 0
    for program, expected in EXPECTED.items():
        limited = _recorded(program, seconds)
        wrong += limited["value"] != expected[device]
        print(f"{device} {program}: {limited['value']} ({', '.join(limited['evidence'])}); expected {expected[device]}")
    return min(wrong, 1)


def _recorded(program: str, seconds: float) -> dict[str, Any]:
    """What `limited_by` says of a session of that program."""
    words = [sys.executable, "-m", "tests.bench.limits", program, str(seconds)]
    with tempfile.TemporaryDirectory() as root:
        tool = [sys.executable, "-P", "-m", "mlperf_tui", "--sessions", root]
        run = [*tool, "run", "--detach", "--", *words]
        session = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run([*tool, "watch", session], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        told = json.loads((Path(root) / session / "summary.json").read_text())
    limited: dict[str, Any] = told["limited_by"]
    if limited["value"] is None:
        limited["evidence"] = [told["unknown"]["limited_by.value"]]
    return limited


def train(program: str, seconds: float) -> None:
    """Be that program."""
    from mlperf_tui.steps import Steps

    device = _device()
    step = PROGRAMS[program](device)
    step()
    steps = Steps(samples_per_step=1, precision="amp-bf16" if device == "cuda" else "fp32")
    steps.mark("run_start")
    until = time.monotonic() + seconds
    for _ in steps.over(_slow_loader() if program == "input" else repeat(None)):
        step()
        _wait(device)
        steps.end()
        if time.monotonic() >= until:
            break
    steps.mark("run_stop", status="success")
    steps.close()


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def _slow_loader() -> Iterator[None]:
    """Storage that takes a tenth of a second for a batch."""
    while True:
        time.sleep(0.1)
        yield None


def _product(device: str) -> Callable[[], object]:
    import torch

    size, dtype = (8192, torch.bfloat16) if device == "cuda" else (1500, torch.float32)
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    out = torch.empty_like(left)
    return lambda: [torch.mm(left, right, out=out) for _ in range(20 if device == "cuda" else 1)]


def _copy(device: str) -> Callable[[], object]:
    """By a kernel: to add nothing reads all and writes all."""
    import torch

    source = torch.ones(1 << (28 if device == "cuda" else 25), device=device)
    target = torch.empty_like(source)
    return lambda: [torch.add(source, 0, out=target) for _ in range(50 if device == "cuda" else 2)]


def _tiny(device: str) -> Callable[[], object]:
    import torch

    numbers = torch.zeros(64, device=device)
    count = 5_000 if device == "cuda" else 500
    return lambda: [numbers.add_(1) for _ in range(count)]


PROGRAMS: dict[str, Callable[[str], Callable[[], object]]] = {
    "input": _product,
    "product": _product,
    "copy": _copy,
    "tiny-kernels": _tiny,
}

if __name__ == "__main__":
    asked = sys.argv[1:]
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    if asked and asked[0] in PROGRAMS:
        train(asked[0], float(asked[1]))
    else:
        sys.exit(main(float(asked[0]) if asked else SECONDS))
