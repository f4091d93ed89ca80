"""What identifies a run: all that must agree between two runs before their numbers may be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlperf_tui.analysis.summary import Summary
from mlperf_tui.catalog import SEVERAL
from mlperf_tui.report.rows import device

Find = Callable[[Summary], Any]


def _about(name: str) -> Find:
    return lambda summary: (summary.about or {}).get(name)


def _plan(name: str) -> Find:
    return lambda summary: summary.plan.get(name)


def _either(about: str, plan: str) -> Find:
    """What the program said of itself, else what was asked for."""
    return lambda summary: _first(_about(about)(summary), _plan(plan)(summary))


def _first(said: Any, asked: Any) -> Any:
    return asked if said is None else said


def _version(name: str) -> Find:
    return lambda summary: (summary.plan.get("versions") or {}).get(name)


def _commit(summary: Summary) -> str | None:
    git = summary.plan.get("git")
    return f"{git['commit'][:12]}{' with changes' if git.get('dirty') else ''}" if git else None


def _command(summary: Summary) -> str | None:
    """Our own workloads' options are compared one by one."""
    return None if summary.plan.get("kind") == "workload" else summary.session.command


def _options(summary: Summary) -> str | None:
    """The options of a workload of ours that no other row compares, in the order of the alphabet."""
    if summary.plan.get("kind") != "workload":
        return None
    words = tuple(summary.plan.get("argv", ()))[PYTHON_WORDS:]
    given = words[3:] if words[:1] == (SEVERAL,) else words[1:]
    return " ".join(sorted(word for word in given if _tells(word))) or None


def _tells(word: str) -> bool:
    return not word.startswith(COMPARED) and word.partition("=")[0] not in WRITTEN


def _environment(summary: Summary) -> str | None:
    """The variables that steer libraries; Slurm's name the job, not what it runs."""
    kept = summary.plan.get("env_kept") or {}
    return " ".join(f"{name}={value}" for name, value in sorted(kept.items()) if not name.startswith("SLURM_")) or None


def _tf32(summary: Summary) -> str | None:
    found = _about("tf32")(summary)
    return ", ".join(f"{part} {'on' if on else 'off'}" for part, on in sorted(found.items())) if found else None


PYTHON_WORDS = 2
"""`python -m` stands before the module, which for several processes is `SEVERAL N MODULE`."""

WRITTEN = ("--checkpoint",)
"""Options of where something is written to: they change nothing that is measured."""

COMPARED = tuple(f"--{name}=" for name in ("precision", "scale", "batch", "data", "seed", "steps", "minutes", "target"))

IDENTITY: dict[str, Find] = {
    "workload": lambda summary: summary.session.workload,
    "command": _command,
    "precision": lambda summary: summary.session.precision,
    "scale": _either("scale", "scale"),
    "batch": _either("samples_per_step", "batch"),
    "ranks": _about("world"),
    "device": device,
    "host": lambda summary: summary.session.host,
    "data": _either("data", "data"),
    "seed": _plan("seed"),
    "steps asked for": _plan("steps"),
    "minutes asked for": _plan("minutes"),
    "target": _either("target", "target"),
    "options": _options,
    "environment": _environment,
    "torch": _about("torch"),
    "CUDA": _about("cuda"),
    "cuDNN": _about("cudnn"),
    "TF32": _tf32,
    "Python": _version("python"),
    "mlperf-tui": _version("mlperf-tui"),
    "commit": _commit,
    "unit": lambda summary: summary.throughput.unit,
}
"""What tells one run from another, by label. None is unknown."""

WANTED = ("precision", "batch", "device", "data", "seed", "torch", "commit")
"""What a fair comparison needs to know: said when neither run tells it."""
