"""Runs of any command, from launch to summary, by the installed product."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlperf_tui.session.status import status
from mlperf_tui.steps.facts import hostname
from tests.e2e.tool import PROGRAMS, Tool, ended, holders, until

TRAIN = (sys.executable, str(PROGRAMS / "train.py"))


def test_a_run_without_a_terminal(tool: Tool) -> None:
    """Progress lines, then the summary; the session holds it all, and nothing of the recorder stays."""
    said = tool("run", "--name", "first", "--note", "a note", "--", *TRAIN, "150")
    assert said.code == 0, said.err
    assert "eval_accuracy 0.7500" in said.out
    assert "✓ finished (exit code 0)" in said.out
    [path] = tool.root.iterdir()
    assert not (path / "reserve").exists()
    body = json.loads((path / "summary.json").read_text())
    assert body["throughput"]["steps"] + body["throughput"]["warmup_steps"] == 150
    assert body["quality"][0]["reached"] is True
    assert body["session"]["name"] == "first"
    assert body["session"]["note"] == "a note"
    assert body["loss"]["final"] == pytest.approx(1 / 150, rel=1e-3)
    assert "done" in (path / "output.log").read_text()


@pytest.mark.parametrize(("program", "code"), [("exit 7", 7), ("exit 0", 0), ("kill -9 $$", 137)])
def test_the_exit_code_is_the_programs(tool: Tool, program: str, code: int) -> None:
    """Its own, or 128 and the signal that ended it."""
    assert tool("run", "--headless", "--", "sh", "-c", program).code == code


def test_a_failure_shows_its_last_words(tool: Tool) -> None:
    """The last lines of output stand in the summary, with what a terminal would obey taken out."""
    said = tool("run", "--", "sh", "-c", "printf 'all is well\\n\\033[31mboom\\033[0m\\n'; exit 3")
    assert "✗ failed (exit code 3)" in said.out
    assert "  boom" in said.out.splitlines()


def test_the_three_lines_work_in_another_python(tool: Tool, tmp_path: Path) -> None:
    """A Python that has no mlperf-tui installed can still report its steps."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    assert tool("run", "--", str(bare / "bin" / "python"), str(PROGRAMS / "train.py"), "20").code == 0
    measured = tool.summary(tool.only())["throughput"]
    assert measured["steps"] + measured["warmup_steps"] == 20


def test_a_folder_called_workloads_is_in_nobodys_way(tool: Tool, tmp_path: Path) -> None:
    """The working directory's own packages don't hide ours, and ours don't hide a script's neighbours."""
    for package in ("workloads", "mlperf_tui", "textual"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise ImportError('the wrong one')")
    (tmp_path / "neighbour.py").write_text("print('found')")
    (tmp_path / "script.py").write_text("import neighbour")
    assert tool("run", "--", sys.executable, "script.py", cwd=tmp_path).code == 0
    said = tool("run", "--headless", "resnet50", "--steps", "1", "--precision", "tf32", "--device", "cpu", cwd=tmp_path)
    assert "the wrong one" not in said.out
    assert "tf32" in said.out


def test_stop_is_polite(tool: Tool) -> None:
    """TERM reaches the program, which ends its step and says so."""
    folder = tool.train(100_000)
    said = tool("stop", folder.id)
    assert said.out.strip() == f"{folder.id} stopped"
    body = tool.summary(folder)
    assert body["session"]["status"] == "stopped"
    assert [mark["metadata"] for mark in body["marks"] if mark["key"] == "run_stop"] == [{"status": "aborted"}]


def test_a_program_that_ignores_term_is_killed_with_all_it_started(tool: Tool) -> None:
    """After the grace nothing of the run is left, not even what ignores everything."""
    script = "trap '' TERM; (trap '' TERM; setsid sleep 1000) & while true; do sleep 1; done"
    folder = tool.start("--grace", "0.5", "--", "bash", "-c", script)
    holders(folder)
    until(lambda: _tagged(folder.id) >= 3, "all processes")
    assert tool("stop", folder.id).code == 0
    assert _tagged(folder.id) == 0
    assert "was killed" in tool.summary(folder)["session"]["why"]


def test_a_launcher_that_ignores_term_does_not_keep_it_from_its_ranks(tool: Tool, tmp_path: Path) -> None:
    """After ten seconds the ranks get it themselves, however late in their files they say that they are ranks."""
    late = (
        (PROGRAMS / "train.py")
        .read_text()
        .replace("steps.about()", "[steps.mark('note') for _ in range(30)]\nsteps.about()")
    )
    (tmp_path / "late.py").write_text(late)
    script = f"trap '' TERM; {sys.executable} {tmp_path / 'late.py'} 100000; exit 0"
    folder = tool.start("--", "bash", "-c", script)
    until(lambda: any('{"step":' in path.read_text() for path in folder.steps()), "steps")
    assert tool("stop", folder.id).code == 0
    body = tool.summary(folder)
    assert [mark["metadata"] for mark in body["marks"] if mark["key"] == "run_stop"] == [{"status": "aborted"}]
    assert "killed" not in body["session"]["why"]


def test_a_shell_in_between_is_no_obstacle(tool: Tool) -> None:
    """bash passes no TERM on: the program below it still ends its step."""
    folder = tool.start("--", "bash", "-c", f"{TRAIN[0]} {TRAIN[1]} 100000; echo")
    until(folder.steps, "steps")
    assert tool("stop", folder.id).code == 0
    assert any(mark["key"] == "run_stop" for mark in tool.summary(folder)["marks"])


def test_a_program_that_goes_into_the_background(tool: Tool) -> None:
    """The run lasts until the last of its processes has ended, and a failure there is the run's."""
    folder = tool.start("--", "bash", "-c", "(setsid bash -c 'sleep 1.5; exit 5') & exit 0")
    first = holders(folder).workload
    assert first is not None
    until(lambda: not first.alive, "the first process to end")
    assert status(folder).word == "running"
    assert ended(folder) == "failed"
    assert tool.summary(folder)["session"]["exit_code"] == 5


def test_what_a_crash_leaves_behind_is_cleared_away(tool: Tool) -> None:
    """A first process that fails takes its stragglers with it, so that no GPU stays taken."""
    folder = tool.start("--grace", "1", "--", "bash", "-c", "setsid sleep 1000 & exit 9")
    assert ended(folder) == "failed"
    assert _tagged(folder.id) == 0
    assert tool.summary(folder)["session"]["exit_code"] == 9


def test_int_and_term_stop_a_headless_run_and_a_hang_up_does_not(tool: Tool) -> None:
    """As a batch system expects."""
    words = [str(tool.executable), "run", "--headless", "--", *TRAIN, "100000"]
    environment = {**os.environ, "MLPERF_TUI_SESSIONS": str(tool.root)}
    for number, word in ((signal.SIGTERM, "stopped"), (signal.SIGINT, "stopped"), (signal.SIGHUP, "running")):
        with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            folder = tool.root / running.stdout.readline().split()[0]
            until(lambda folder=folder: list(folder.glob("steps-0-*")), "steps")  # type: ignore[misc]
            running.send_signal(number)
            running.communicate(timeout=60)
        assert f"  {word}  " in next(line for line in tool("list").out.splitlines() if line.startswith(folder.name))


def test_int_ends_only_the_watching(tool: Tool) -> None:
    """It says at once which session it is and how it is, and at last how to come back; the run goes on."""
    folder = tool.train(100_000, "--name", "watched")
    environment = {**os.environ, "MLPERF_TUI_SESSIONS": str(tool.root), "TERM": "dumb"}
    with subprocess.Popen(
        [str(tool.executable), "watch"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == f"{folder.id} (watched): running\n"
        assert "samples/s" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=60)
    assert out.splitlines()[-1] == f"{folder.id} runs on. To come back: mlperf-tui watch {folder.id}"
    assert (watching.returncode, err) == (0, "")
    assert status(folder).word == "running"
    assert tool("stop", folder.id).code == 0


def test_another_locale_gets_ascii(tool: Tool) -> None:
    """The lines, the summary as text and the list; JSON stays as it is."""
    plain = {"LC_ALL": "C"}
    said = tool("run", "--note", "a – b", "--", *TRAIN, "20", environment=plain)
    for told in (said, tool("summary", environment=plain), tool("list", environment=plain)):
        assert told.out.isascii()
    assert "+ finished" in said.out
    assert "a – b" in json.dumps(
        json.loads(tool("summary", "--format", "json", environment=plain).out), ensure_ascii=False
    )


def test_mllog_lines_of_any_program_become_marks(tool: Tool) -> None:
    """No import of ours: the lines are enough."""
    line = ':::MLLOG {"key": "eval_accuracy", "value": 0.25, "metadata": {"epoch_num": 1}}'
    said = tool("run", "--", "sh", "-c", f"echo '0: {line}'")
    assert "eval_accuracy 0.2500" in said.out


def test_secrets_do_not_reach_the_disk(tool: Tool) -> None:
    """The program gets its secret, the session does not."""
    said = tool(
        "run", "--", "sh", "-c", 'test "$1" = --token && test "$2" = hunter$((1 + 1))', "x", "--token", "hunter2"
    )
    assert said.code == 0
    [path] = tool.root.iterdir()
    assert not [file for file in path.iterdir() if b"hunter2" in file.read_bytes()]


def test_rm_and_prune(tool: Tool, tmp_path: Path) -> None:
    """Only what has ended can go, and only what is old enough is pruned."""
    running = tool.train(100_000)
    assert tool("rm", running.id).code == 125
    tool("run", "--name", "old", "--", "true")
    assert tool("prune", "--older-than", "1h").out == ""
    for path in tool.root.glob("s-*-old-*/*"):
        os.utime(path, (1, 1))
    assert tool("prune", "--older-than", "1h").out.startswith("deleted s-")
    assert tool("stop", running.id).code == 0
    assert tool("rm", running.id).out.strip() == f"deleted {running.id}"
    assert "no session yet" in tool("list").out


def test_a_session_of_another_host_is_not_deleted_while_it_may_run(tool: Tool) -> None:
    """Its lock can't be asked from here: only one that has long been silent goes."""
    assert tool("run", "--", "true").code == 0
    folder = tool.only()
    for path in folder.readings():
        path.unlink()
    folder.lock.write_text(folder.lock.read_text().replace(hostname(), "elsewhere"))
    said = tool("rm", folder.id)
    assert said.code == 125
    assert "it may run there still" in said.err
    for path in folder.path.iterdir():
        os.utime(path, (1, 1))
    assert tool("rm", folder.id).code == 0


def _tagged(session: str) -> int:
    """How many processes carry the session's tag."""
    tag, count = f"MLPERF_TUI_SESSION={session}".encode(), 0
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            count += tag in path.read_bytes().split(b"\0")
        except OSError:
            continue
    return count
