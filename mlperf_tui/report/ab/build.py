"""The answer of an experiment, made from its sessions, and kept beside them; and that of stored sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from mlperf_tui.analysis.ab.conclude import conclude, conclude_stored
from mlperf_tui.analysis.ab.counting import uncounted
from mlperf_tui.analysis.ab.result import Ab
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.records import Clock, Plan
from mlperf_tui.report.ab.as_json import as_json
from mlperf_tui.report.ab.likeness import CHOICES, NO_FACTOR, factor_of, is_known, refusals, value_of
from mlperf_tui.report.ab.read import Reader
from mlperf_tui.report.ab.seen import Seen
from mlperf_tui.report.ab.warnings import warnings
from mlperf_tui.report.identity import IDENTITY, WRITTEN
from mlperf_tui.session.experiments import ExperimentFolder
from mlperf_tui.session.folder import Folder, write_whole
from mlperf_tui.session.span import first_clock

SHORT = 24
"""A value up to so many signs may name an arm."""


def build(experiment: ExperimentFolder, reader: Reader | None = None) -> Ab:
    """The answer as of now. Whoever asks again and again keeps a `reader`, so that little is read twice.

    A session that can't be read counts nowhere, and is said. Raises MlperfTuiError when the experiment can't be read.
    """
    plan = experiment.plan()
    origin = next((record for record in experiment.records() if isinstance(record, Clock)), None)
    found, unreadable = _sessions(experiment, reader or Reader(), origin)
    seen = _settled(found)
    counted = [(arm, one.summary) for arm in plan.arms for one in seen if _counts(one, arm)]
    ab = conclude(
        plan.factor,
        plan.arms,
        plan.within,
        plan.most_pairs,
        [one.process for one in seen],
        refusals(counted, plan.factor),
        (*warnings(seen, plan.arms), *unreadable),
    )
    return replace(ab, unit=plan.unit)


def store(experiment: ExperimentFolder, ab: Ab) -> None:
    """Write report.json, whole. Raises OSError where it can't be written."""
    write_whole(experiment.summary, as_json(ab, experiment.plan()) + "\n")


def compare(a: Sequence[Folder], b: Sequence[Folder], within: float = 0.02, factor: str | None = None) -> Ab:
    """Stored sessions held against each other, each arm as many as there are; stopped ones count too.

    The `factor` is a label of IDENTITY or an option of `run`; where it isn't told it is what a person varies on
    purpose (`likeness.CHOICES`), if the arms differ in it. Raises MlperfTuiError when a session can't be read, and for
    a factor that none of them knows.
    """
    reader = Reader(stopped_counts=True)
    origin = next((clock for folder in (*a, *b) if (clock := first_clock(folder)) is not None), None)
    found = [[reader.seen(folder, origin) for folder in arm] for arm in (a, b)]
    runs = [(name, one.summary) for name, arm in zip("AB", found, strict=True) for one in arm]
    if factor is not None and f"--{factor}" in WRITTEN:
        raise MlperfTuiError(f"--factor {factor}: where something is written to changes nothing that is measured")
    if factor is not None and not is_known(runs, factor):
        raise MlperfTuiError(f"--factor {factor}: no run was given it, and it is none of {', '.join(IDENTITY)}")
    varied = factor or factor_of(runs) or NO_FACTOR
    names = _names(found, varied)
    seen = [_placed(one, name, at) for name, arm in zip(names, found, strict=True) for at, one in enumerate(arm, 1)]
    counted = [(name, one.summary) for name in names for one in seen if _counts(one, name)]
    refused = refusals(counted, varied, made=False)
    return conclude_stored(varied, names, within, [one.process for one in seen], refused, warnings(seen, names))


def _sessions(experiment: ExperimentFolder, reader: Reader, origin: Clock | None) -> tuple[list[Seen], list[str]]:
    """All that can be read, in the order of launch; a sentence for each that can't."""
    plans: list[tuple[Folder, Plan]] = []
    unreadable = []
    for folder in experiment.sessions():
        try:
            plans.append((folder, folder.plan()))
        except MlperfTuiError as error:
            unreadable.append(f"{error}: it counts nowhere")
    seen = []
    for _, group in groupby(plans, key=lambda one: one[1].pair):
        pair = [folder for folder, _ in group]
        seen += [reader.seen(folder, origin, pair) for folder in pair]
    return seen, unreadable


def _settled(seen: Sequence[Seen]) -> list[Seen]:
    """Without those for evidence that do not count, each with the reason."""
    why = uncounted([one.process for one in seen])
    return [_lost(one, why[one.process.session]) if one.process.session in why else one for one in seen]


def _lost(seen: Seen, why: str) -> Seen:
    return replace(seen, process=replace(seen.process, usable=False), why=why)


def _counts(seen: Seen, arm: str) -> bool:
    return seen.process.usable and seen.process.arm == arm


def _names(found: Sequence[Sequence[Seen]], factor: str) -> tuple[str, str]:
    """What the arms are called: by the factor's values where these are short and tell them apart, else A and B."""
    if factor not in CHOICES:
        return "A", "B"
    a, b = ({value_of(one.summary, factor) for one in arm} for arm in found)
    one, other = "".join(sorted(a)), "".join(sorted(b))
    tells = len(a) == len(b) == 1 and one != other and max(len(one), len(other)) <= SHORT
    return (one, other) if tells else ("A", "B")


def _placed(seen: Seen, arm: str, pair: int) -> Seen:
    return replace(seen, process=replace(seen.process, arm=arm, pair=pair))
