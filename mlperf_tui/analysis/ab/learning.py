"""Does B learn the same as A? Losses at equal samples, seed by seed, beside what a change of seed alone does."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from statistics import fmean, stdev, variance

from mlperf_tui.analysis.ab.evidence import Process
from mlperf_tui.analysis.ab.outcomes import outcomes
from mlperf_tui.analysis.ab.result import Learning
from mlperf_tui.analysis.ab.welch import ALPHA, critical
from mlperf_tui.frozen import frozen

SAME, DIFFERS, CANNOT_TELL = "same", "differs", "cannot_tell"

FEWEST_SEEDS = 3
STRETCH = 0.1
"""A loss is the mean over this share of the samples that all have trained: one step's loss is mostly noise."""

MARGIN = 1.0
"""In seed spreads. Losses that differ by less are the same: so much is done by a change of seed, which nobody minds."""

FALL_SHARE, FALL_SPREADS = 0.05, 3.0
"""Before a loss has fallen by both of these nothing has been learned that could differ."""


@frozen
class Curves:
    """Mean losses at the end of the common samples, pair by pair, and each arm's fall from their beginning."""

    at_samples: float
    a: tuple[float, ...]
    b: tuple[float, ...]
    fall: float
    fall_share: float

    @property
    def seed_spread(self) -> float:
        """What a change of seed alone does: the standard deviation within an arm, both arms pooled."""
        return math.sqrt((variance(self.a) + variance(self.b)) / 2)


def learning(a: Sequence[Process], b: Sequence[Process]) -> Learning:
    """The verdict on usable processes of both arms; what they counted and reached is told in any case."""
    return replace(
        _verdict(a, b),
        nan_steps_a=sum(process.nan_steps for process in a),
        nan_steps_b=sum(process.nan_steps for process in b),
        skipped_steps_a=sum(process.skipped_steps for process in a),
        skipped_steps_b=sum(process.skipped_steps for process in b),
        **outcomes(a, b),
    )


def _verdict(a: Sequence[Process], b: Sequence[Process]) -> Learning:
    broken = [sum(_is_broken(process) for process in arm) for arm in (a, b)]
    if any(broken):
        return _of_broken(a, b, broken)
    if not all(process.can_be_learned for process in (*a, *b)):
        return Learning(CANNOT_TELL, "one batch is repeated: such data can't be learned")
    pairs = _by_seed(a, b)
    if len(pairs) < FEWEST_SEEDS:
        seeds = "no seed" if not pairs else "one seed" if len(pairs) == 1 else f"{len(pairs)} seeds"
        return Learning(CANNOT_TELL, f"{seeds} in both arms, {FEWEST_SEEDS} are needed to know what a seed does")
    if not all(process.losses for pair in pairs for process in pair):
        return Learning(CANNOT_TELL, "not every process told its losses")
    curves = _curves(pairs)
    if curves is None:
        return Learning(CANNOT_TELL, "the processes have too few losses in common to compare them at equal samples")
    return _judge(curves)


def _judge(curves: Curves) -> Learning:
    differences = [b - a for a, b in zip(curves.a, curves.b, strict=True)]
    mean, spread = fmean(differences), curves.seed_spread
    half = critical(ALPHA, len(differences) - 1) * stdev(differences) / math.sqrt(len(differences))
    told = Learning(
        CANNOT_TELL,
        "",
        curves.at_samples,
        fmean(curves.a),
        fmean(curves.b),
        mean,
        mean - half,
        mean + half,
        spread,
    )
    conclusion, why = _conclude(curves, mean, half)
    return replace(told, conclusion=conclusion, why=why)


def _conclude(curves: Curves, mean: float, half: float) -> tuple[str, str]:
    """Same: the whole interval lies within the margin (two one-sided tests, Schuirmann 1987, at 2.5 % each)."""
    spread = curves.seed_spread
    known = f"at {curves.at_samples:,.0f} samples the loss differs by {mean:+.2g} ±{half:.2g}"
    if spread == 0:
        return CANNOT_TELL, f"{known}; the seed changes nothing, so what it may do is not known"
    if curves.fall < FALL_SPREADS * spread or curves.fall_share < FALL_SHARE:
        return CANNOT_TELL, f"too few samples: in {curves.at_samples:,.0f} the loss has {_way(curves.fall_share)}"
    known += f", a change of seed alone moves it by {spread:.2g}"
    if abs(mean) + half <= MARGIN * spread:
        return SAME, f"same within seed noise: {known}"
    if abs(mean) - half > 0 and abs(mean) > MARGIN * spread:
        return DIFFERS, f"differs by more than seed noise: {known}"
    return CANNOT_TELL, f"{known}: more pairs would tell"


def _way(fall_share: float) -> str:
    """What the loss did, of the arm in which it fell most."""
    moved = f"by {100 * abs(fall_share):.1f} %"
    return f"risen {moved}" if fall_share < 0 else f"fallen {moved} only"


def _by_seed(a: Sequence[Process], b: Sequence[Process]) -> list[tuple[Process, Process]]:
    """Processes of the same seed, or of the same pair where no seed is known."""
    of_b = {_key(process): process for process in b}
    of_a = {_key(process): process for process in a}
    return [(process, of_b[key]) for key, process in of_a.items() if key in of_b]


def _key(process: Process) -> Hashable:
    return ("pair", process.pair) if process.seed is None else ("seed", process.seed)


def _curves(pairs: Sequence[tuple[Process, Process]]) -> Curves | None:
    """None where a process has no loss in the first or the last stretch of what all have trained."""
    both = [process for pair in pairs for process in pair]
    at = min(process.losses[-1][0] for process in both)
    first = [_mean_loss(process, 0.0, STRETCH * at) for process in both]
    last = [_mean_loss(process, (1 - STRETCH) * at, at) for process in both]
    began = [loss for loss in first if loss is not None]
    ended = [loss for loss in last if loss is not None]
    if len(began) < len(both) or len(ended) < len(both):
        return None
    falls = [fmean(began[arm::2]) - fmean(ended[arm::2]) for arm in (0, 1)]
    fall = max(falls)
    share = fall / abs(fmean(began)) if fmean(began) else 0.0
    return Curves(at, tuple(ended[0::2]), tuple(ended[1::2]), fall, share)


def _mean_loss(process: Process, after: float, until: float) -> float | None:
    losses = [loss for samples, loss in process.losses if after < samples <= until]
    return fmean(losses) if losses else None


def _is_broken(process: Process) -> bool:
    return process.nan_steps > 0 or not all(math.isfinite(loss) for _, loss in process.losses)


def _of_broken(a: Sequence[Process], b: Sequence[Process], broken: Sequence[int]) -> Learning:
    """One arm that loses its numbers while the other keeps them is a difference that needs no statistics."""
    if all(broken):
        return Learning(CANNOT_TELL, "the loss was NaN or infinite in both arms")
    arm, count = (a, broken[0]) if broken[0] else (b, broken[1])
    return Learning(
        DIFFERS, f"the loss of {arm[0].arm} was NaN or infinite in {count} of {len(arm)} processes, the other's never"
    )
