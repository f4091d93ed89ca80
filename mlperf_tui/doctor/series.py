"""Which series have values, on which GPUs, and why not."""

from __future__ import annotations

from collections.abc import Iterator

from mlperf_tui.doctor.groups import alike
from mlperf_tui.doctor.nvml import Told
from mlperf_tui.doctor.remedies import remedy
from mlperf_tui.report.doctor import MISSING, SHOWN, Finding


def series(told: Told, room: str, names: tuple[tuple[str, str], ...], gpus: tuple[int, ...]) -> Iterator[Finding]:
    """For each of the names (a finding's `what` and the sampler's series), what holds for these GPUs."""
    for what, name in names:
        seen = tuple(index for index in gpus if index in told.seen.get(name, ()))
        if seen:
            source = told.source(name)
            yield Finding(room, what, SHOWN, f"shown, by {source}" if source else "shown", source, gpus=seen)
        rest = (index for index in gpus if index not in seen)
        for reason, whom in alike(rest, lambda index, name=name: told.reason(name, index)).items():  # type: ignore[misc]
            yield Finding(room, what, MISSING, reason, remedy=remedy(reason), gpus=tuple(whom))
