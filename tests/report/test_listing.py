"""The list as lines: what each session says of itself, from its summary or from its files."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from mlperf_tui.records import Clock, Plan, Stage, Step, encode
from mlperf_tui.report.build import store
from mlperf_tui.report.listed import counted
from mlperf_tui.report.listed_experiment import listed_experiment
from mlperf_tui.report.listing import completed, listed, listing
from mlperf_tui.report.pace import pace
from mlperf_tui.report.rename import rename
from mlperf_tui.session import lock
from mlperf_tui.session.alive import myself
from mlperf_tui.session.folder import Folder
from mlperf_tui.steps.facts import boot_id, hostname
from tests.session.test_experiments import made

RECORDED = Path(__file__).parent.parent / "recorded"
STARTED_S = 1_795_511_524.0
"""When the generated sessions say that they were started."""


@pytest.fixture
def h100(tmp_path: Path) -> Folder:
    return Folder(Path(shutil.copytree(RECORDED / "one-h100", tmp_path / "s-one-h100")))


def test_a_table_of_lines(h100: Folder) -> None:
    """A heading, and all that is known, how long it lasted included."""
    store(h100)
    [heading, line] = listing(h100.path.parent)
    assert heading.split() == [
        "session",
        "name",
        "status",
        "workload",
        "precision",
        "throughput",
        "age",
        "lasted",
        "size",
    ]
    for said in ("finished", "amp-bf16", "4,010 images/s", "00:00:39"):
        assert said in line


def test_an_empty_root_says_what_to_do(tmp_path: Path) -> None:
    """In one sentence."""
    [line] = listing(tmp_path)
    assert line == f"no session yet: start one with `mlperf-tui run resnet50`; it will be kept in {tmp_path}"


@pytest.mark.parametrize("name", ["cpu-digits", "eight-gpus", "failed", "gpu-lost", "sixteen-gpus", "one-h100"])
def test_with_and_without_a_summary_it_says_the_same(tmp_path: Path, name: str) -> None:
    """What the records tell is what the summary was made of."""
    folder = Folder(Path(shutil.copytree(RECORDED / name, tmp_path / name)))
    from_files = completed(folder, listed(folder, 0.0))
    store(folder)
    stored = listed(folder, 0.0)
    assert not from_files.told
    assert stored.told
    assert completed(folder, stored) is stored
    assert stored.rate == pytest.approx(from_files.rate)
    assert stored.precision == from_files.precision
    assert stored.lasted_s == pytest.approx(from_files.lasted_s, abs=1.5)


def test_precision_is_the_programs_own(tmp_path: Path) -> None:
    """Also before there is a summary: what was asked for may have been resolved."""
    folder = Folder(Path(shutil.copytree(RECORDED / "one-h100", tmp_path / "s")))
    body = json.loads(folder.session.read_text())
    body["plan"]["precision"] = "amp"
    folder.session.write_text(json.dumps(body))
    assert listed(folder, 0.0).precision == "amp-bf16"


def test_a_live_session_lasts_until_now(tmp_path: Path) -> None:
    """Whatever summary an earlier recorder left."""
    folder = Folder(tmp_path / "s-live")
    folder.path.mkdir()
    plan = Plan("s-live", "command", "x", ("x",), "/", hostname(), "2026-11-24T09:12:04Z", grace_s=7.0)
    folder.session.write_text(encode(plan))
    folder.summary.write_text('{"session": {"duration_s": 1.0}, "throughput": {"mean": 2.0}}')
    held = lock.Lock.take(folder.lock)
    assert held is not None
    held.write(lock.Holders(hostname(), boot_id(), myself(), myself()))
    row = listed(folder, STARTED_S + 90)
    held.close()
    assert (row.status, row.lasted_s, row.rate, row.grace_s) == ("running", 90.0, None, 7.0)


@pytest.mark.parametrize(("ago_s", "said"), [(5, "8.00 samples/s"), (166, "running, no step for 00:02:46")])
def test_a_stalled_run_is_not_fast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ago_s: int, said: str) -> None:
    """After a minute without a step the line says for how long, and no rate."""
    folder = Folder(tmp_path / "s-live")
    folder.path.mkdir()
    folder.session.write_text(encode(Plan("s-live", "command", "x", ("x",), "/", hostname(), "2026-11-24T09:12:04Z")))
    steps = (Step((n + 1) * 1_000_000_000, n, 8, 0.5, 0.5) for n in range(100))
    (folder.path / "steps-0-0.jsonl").write_text("".join(encode(step) + "\n" for step in steps))
    held = lock.Lock.take(folder.lock)
    assert held is not None
    held.write(lock.Holders(hostname(), boot_id(), myself(), myself()))
    monkeypatch.setattr(time, "monotonic_ns", lambda: (100 + ago_s) * 1_000_000_000)
    [_, line] = listing(tmp_path)
    held.close()
    assert said in line
    assert ("samples/s" in line) == ("samples/s" in said)


def test_an_unreadable_session_costs_one_line(tmp_path: Path, h100: Folder) -> None:
    """With the reason; the others are listed."""
    bad = tmp_path / "s-bad"
    bad.mkdir()
    (bad / "session.json").write_text("nonsense")
    lines = "\n".join(listing(tmp_path))
    assert "s-bad can't be read" in lines
    assert "4,010 images/s" in lines


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "{}", '{"session": {}}', '{"session": {}, "throughput": {}}', '{"session": 5, "throughput": 5}'],
)
def test_a_broken_summary_is_none(h100: Folder, text: str) -> None:
    """It is read from the files then, or is unknown; nothing raises."""
    h100.summary.write_text(text)
    assert listed(h100, 0.0).status == "finished"


def test_renamed_everywhere(h100: Folder) -> None:
    """In the plan and in the summary, of which nothing else changes."""
    store(h100)
    before = json.loads(h100.summary.read_text())
    rename(h100, "another")
    after = json.loads(h100.summary.read_text())
    assert after["session"]["name"] == after["plan"]["name"] == h100.plan().name == "another"
    after["session"]["name"] = after["plan"]["name"] = before["session"]["name"]
    assert after == before


@pytest.mark.parametrize("text", [None, "nonsense", "{}"])
def test_renamed_without_a_summary(h100: Folder, text: str | None) -> None:
    """One that is broken is left as it is."""
    if text is not None:
        h100.summary.write_text(text)
    rename(h100, None)
    assert h100.plan().name is None
    assert (h100.summary.read_text() if text is not None else None) == text


def test_a_date_that_is_none_costs_one_line(h100: Folder) -> None:
    """As any other plan that can't be read."""
    body = json.loads(h100.session.read_text())
    body["plan"]["utc"] = "yesterday"
    h100.session.write_text(json.dumps(body))
    assert listed(h100, 0.0).status == "unreadable"


def test_a_rollup_of_another_shape_costs_the_numbers_only(h100: Folder) -> None:
    """The status is still told, and why there is no more; there is no line for it either."""
    minute = {"t0": 1, "t1": 2, "offsets": {}, "series": {}, "ranks": {"0": {"host": {"odd": 1}}}}
    for path in h100.steps():
        path.unlink()
    h100.printed.unlink()
    h100.rollup("vm").write_text(json.dumps({"minute": minute}) + "\n")
    row = completed(h100, listed(h100, 0.0))
    assert (row.status, row.rate) == ("finished", None)
    assert "its records can't be read" in row.detail
    assert pace(h100) == ()


def test_an_experiment_is_one_line(tmp_path: Path, h100: Folder) -> None:
    """Its runs are folded under it: they are told when asked for, in the order of their launch."""
    folder = made(tmp_path, name="amp or not")
    folder.summary.write_text('{"ratio": 4.1234, "conclusion": "faster", "sentence": "4.1 times faster"}')
    [_, *lines] = listing(tmp_path)
    assert [line.split()[0] for line in lines] == [folder.id, h100.id]
    for said in ("amp or not", "finished", "resnet50", "fp32 | amp", "×4.12", "00:01:01"):
        assert said in lines[0]
    [_, *lines] = listing(tmp_path, unfolded=True)
    assert [line.split()[0] for line in lines] == [folder.id, *(run.id for run in folder.sessions()), h100.id]
    assert lines[4].startswith(f"  {folder.sessions()[3].id}  2 fp32 ")
    assert lines[4].split()[1:5] == ["2", "fp32", "stopped", "x"]


def test_runs_whose_experiment_is_gone_are_sessions(tmp_path: Path) -> None:
    """Nothing is hidden under what isn't there."""
    folder = made(tmp_path)
    ids = [run.id for run in folder.sessions()]
    folder.remove()
    assert [line.split()[0] for line in listing(tmp_path)][1:] == sorted(ids, key=lambda session: session[:17])


def test_an_unreadable_experiment_costs_one_line(tmp_path: Path) -> None:
    """With the reason; its runs stay folded."""
    folder = made(tmp_path)
    folder.experiment.write_text("nonsense")
    [_, line] = listing(tmp_path)
    assert f"{folder.id} can't be read" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"ratio": 0.98765, "conclusion": "slower"}', "×0.988  "),
        ('{"ratio": 1.013, "conclusion": "cannot_tell"}', "×1.01 can't tell"),
        ('{"ratio": 1.013, "conclusion": null}', "×1.01 can't tell"),
        *((text, "–  ") for text in ("", "[]", "7", "{}", '{"ratio": null}', '{"ratio": "nan"}', '{"ratio": -1}')),
        *((text, "–  ") for text in ('{"ratio": NaN}', '{"ratio": Infinity}', '{"ratio": [1]}')),
    ],
)
def test_a_ratio_says_what_it_proves(tmp_path: Path, text: str, said: str) -> None:
    """One that settles nothing says so; what the report doesn't tell is a dash."""
    made(tmp_path).summary.write_text(text)
    [heading, line] = listing(tmp_path)
    assert line[heading.index("throughput") :].startswith(said)


def test_an_experiment_takes_as_long_as_its_runners_worked(tmp_path: Path) -> None:
    """The pause before it was gone on with doesn't count; a live one lasts until now."""
    folder = made(tmp_path)
    day = 86_400
    clock = Clock(7_000_000_000, round((STARTED_S + day) * 1e9), "h", "another")
    log = folder.new_log()
    log.write_text(encode(clock) + "\n" + encode(Stage(10_000_000_000, "starting fp32", 3)) + "\n")
    assert listed_experiment(folder, 0.0).lasted_s == 61 + 3
    held = lock.Lock.take(folder.lock)
    assert held is not None
    held.write(lock.Holders(hostname(), boot_id(), myself(), myself()))
    row = listed_experiment(folder, STARTED_S + day + 30)
    held.close()
    assert (row.status, row.lasted_s, row.detail) == ("running", 61 + 30, "pair 3: starting fp32")


def test_how_long_nothing_took_is_unknown(tmp_path: Path) -> None:
    """Before its runner has written a line; of a log without a clock nothing is made up either."""
    folder = made(tmp_path, runs=0)
    for path in folder.readings():
        path.unlink()
    assert listed_experiment(folder, STARTED_S).lasted_s is None
    folder.new_log().write_text(encode(Stage(10_000_000_000, "starting fp32", 3)) + "\n")
    assert listed_experiment(folder, STARTED_S).lasted_s is None


def test_an_experiment_says_what_it_is_and_came_to(tmp_path: Path) -> None:
    """The factor where the arms don't show it; the answer before the reason to end; size with its runs'."""
    folder = made(tmp_path, factor="batch", arms=("256", "512"), grace_s=7.0, note="after the upgrade")
    folder.summary.write_text('{"sentence": "No difference was found."}')
    row = listed_experiment(folder, STARTED_S)
    assert (row.precision, row.runs, row.grace_s, row.note) == ("batch 256 | 512", 4, 7.0, "after the upgrade")
    assert row.detail == "No difference was found. · settled after 4 pairs"
    assert row.size_bytes == folder.size() + sum(run.size() for run in folder.sessions())


@pytest.mark.parametrize(
    ("sessions", "experiments", "said"),
    [
        (0, 0, ""),
        (1, 0, "1 session"),
        (0, 2, "2 experiments"),
        (2, 1, "2 sessions and 1 experiment"),
        (1234, 0, "1,234 sessions"),
    ],
)
def test_how_many(sessions: int, experiments: int, said: str) -> None:
    """Of what there is none, nothing is said."""
    assert counted(sessions, experiments) == said
