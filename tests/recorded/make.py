"""Generates the recorded sessions of this folder, all but the one measured: python -m tests.recorded.make.

Deterministic: the same script writes the same bytes. The numbers are invented and only their shape is meant to be like
a real run's; nothing here was measured.
"""

from __future__ import annotations

from tests.recorded.cpus import cpu_digits, failed
from tests.recorded.gpus import a10_pcie, eight_gpus
from tests.recorded.limits import limits


def main() -> None:
    """All of them."""
    cpu_digits()
    eight_gpus("eight-gpus")
    eight_gpus("gpu-lost", lose=(3, 100), used=4, seconds=130)
    eight_gpus("sixteen-gpus", count=16, used=16, seconds=60)
    a10_pcie()
    failed()
    limits()


if __name__ == "__main__":
    main()
