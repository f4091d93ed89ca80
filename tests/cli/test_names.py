"""Names that sessions may have, and sessions that are named twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlperf_tui.cli.main import cli
from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.names import check_name
from tests.report.ab import turning
from tests.report.ab.turning import Arm
from tests.session.test_remove import ended


def tool(root: Path, *words: str) -> Result:
    """One call, as the program itself makes it."""
    return CliRunner().invoke(cli, ["--sessions", str(root), *words], standalone_mode=False)


@pytest.mark.parametrize(
    "name", ["last", " last ", "s", "s-", "e-", "s-20261129", "e-20261129-101112-digits-k3f9", "s-2"]
)
def test_what_reads_as_something_else_is_no_name(tmp_path: Path, name: str) -> None:
    """Refused in one sentence wherever a name is given, before anything is done."""
    ended(tmp_path)
    for words in (
        ("run", "--name", name, "--", "true"),
        ("ab", "--name", name, "--vary", "x=1,2", "--", "true", "{x}"),
        ("rename", "s-1", name),
    ):
        said = tool(tmp_path, *words)
        assert isinstance(said.exception, MlperfTuiError), words
        assert f"the name {name.strip()} is reserved" in str(said.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["s-1"]
    assert Folder(tmp_path / "s-1").plan().name is None


@pytest.mark.parametrize("name", [None, "", "lasting", "the last", "s-curve", "e-mail", "sgd", "e", "20261129"])
def test_other_names_are_free(name: str | None) -> None:
    """They are looked for as names."""
    check_name(name)


@pytest.mark.parametrize("names", [("last", "live"), ("live", "s-1", "last")])
def test_what_is_named_twice_is_deleted_once(tmp_path: Path, names: tuple[str, ...]) -> None:
    """By whatever names."""
    ended(tmp_path).rename("live")
    said = tool(tmp_path, "rm", *names)
    assert (said.exception, said.stdout) == (None, "deleted s-1\n")


def test_nothing_is_deleted_where_one_is_not_found(tmp_path: Path) -> None:
    """All are looked for first."""
    ended(tmp_path)
    said = tool(tmp_path, "rm", "s-1", "nosuch")
    assert "no session nosuch" in str(said.exception)
    assert (tmp_path / "s-1").exists()


def test_a_run_goes_with_its_experiment(tmp_path: Path) -> None:
    """Named before it, after it, or not at all."""
    folder = turning.experiment(tmp_path, [Arm("fp32", (400.0,)), Arm("amp", (1600.0,))], gpu=False)
    first, *_, final = (run.id for run in folder.sessions())
    said = tool(tmp_path, "rm", first, folder.id, final)
    assert (said.exception, said.stdout) == (None, f"deleted {folder.id}\n")
    assert list(tmp_path.iterdir()) == []
