"""Lines of an experiment without a screen: what the runner does, each thing once."""

from __future__ import annotations

from pathlib import Path

from mlperf_tui.headless.experiment import News, follow
from mlperf_tui.records import Alarm, Clock, End, Record, Stage, encode
from mlperf_tui.session.experiments import ExperimentFolder
from tests.report.ab import turning
from tests.report.ab.turning import Arm

SECOND = 1_000_000_000
FP32, AMP = Arm("fp32", (400.0, 402.0)), Arm("amp-bf16", (1640.0, 1652.0))


def starting(second: int, arm: str, pair: int = 1) -> Stage:
    """As the runner writes it of each run that it starts."""
    return Stage(second * SECOND, f"starting {arm}", pair, arm, f"s-{pair}-{arm}")


def test_runs_that_start_together_are_one_line(tmp_path: Path) -> None:
    """Once something else is done; that they start is the experiment's news, and so may the pair before be whole."""
    news = written(
        tmp_path, starting(0, "fp32"), starting(0, "amp"), Stage(3 * SECOND, "warming up fp32", 1, "fp32", "s")
    )
    assert list(news.lines()) == ["00:00:00  pair 1: starting fp32 and amp", "00:00:03  pair 1: warming up fp32"]
    assert news.goes_on
    assert list(news.lines()) == []
    assert not news.goes_on


def test_a_runner_that_says_it_once_more_is_not_repeated(tmp_path: Path) -> None:
    """Older ones wrote a line for both, which names no run."""
    both = Stage(0, "starting fp32 and amp", 1)
    news = written(tmp_path, starting(0, "fp32"), starting(0, "amp"), both)
    assert list(news.lines(last=True)) == ["00:00:00  pair 1: starting fp32 and amp"]


def test_one_that_starts_alone_is_told_as_soon_as_nothing_follows(tmp_path: Path) -> None:
    """Of runs that go to their end one after the other each start is news."""
    news = written(tmp_path, starting(0, "fp32"))
    assert list(news.lines()) == []
    assert list(news.lines()) == ["00:00:00  pair 1: starting fp32"]
    write(tmp_path, starting(60, "amp"), Alarm(61 * SECOND, "apart", "both at once failed"))
    assert list(news.lines()) == ["00:01:00  pair 1: starting amp", "00:01:01  alarm: both at once failed"]


def test_pairs_are_kept_apart(tmp_path: Path) -> None:
    """The next pair's runs start while the last ones of this one end."""
    news = written(
        tmp_path, starting(0, "amp"), starting(1, "amp", 2), starting(1, "fp32", 2), End(2 * SECOND, "failed", "x")
    )
    assert list(news.lines()) == ["00:00:00  pair 1: starting amp", "00:00:01  pair 2: starting amp and fp32"]


def test_an_experiment_that_has_ended(tmp_path: Path) -> None:
    """All its lines, and what its pairs came to."""
    said: list[str] = []
    follow(turning.experiment(tmp_path, [FP32, AMP]), said.append)
    starts = ["00:00:00  pair 1: starting fp32 and amp-bf16", "00:00:40  pair 2: starting amp-bf16 and fp32"]
    assert said[:2] == starts
    assert said[2].startswith("after 2 pairs: ")
    assert len(said) == 3


def written(root: Path, *records: Record) -> News:
    """Of an experiment whose runner has written these."""
    (root / "log-0.jsonl").write_text(encode(Clock(0, 0, "h", "b")) + "\n")
    write(root, *records)
    return News(ExperimentFolder(root))


def write(root: Path, *records: Record) -> None:
    """More of them."""
    with (root / "log-0.jsonl").open("a") as file:
        file.write("".join(encode(record) + "\n" for record in records))
