"""Samples a second of a plain loop in each precision, one JSON line each: python -m tests.bench.plain NAME BATCH."""

from __future__ import annotations

import importlib
import json
import sys

from tests.bench.plain.loop import per_second, switch_tf32

PRECISIONS = ("fp32", "tf32", "amp-bf16", "amp-fp16")
SECONDS = 4.0


def main(name: str, batch: int, precisions: tuple[str, ...]) -> None:
    """One after the other in this process, each with a new model."""
    room = importlib.import_module(f"tests.bench.plain.{name}")
    for precision in precisions:
        switch_tf32(on=precision == "tf32")
        rate = per_second(room.made(batch), precision, SECONDS)
        print(json.dumps({"workload": name, "precision": precision, "plain": rate}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), tuple(sys.argv[3:]) or PRECISIONS)
