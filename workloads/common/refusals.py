"""What a device can't do, said in one sentence: asked before torch is loaded where that is possible."""

from __future__ import annotations

from workloads.common.options import Options, Refusal


def refuse_precision(name: str, kind: str, capability: tuple[int, int] | None = None) -> None:
    """Raise a Refusal when a device of this `kind` (cpu, cuda) and compute capability can't train in `name`."""
    if kind == "cpu" and name in {"tf32", "amp-fp16"}:
        raise Refusal(f"a CPU can't train in {name}: use --precision fp32 or amp")
    if name in {"tf32", "amp-bf16"} and capability is not None and capability < (8, 0):
        major, minor = capability
        raise Refusal(f"{name} needs a GPU of compute capability 8.0 or newer, and this one has {major}.{minor}")


def refuse_early(options: Options) -> None:
    """Raise a Refusal for what the options alone rule out."""
    if options.device == "cpu" and options.precision:
        refuse_precision(options.precision, "cpu")
    if options.device == "cpu" and options.cudnn_benchmark:
        raise Refusal("--cudnn-benchmark needs a GPU: leave it out with --device cpu")
