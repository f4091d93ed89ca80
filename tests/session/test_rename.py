"""A session gets another name; nothing else of its plan changes, and it is found by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.folder import Folder, create, find
from tests.session.test_folder import plan


def test_renamed_and_found(tmp_path: Path) -> None:
    """By its new name, and no longer by the old one."""
    folder = create(tmp_path, plan("s-1", name="old", seed=7, note="kept"))
    folder.rename("new")
    assert folder.plan() == plan("s-1", name="new", seed=7, note="kept")
    assert find(tmp_path, "new").id == "s-1"
    with pytest.raises(MlperfTuiError):
        find(tmp_path, "old")
    assert [path.name for path in folder.path.iterdir()] == ["session.json"]


@pytest.mark.parametrize("name", [None, ""])
def test_without_a_name(tmp_path: Path, name: str | None) -> None:
    """An empty one is none."""
    folder = create(tmp_path, plan("s-1", name="old"))
    folder.rename(name)
    assert folder.plan().name is None


def test_what_cannot_be_renamed_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unreadable or not writable: one sentence, and the plan stays."""
    with pytest.raises(MlperfTuiError, match="can't be read"):
        Folder(tmp_path / "none").rename("x")
    folder = create(tmp_path, plan("s-1", name="old"))

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlperf_tui.session.folder.write_whole", full)
    with pytest.raises(MlperfTuiError, match="s-1 can't be renamed: No space left on device"):
        folder.rename("new")
    assert folder.plan().name == "old"
