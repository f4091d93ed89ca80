"""The sessions screen in a real terminal: open, come back, rename, stop, compare, delete; and the list without one."""

from __future__ import annotations

import sys

from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import status
from tests.e2e.terminal import Opener
from tests.e2e.tool import PROGRAMS, Tool
from tests.session.test_experiments import made

TRAIN = (sys.executable, str(PROGRAMS / "train.py"))


def test_open_come_back_rename_remove(tool: Tool, terminal: Opener) -> None:
    """Leaving a session comes back to the list, with the cursor where it was; q there leaves for good."""
    for name in ("first", "second"):
        assert tool("run", "--name", name, "--", *TRAIN, "200").code == 0
    one = terminal("list")
    one.wait_for("2 sessions", "first", "▸   ✓ finished     second", "samples/s", "q leave")
    one.type("\x1b[B")
    one.wait_for("▸   ✓ finished     first")
    one.type("\r")
    one.wait_for("Throughput", "finished")
    one.type("q")
    one.wait_for("▸   ✓ finished     first", "2 of 2")
    one.type("R")
    one.wait_for("new name")
    one.type("-again\r")
    one.wait_for("first-again")
    one.wait_until_gone("new name")
    one.type("D")
    one.wait_for("Delete this session for good?")
    one.type("y")
    one.wait_for("deleted s-", "1 session ")
    one.type("q")
    assert one.end() == 0
    listed = tool("list").out
    assert "second" in listed
    assert "first" not in listed


def test_stop_from_the_list_and_compare(tool: Tool, terminal: Opener) -> None:
    """S asks, y stops it, the status follows; two marked ones stand beside each other."""
    assert tool("run", "--name", "done", "--", *TRAIN, "200").code == 0
    folder = tool.train(100_000, "--name", "live")
    one = terminal("list", columns=80, lines=24)
    one.wait_for("● running", "live", "S stop")
    one.type("S")
    one.wait_for("y  stop it")
    one.type("y")
    one.wait_for("■ stopped")
    assert status(folder).word == "stopped"
    one.type(" \x1b[B ")
    one.wait_for("2 marked", "= compare")
    one.type("=")
    one.wait_for("one run each: no claim", "step time p50", "×")
    one.type("q")
    one.wait_for("2 marked")
    one.type("\x03")
    assert one.end() == 0


def test_leaving_the_list_stops_nothing(tool: Tool, terminal: Opener) -> None:
    """Neither q nor a closed terminal."""
    folder = tool.train(100_000)
    one = terminal("list")
    one.wait_for("● running")
    one.hang_up()
    one.process.wait(60)
    again = terminal("list")
    again.wait_for("● running")
    again.type("q")
    assert again.end() == 0
    assert status(folder).word == "running"


def test_nothing_yet(tool: Tool, terminal: Opener) -> None:
    """The screen says what to do, and so do the lines."""
    one = terminal("list")
    one.wait_for("no session yet", "mlperf-tui run resnet50")
    one.type("q")
    assert one.end() == 0
    assert "mlperf-tui run resnet50" in tool("list").out


def test_lines_on_request_and_without_a_terminal(tool: Tool, terminal: Opener) -> None:
    """`--plain`, a pipe, or TERM=dumb: a table of lines, without an escape sequence."""
    assert tool("run", "--name", "done", "--", "true").code == 0
    for said in (tool("list"), tool("list", "--plain"), tool("list", environment={"TERM": "dumb"})):
        assert said.code == 0
        assert "\x1b" not in said.out
        assert said.out.split()[:3] == ["session", "name", "status"]
    one = terminal("list", "--plain", columns=160)
    assert one.end() == 0
    assert "lasted" in one.read()


def test_rename_by_command(tool: Tool) -> None:
    """Found by the new name afterwards; an empty one takes it away; an unknown session is one sentence."""
    assert tool("run", "--name", "old", "--", "true").code == 0
    folder = tool.only()
    assert tool("rename", "old", "new").out == f"{folder.id} is called new\n"
    assert tool.summary(Folder(tool.root / "new"))["session"]["name"] == "new"
    assert tool("rename", "new", "").out == f"{folder.id} has no name\n"
    said = tool("rename", "new", "again")
    assert (said.code, said.out) == (127, "")
    assert "no session new" in said.err


def test_prune_tells_before_and_after(tool: Tool) -> None:
    """A dry run deletes nothing and says the same sizes; a real one says what is free."""
    for _ in range(2):
        assert tool("run", "--", "true").code == 0
    dry = tool("prune", "--older-than", "0m", "--dry-run")
    assert dry.code == 0
    assert dry.out.count("would delete s-") == 2
    assert "2 sessions, " in dry.out
    assert "would be freed" in dry.out
    assert len(list(tool.root.iterdir())) == 2
    wet = tool("prune", "--older-than", "0m")
    assert wet.out == dry.out.replace("would delete", "deleted").replace("would be freed", "freed")
    assert list(tool.root.iterdir()) == []
    nothing = tool("prune", "--older-than", "0m")
    assert (nothing.out, nothing.code) == ("", 0)
    assert "nothing that has ended is older than 0m" in nothing.err


def test_an_experiment_is_opened_and_the_list_comes_back(tool: Tool, terminal: Opener) -> None:
    """From the list as it was left: unfolded, with the cursor on the experiment."""
    assert tool("run", "--name", "alone", "--", "true").code == 0
    folder = made(tool.root, name="amp-test")
    one = terminal("list")
    one.wait_for("1 session and 1 experiment", "amp-test", "fp32 | amp", "a runs")
    one.type("a")
    one.wait_for("5 sessions and 1 experiment", "└ ■ stopped", "2 fp32")
    one.type("\x1b[B")
    one.wait_for("▸   ✓ finished     amp-test")
    one.type("\r")
    one.wait_until_gone("5 sessions and 1 experiment")
    one.wait_for(folder.id, "fp32", "amp", "q leave")
    one.type("q")
    one.wait_for("5 sessions and 1 experiment", "▸   ✓ finished     amp-test")
    one.type("D")
    one.wait_for("Delete this experiment for good?", "with 4 sessions")
    one.type("y")
    one.wait_for(f"deleted {folder.id}", "1 session ")
    one.type("q")
    assert one.end() == 0
    assert len(list(tool.root.iterdir())) == 1


def test_an_experiment_is_one_thing(tool: Tool) -> None:
    """One line, with its runs under it on request; deleted as a whole, and none of its runs alone."""
    folder = made(tool.root)
    run = folder.sessions()[0].id
    assert len(tool("list").out.splitlines()) == 2
    assert [line.split()[0] for line in tool("list", "--all").out.splitlines()][1:3] == [folder.id, run]
    refused = tool("rm", run)
    assert (refused.code, refused.out) == (125, "")
    assert f"{run} is part of {folder.id}: `mlperf-tui rm {folder.id}` deletes both" in refused.err
    dry = tool("prune", "--older-than", "0m", "--dry-run").out
    assert dry.startswith(f"would delete {folder.id} ")
    assert dry.splitlines()[1].startswith("1 experiment, ")
    assert tool("rm", folder.id).out == f"deleted {folder.id}\n"
    assert list(tool.root.iterdir()) == []
