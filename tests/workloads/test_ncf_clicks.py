"""NCF's clicks: made, read from MovieLens' files, split, and turned into batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workloads.ncf_helpers import (
    CPU,
    CSV_HEADER,
    EACH,
    FILMS,
    USERS,
    movielens,
    options,
    pairs,
)
from workloads.common.options import Options, Refusal
from workloads.ncf.__main__ import main
from workloads.ncf.batches import Ranking, Training, noise, samples
from workloads.ncf.clicks import clicks
from workloads.ncf.data import refuse_few, synthetic
from workloads.ncf.interactions import interactions, leave_one_out
from workloads.ncf.layout import refuse_data
from workloads.ncf.movielens import read
from workloads.ncf.recipe import TINY


def test_the_latest_click_is_left_out() -> None:
    """By time, not by order in the file; who clicked once trains; a pair given twice counts once, at its latest."""
    every = interactions([7, 7, 7, 9, 7], [50, 60, 70, 60, 50], [30, 10, 20, 5, 15])
    assert (every.user_count, every.item_count) == (2, 3)
    train, held_out = leave_one_out(every)
    assert pairs(train) == {(0, 1), (0, 2), (1, 1)}
    assert pairs(held_out) == {(0, 0)}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99)), min_size=1, max_size=60))
def test_the_split_loses_nothing(rows: list[tuple[int, int, int]]) -> None:
    """Each pair is on one side; one a user is held out, and none of its user's is later."""
    users, items, times = (list(column) for column in zip(*rows, strict=True))
    every = interactions(users, items, times)
    train, held_out = leave_one_out(every)
    assert pairs(train) | pairs(held_out) == pairs(every)
    assert not pairs(train) & pairs(held_out)
    assert len(pairs(every)) == len({(u, i) for u, i, _ in rows})
    names, titles = sorted(set(users)), sorted(set(items))
    latest = {(u, i): max(t for u2, i2, t in rows if (u2, i2) == (u, i)) for u, i, _ in rows}
    for user, item in pairs(held_out):
        mine = {pair: t for pair, t in latest.items() if pair[0] == names[user]}
        assert len(mine) > 1
        assert latest[names[user], titles[item]] == max(mine.values())


def test_made_clicks_have_taste() -> None:
    """The same each time; so many different items each; far more alike between some users than chance would have."""
    every = clicks(300, 200, 20)
    assert pairs(every) == pairs(clicks(300, 200, 20))
    assert np.bincount(every.users).tolist() == [20] * 300
    by_user = np.zeros((300, 200))
    by_user[every.users, every.items] = 1
    common = (by_user @ by_user.T)[~np.eye(300, dtype=bool)]
    assert common.max() >= 12  # by chance two users share 2 of 20


def test_an_epoch_has_each_click_once() -> None:
    """And four items to each that its user didn't click in training; other ones in the next epoch, in another order."""
    train, _ = leave_one_out(clicks(50, 60, 10))
    batches = Training(train, 450, 5, 2, seed=3)
    assert (samples(train), len(batches)) == (5 * 450, 10)
    epochs = []
    for epoch in (0, 1):
        users, items, clicked = (
            torch.cat(parts) for parts in zip(*(batches[5 * epoch + i] for i in range(5)), strict=True)
        )
        drawn = list(zip(users.tolist(), items.tolist(), clicked.tolist(), strict=True))
        positive = [(user, item) for user, item, click in drawn if click]
        assert sorted(positive) == sorted(pairs(train))
        assert not {(user, item) for user, item, click in drawn if not click} & pairs(train)
        epochs.append((positive, sorted(drawn)))
    assert all(first != second for first, second in zip(*epochs, strict=True))
    (_, first, clicked), (_, second, _) = batches[0], batches[5]
    alike = (first == second)[clicked == 0].float().mean()
    assert alike < 0.1  # by chance 1 in 60


@pytest.mark.parametrize("number", [0, 7])
def test_a_batch_hangs_on_seed_and_number_alone(number: int) -> None:
    """Whichever worker makes it, and whatever it made before."""
    train, _ = leave_one_out(clicks(50, 60, 10))
    one, other = Training(train, 450, 5, 2, seed=3), Training(train, 450, 5, 2, seed=3)
    other[9 - number]
    assert all(torch.equal(a, b) for a, b in zip(one[number], other[number], strict=True))
    assert not torch.equal(one[number][1], Training(train, 450, 5, 2, seed=4)[number][1])


def test_candidates_are_new_to_the_user() -> None:
    """The held-out click once, the rest different items never clicked; the same in every evaluation."""
    every = clicks(70, 60, 10)
    _, held_out = leave_one_out(every)
    ranking = Ranking(every, held_out, 30, at_once=32)
    assert len(ranking) == 3
    users, items, clicked = (torch.cat(parts) for parts in zip(*(ranking[i] for i in range(3)), strict=True))
    assert (users.shape, items.shape) == ((70,), (70, 31))
    assert set(zip(users.tolist(), items[clicked].tolist(), strict=True)) == pairs(held_out)
    for user, row, is_click in zip(users.tolist(), items, clicked, strict=True):
        assert len(set(row.tolist())) == 31
        assert not {(user, item) for item in row[~is_click].tolist()} & pairs(every)
    assert len(set(clicked.nonzero()[:, 1].tolist())) > 10
    assert torch.equal(ranking[1][1], Ranking(every, held_out, 30, at_once=32)[1][1])


def test_synthetic_is_one_batch_on_the_device() -> None:
    """The same tensors again and again; a fifth of the samples are clicks; the seed decides the rest."""
    data = synthetic(replace(TINY, batch=100), CPU, Options("synthetic", seed=5))
    batches = list(data.train)
    assert len(batches) == data.steps_per_epoch == 500
    assert all(batch is batches[0] for batch in batches)
    assert int(batches[0][2].sum()) == 20
    assert data.held_out is None
    assert not torch.equal(batches[0][0], next(iter(noise(100, 2000, 400, 1, CPU, 6)))[0])


def test_both_layouts_say_the_same(tmp_path: Path) -> None:
    """ratings.csv of ml-20m and ratings.dat of ml-1m: same users, items, order in time."""
    one, other = (read(movielens(tmp_path / name, by)) for name, by in (("csv", ","), ("dat", "::")))
    assert (one.user_count, one.item_count, len(pairs(one))) == (USERS, FILMS, USERS * EACH)
    assert pairs(one) == pairs(other)
    assert pairs(leave_one_out(one)[1]) == pairs(leave_one_out(other)[1])
    # (k · 5) mod 9 is largest for k = 7: the latest film of the first user is the one with 1 · 7 + 7 · 11
    assert (0, 84) in pairs(leave_one_out(one)[1])


def _spoilt(line: str, number: int) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        file = root / "ratings.csv"
        lines = file.read_text().splitlines()
        lines[number - 1] = line
        file.write_text("\n".join(lines) + "\n")

    return spoil


def _no_file(root: Path) -> None:
    (root / "ratings.csv").rename(root / "movies.csv")


def _header_only(root: Path) -> None:
    (root / "ratings.csv").write_text(CSV_HEADER)


def _empty(root: Path) -> None:
    (root / "ratings.csv").write_text("")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_no_file, r"has no ratings\.csv or ratings\.dat"),
        (_empty, r"no ratings in .*ratings\.csv"),
        (_header_only, r"no ratings in .*ratings\.csv"),
        (_spoilt("1,2", 2), r"line 2 is no rating: it needs user,item,rating,timestamp, not '1,2'"),
        (_spoilt("1::2::3::4", 2), "line 2 is no rating"),
    ],
)
def test_a_folder_is_refused_before_torch(spoil: Callable[[Path], None], says: str, tmp_path: Path) -> None:
    """What is missing, or how the file begins, is told by the check that comes first."""
    folder = movielens(tmp_path / "ml", ",")
    refuse_data(options("--data", str(folder)))
    spoil(folder)
    with pytest.raises(Refusal, match=says):
        main(["--data", str(folder)])


@pytest.mark.parametrize("line", ["1,two,3.5,1000000000", "1,2,3.5", "1,2,3.5,1000000000,5", "1,2,good,1000000000"])
def test_a_broken_line_is_named(line: str, tmp_path: Path) -> None:
    """In mid-file: the line's number and what stands there."""
    folder = movielens(tmp_path / "ml", ",")
    _spoilt(line, 57)(folder)
    with pytest.raises(Refusal, match=f"line 57 is no rating: .*, not '{line}'"):
        read(folder)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--data", "nowhere"], "no data folder nowhere: --data takes clicks, synthetic, or a folder with ratings.csv"),
        (["--data", "x" * 5000], "xxx: File name too long"),
        (["--data", __file__], "is a file: --data takes the folder"),
        (["--data", "synthetic", "--target", "0.5"], "nothing to evaluate"),
        (["--precision", "tf32", "--device", "cpu"], "a CPU can't train in tf32"),
        (["--scale", "huge"], "invalid choice: 'huge'"),
    ],
)
def test_options_are_refused(words: list[str], says: str) -> None:
    """Each by a sentence, before torch is loaded."""
    with pytest.raises(Refusal) as refused:
        main(words)
    assert says in str(refused.value)


def test_too_few_to_rank() -> None:
    """A user who rated nearly all leaves too few items to rank among; nobody with two ratings leaves nothing."""
    refuse_few("x", interactions([1, 1, 2], [1, 2, 3], [1, 2, 3]), 1)
    with pytest.raises(Refusal, match=r"x has 3 items, too few to rank among 2 .*: one has rated 2"):
        refuse_few("x", interactions([1, 1, 2], [1, 2, 3], [1, 2, 3]), 2)
    with pytest.raises(Refusal, match="nobody in x has two ratings"):
        refuse_few("x", interactions([1, 2], [1, 2], [1, 2]), 1)
