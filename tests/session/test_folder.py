"""Sessions are made privately, found by what a person types, and an unreadable one costs one sentence."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mlperf_tui.errors import MlperfTuiError, NotFound
from mlperf_tui.records import FORMAT, Plan, encode
from mlperf_tui.session.folder import Folder, create, find, new_id, rank_of, sessions, write_whole


def plan(session: str, **more: object) -> Plan:
    return Plan(
        **{  # type: ignore[arg-type]
            "id": session,
            "kind": "command",
            "workload": "x",
            "argv": ("x",),
            "cwd": "/",
            "host": "h",
            "utc": "2026-01-01T00:00:00Z",
            **more,
        }
    )


def test_a_session_is_private_and_whole(tmp_path: Path) -> None:
    """0700 for the directory, 0600 for the plan, and no temporary file left."""
    folder = create(tmp_path / "deep" / "root", plan("s-1"))
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.session.stat().st_mode) == 0o600
    assert [path.name for path in folder.path.iterdir()] == ["session.json"]
    assert folder.plan() == plan("s-1")


def test_found_by_id_prefix_name_and_last(tmp_path: Path) -> None:
    """What a person may type."""
    for session, name in (("s-20260101-a", "baseline"), ("s-20260102-b", None), ("s-20260102-c", None)):
        create(tmp_path, plan(session, name=name))
    assert find(tmp_path, "s-20260102-b").id == "s-20260102-b"
    assert find(tmp_path, "s-20260101").id == "s-20260101-a"
    assert find(tmp_path, "baseline").id == "s-20260101-a"
    assert find(tmp_path, "last").id == "s-20260102-c"


def test_an_exact_id_wins_over_a_prefix(tmp_path: Path) -> None:
    """An id that another one begins with is still found."""
    create(tmp_path, plan("s-1"))
    create(tmp_path, plan("s-12"))
    assert find(tmp_path, "s-1").id == "s-1"


@pytest.mark.parametrize(
    ("wanted", "sentence"), [("s-2", "may be any of s-20, s-21"), ("x", "no session x"), ("", "no session")]
)
def test_not_found_says_what_to_do(tmp_path: Path, wanted: str, sentence: str) -> None:
    """Ambiguous and unknown are one sentence each, with an exit code."""
    create(tmp_path, plan("s-20"))
    create(tmp_path, plan("s-21"))
    with pytest.raises(NotFound, match=sentence) as caught:
        find(tmp_path, wanted)
    assert caught.value.exit_code == 127


def test_no_session_at_all(tmp_path: Path) -> None:
    """`last` in an empty place says how to start one."""
    with pytest.raises(NotFound, match="start one with"):
        find(tmp_path / "nowhere", "last")


def test_a_root_that_can_not_be_written(tmp_path: Path) -> None:
    """A file where the directory should be: one sentence that names the option."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MlperfTuiError, match="--sessions DIR"):
        create(tmp_path / "file" / "root", plan("s-1"))


def test_a_newer_format_is_one_clear_sentence(tmp_path: Path) -> None:
    """A session of a newer program is refused with what to do about it."""
    folder = create(tmp_path, plan("s-1"))
    write_whole(folder.session, encode(plan("s-1", format=FORMAT + 1)))
    with pytest.raises(MlperfTuiError, match=r"newer mlperf-tui .* upgrade"):
        folder.plan()


@pytest.mark.parametrize("content", ["", "{", '{"step":{"t":1,"n":1}}', '{"plan":{}}'])
def test_a_broken_plan_is_one_clear_sentence(tmp_path: Path, content: str) -> None:
    """Whatever stands in session.json, the sentence names the session."""
    folder = create(tmp_path, plan("s-1"))
    folder.session.write_text(content)
    with pytest.raises(MlperfTuiError, match="s-1 can't be read"):
        folder.plan()


def test_names_of_files(tmp_path: Path) -> None:
    """Ranks and restarts sort by number, strangers are left alone, and a new recorder takes the next number."""
    folder = Folder(tmp_path)
    for name in ("steps-10-0.jsonl", "steps-2-0.jsonl", "steps-2-1.jsonl", "steps-printed.jsonl", "steps-x-0.jsonl"):
        (tmp_path / name).write_text("")
    (tmp_path / "readings-big-host-9.jsonl").write_text("")
    assert [path.name for path in folder.steps()] == ["steps-2-0.jsonl", "steps-2-1.jsonl", "steps-10-0.jsonl"]
    assert rank_of(folder.steps()[-1]) == 10
    assert folder.new_readings("big-host").name == "readings-big-host-10.jsonl"
    assert folder.new_readings("other").name == "readings-other-0.jsonl"


def test_ids_sort_by_age_and_hold_no_surprises() -> None:
    """An id is safe as a name of a directory whatever the program is called."""
    assert "/" not in new_id("../../etc")
    assert new_id("a b;c").startswith("s-2")


def test_sessions_are_only_directories_with_a_plan(tmp_path: Path) -> None:
    """Anything else in the root is passed over."""
    (tmp_path / "stray").mkdir()
    (tmp_path / "file").write_text("")
    create(tmp_path, plan("s-1"))
    assert [folder.id for folder in sessions(tmp_path)] == ["s-1"]


def test_order_is_by_start_also_within_a_second(tmp_path: Path) -> None:
    """Ids of one second end in random letters: `last` is the one whose plan was written last, and a name its newest."""
    for number, letters in enumerate(("zz", "mm", "aa")):
        folder = create(tmp_path, plan(f"s-20260101-000000-x-{letters}", name="same"))
        os.utime(folder.session, ns=(number, number))
    assert [folder.id[-2:] for folder in sessions(tmp_path)] == ["zz", "mm", "aa"]
    assert find(tmp_path, "last").id.endswith("aa")
    assert find(tmp_path, "same").id.endswith("aa")


def test_only_what_matches_becomes_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session is looked at again and again; one that has gone away, or is a file, has no files."""
    for name in ("steps-0-0.jsonl", "output.log", "readings-h-0.jsonl"):
        (tmp_path / name).write_text("")
    monkeypatch.delattr(Path, "iterdir")
    assert [path.name for path in Folder(tmp_path).steps()] == ["steps-0-0.jsonl"]
    assert Folder(tmp_path / "gone").steps() == Folder(tmp_path / "output.log").steps() == []
