"""Who belongs to a run, and that what the recorder starts for itself does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlperf_tui.sampling.helpers import Helpers
from mlperf_tui.sampling.stat import stat_of
from mlperf_tui.sampling.tree import Tree

SESSION = Path("/somewhere/sessions/s-test")


@pytest.fixture
def root() -> Iterator[int]:
    """A run's first process."""
    child = subprocess.Popen(["sleep", "100"])
    yield child.pid
    child.kill()
    child.wait()


def tree_of(root: int, helpers: Helpers, session: Path = SESSION) -> Tree:
    stat = stat_of(root)
    assert stat is not None
    return Tree(session, (root, stat.start), helpers)


def test_a_helper_is_never_of_the_run(root: int, tmp_path: Path) -> None:
    """However often one looks while it starts, runs and ends: not even for an instant."""
    helpers, over = Helpers(), threading.Event()
    seen: set[int] = set()
    script = f"echo $$ >> {tmp_path / 'pids'}"
    tree = tree_of(root, helpers)

    def watch() -> None:
        while not over.is_set():
            seen.update(tree.members())

    watching = threading.Thread(target=watch)
    watching.start()
    for _ in range(40):
        helpers.run(["sh", "-c", script], 60)
    over.set()
    watching.join()
    pids = {int(pid) for pid in (tmp_path / "pids").read_text().split()}
    assert len(pids) == 40
    assert root in seen
    assert not pids & seen


def test_another_child_of_the_recorder_is_of_the_run(root: int) -> None:
    """An orphan that came to it; and a process with the session's tag, and its children."""
    orphan = subprocess.Popen(["sleep", "100"])
    environment = {**os.environ, "MLPERF_TUI_STEPS": str(SESSION)}
    tagged = subprocess.Popen(
        [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '100'])"], env=environment
    )
    tree = tree_of(root, Helpers())
    try:
        assert {root, orphan.pid, tagged.pid} <= tree.members().keys()
    finally:
        for child in (orphan, tagged):
            child.kill()
            child.wait()
    assert orphan.pid not in tree.members()


@pytest.mark.parametrize(("told", "belongs"), [("here/s-test", True), ("link/s-test", True), ("there/s-test", False)])
def test_whoever_has_left_the_tree_is_known_by_the_directory(
    root: int, tmp_path: Path, told: str, belongs: bool
) -> None:
    """Whatever way leads there. One elsewhere may have the same id: such a one once ended the other's program."""
    for place in ("here", "there"):
        (tmp_path / place / "s-test").mkdir(parents=True)
    (tmp_path / "link").symlink_to("here")
    environment = {**os.environ, "MLPERF_TUI_SESSION": "s-test", "MLPERF_TUI_STEPS": str(tmp_path / told)}
    words = ["sh", "-c", "sleep 100 >&- 2>&- & echo $!"]
    away = int(subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout)
    try:
        assert (away in tree_of(root, Helpers(), tmp_path / "here" / "s-test").members()) is belongs
    finally:
        os.kill(away, signal.SIGKILL)
