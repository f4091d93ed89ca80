"""How much of the 5 % each look may spend, so that looking after every pair, and stopping at any, stays honest.

The intervals are repeated confidence intervals (Jennison & Turnbull 2000, Group Sequential Methods, chapter 9): the
5 % are spent over the looks (Lan & DeMets 1983, Biometrika 70), each look has a level of its own, and the level is put
into Student's t (Pocock 1977, Biometrika 64). All of them together hold the truth in 95 of 100 experiments, whenever
and for whatever reason one stops. That was simulated (60,000 experiments; also tests/analysis/ab/test_looking.py): of
all looks up to 20 pairs, and up to 64, at least one misses in 4.2 and 4.7 % where processes scatter by 0.4 and 0.9 %,
in 3.2 and 3.7 % where both do alike, in 4.6 and 5.1 % where one does three times as much.

Two and three pairs get little, as hardly any experiment can end there. Four get most: that is the first look at which
one ends by itself. What is left falls with the cube of the pairs, as fast as an interval narrows anyway, so that a
later look is seldom wider than one before.
"""

from __future__ import annotations

FIRST_STOP = 4
"""Two blocks of A B B A: the first look that may end an experiment."""

MOST_PAIRS = 64
"""The levels are made for so many looks."""

EARLY = {2: 0.005, 3: 0.004}
AT_FIRST_STOP = 0.0275
LEAST = 0.001


def level(pairs: int) -> float:
    """The two-sided significance level of the look after so many pairs; at least two."""
    return EARLY.get(pairs) or max(AT_FIRST_STOP * (FIRST_STOP / pairs) ** 3, LEAST)


def looks_due(pairs: int) -> bool:
    """Whether an experiment may end after so many pairs: whole blocks A B B A only, two of them at least."""
    return pairs >= FIRST_STOP and pairs % 2 == 0
