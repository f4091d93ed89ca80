"""Which commit a plan names: that of the code which is run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import mlperf_tui
from mlperf_tui.launch.planning import git_state

NOBODY = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")


def git(where: Path, *words: str) -> str:
    """What it says."""
    return subprocess.run(["git", "-C", str(where), *NOBODY, *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One with a single commit and two packages in it, of which it holds one."""
    root = tmp_path / "repository"
    for name in ("held", "ignored"):
        (root / name).mkdir(parents=True)
        (root / name / "catalog.py").write_text("")
    git(tmp_path, "init", "--quiet", str(root))
    git(root, "add", "held")
    git(root, "commit", "--quiet", "-m", "first")
    return root


def test_a_command_is_of_the_working_directorys_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With changes or without; there may be none."""
    commit = git(repository, "rev-parse", "HEAD").strip()
    monkeypatch.chdir(repository)
    assert git_state(ours=False) == {"commit": commit, "dirty": False}
    (repository / "held" / "catalog.py").write_text("changed = True\n")
    assert git_state(ours=False) == {"commit": commit, "dirty": True}
    monkeypatch.chdir(repository.parent)
    assert git_state(ours=False) is None


@pytest.mark.parametrize(("name", "held"), [("held", True), ("ignored", False)])
def test_a_workload_of_ours_is_of_the_packages(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, held: bool
) -> None:
    """Wherever it is started; one that is installed into a folder of some repository is not of that one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mlperf_tui, "__file__", str(repository / name / "__init__.py"))
    assert git_state(ours=True) == (
        {"commit": git(repository, "rev-parse", "HEAD").strip(), "dirty": False} if held else None
    )
