"""What a reader must know of how the runs were measured: each a sentence, none of them a reason to refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean

from mlperf_tui.report.ab.seen import Seen
from mlperf_tui.report.numbers import count, gib

HELD_BACK = 0.05
"""Shares of the measured time from which on a limit is told."""

CLOCKS_DIFFER = 0.02
TENANTS = 0.1
"""What others take of the processors from which on it is told."""

HELD_BYTES = 1 << 30
"""A GPU on which nobody works holds less: the driver's own part is some hundred MiB."""

SWAPPED_BYTES = 1 << 20

LIMITS = (("power", "its power limit"), ("thermal", "heat"))


def warnings(seen: Sequence[Seen], arms: Sequence[str]) -> tuple[str, ...]:
    """Of the runs that count, arm by arm; then of those that don't."""
    usable = [one for one in seen if one.process.usable]
    by_arm = {arm: [one for one in usable if one.process.arm == arm] for arm in arms}
    return (
        *_together(usable),
        *_batches(by_arm),
        *_precisions(by_arm),
        *_hosts(by_arm),
        *_clocks_of_time(by_arm),
        *_limits(by_arm),
        *_clocks(by_arm),
        *_tenants(usable),
        *_swap(usable),
        *(f"{one.process.session} counts nowhere: {one.why}" for one in seen if _is_lost(one)),
    )


def _is_lost(one: Seen) -> bool:
    return not one.process.usable and one.process.status in {"finished", "failed", "stopped", "interrupted"}


def _together(usable: list[Seen]) -> Iterator[str]:
    pairs: dict[int, list[Seen]] = {}
    for one in usable:
        if one.turns and one.process.windows:
            pairs.setdefault(one.process.pair, []).append(one)
    if any(_overlap(pair) for pair in pairs.values()):
        yield (
            "the processes of a pair were resident together and took turns: what speed does in time cancels, "
            "each has less memory and cache than alone; the process stays the unit of evidence"
        )


def _batches(by_arm: dict[str, list[Seen]]) -> Iterator[str]:
    """Of arms with unlike many ranks: what such a step is, since the batch that both were given is a rank's."""
    worlds = {arm: {(one.summary.about or {}).get("world") for one in runs} for arm, runs in by_arm.items() if runs}
    steps = {arm: {_samples_a_step(one) for one in by_arm[arm]} for arm in worlds}
    if len({world for known in worlds.values() for world in known}) > 1 and None not in set().union(*steps.values()):
        said = ", ".join(f"{' or '.join(f'{n:,}' for n in known)} in {arm}" for arm, known in steps.items())
        yield f"samples of a step, all processes together: {said}; for as many samples the larger one steps less often"


def _samples_a_step(one: Seen) -> int | None:
    about = one.summary.about or {}
    world, samples = about.get("world"), about.get("samples_per_step")
    return None if not world or not samples else world * samples


def _overlap(pair: list[Seen]) -> bool:
    windows = [one.process.windows for one in pair]
    return len(pair) > 1 and max(of[0].at_s for of in windows) < min(of[-1].at_s for of in windows)


def _precisions(by_arm: dict[str, list[Seen]]) -> Iterator[str]:
    """Which fp32 it was, of arms on a GPU that call it so."""
    told: dict[str, list[str]] = {}
    for arm, runs in by_arm.items():
        for said in sorted({said for one in runs if (said := _tf32(one))}):
            told.setdefault(said, []).append(arm)
    yield from (f"{' and '.join(arms)}: {said}" for said, arms in told.items())


def _tf32(one: Seen) -> str | None:
    about = one.summary.about or {}
    switches = about.get("tf32")
    if one.summary.session.precision != "fp32" or not about.get("gpu_uuid") or not switches:
        return None
    on = sorted(part for part, is_on in switches.items() if is_on)
    return f"TF32 on ({', '.join(on)})" if on else "TF32 off"


def _hosts(by_arm: dict[str, list[Seen]]) -> Iterator[str]:
    told = {arm: sorted({one.summary.session.host for one in runs}) for arm, runs in by_arm.items() if runs}
    if len({host for hosts in told.values() for host in hosts}) > 1:
        yield "several hosts: " + ", ".join(f"{' and '.join(hosts)} for {arm}" for arm, hosts in told.items())


def _clocks_of_time(by_arm: dict[str, list[Seen]]) -> Iterator[str]:
    told = {arm: sorted({one.process.source or "nothing" for one in runs}) for arm, runs in by_arm.items() if runs}
    if len({source for sources in told.values() for source in sources}) > 1:
        said = ", ".join(f"{arm} by {' and '.join(sources)}" for arm, sources in told.items())
        yield f"steps were timed by different clocks: {said}"


def _limits(by_arm: dict[str, list[Seen]]) -> Iterator[str]:
    for limit, words in LIMITS:
        for arm, runs in by_arm.items():
            share = _mean(runs, lambda one, limit=limit: getattr(one.conditions, f"limited_{limit}"))  # type: ignore[misc]
            if share is not None and share > (HELD_BACK if limit == "power" else 0):
                measured_s = sum(one.conditions.measured_s for one in runs)
                yield f"{words} held the clock of {arm} back for {share * measured_s:.0f} of {measured_s:.0f} s"


def _clocks(by_arm: dict[str, list[Seen]]) -> Iterator[str]:
    told = {arm: _mean(runs, lambda one: one.conditions.clock_mhz) for arm, runs in by_arm.items()}
    known = {arm: mhz for arm, mhz in told.items() if mhz}
    if known and max(known.values()) > (1 + CLOCKS_DIFFER) * min(known.values()):
        yield "the GPU's clock differs: " + ", ".join(f"{arm} {mhz:,.0f} MHz" for arm, mhz in known.items())


def _tenants(usable: list[Seen]) -> Iterator[str]:
    """In turns, later pairs start while the one before is still about to go: only the first finds an empty GPU."""
    cores = _mean(usable, lambda one: one.conditions.other_cores)
    cpus = max((one.conditions.cpus or 0 for one in usable), default=0)
    if cores is not None and cpus and cores > TENANTS * cpus:
        yield f"others took {count(cores, 2)} of the host's {cpus} processors meanwhile"
    alone = [one for one in usable if not (one.turns and one.process.pair > 1)]
    held = max((one.conditions.held_bytes or 0.0 for one in alone), default=0.0)
    if held > HELD_BYTES:
        yield f"others held {gib(held)} of a GPU's memory when a run began"


def _swap(usable: list[Seen]) -> Iterator[str]:
    swapped = sum(one.conditions.swapped_bytes or 0.0 for one in usable)
    if swapped > SWAPPED_BYTES:
        yield f"the host swapped {gib(swapped)} in and out while it was measured"


def _mean(runs: Sequence[Seen], find: Callable[[Seen], float | None]) -> float | None:
    known = [value for one in runs if (value := find(one)) is not None]
    return fmean(known) if known else None
