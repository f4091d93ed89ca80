"""Bad input gets one clear sentence that says what to do, an exit code, no traceback, and leaves no session behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.tool import Tool


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("run", "resnet51"), 127, "did you mean resnet50?"),
        (("run", "zzz"), 127, "there are: resnet50"),
        (("run",), 125, "name a workload"),
        (("run", "resnet50", "--batch", "0"), 125, "--batch"),
        (("run", "resnet50", "--precision", "fp8"), 125, "amp-fp16"),
        (("run", "resnet50", "--colour"), 125, "--colour"),
        (("run", "resnet50", "--data", "/no/such"), 125, "/no/such does not exist"),
        (("run", "ncf", "--data", "digits"), 125, "name a data set's directory or `clicks` or `synthetic`"),
        (("run", "deepbench-gemm", "--data", "digits"), 125, "--data digits does not exist"),
        (("run", "resnet50", "--data", "/etc/passwd"), 125, "is no directory"),
        (("run", "resnet50", "--data", "EMPTY"), 125, "is empty: name the directory"),
        (("run", "resnet50", "--compile-mode", "default"), 125, "give both"),
        (("run", "resnet50", "--python", "/no/python"), 127, "no Python at /no/python"),
        (("run", "resnet50", "--", "true"), 125, "not both"),
        (("run", "ncf", "--gpus", "2", "--device", "cuda:0"), 125, "use --device cuda in place of cuda:0"),
        (("ab", "ncf", "--gpus", "2", "--device", "cuda:1"), 125, "use --device cuda in place of cuda:1"),
        (("run", "python", "train.py"), 125, "mlperf-tui run -- python train.py"),
        (("run", "--batch", "3", "--", "true"), 125, "--batch is for our workloads"),
        (("run", "--", "/no/such/program"), 127, "no command /no/such/program"),
        (("run", "--", "/etc/passwd"), 126, "not executable"),
        (("watch", "nothing"), 127, "no session nothing"),
        (("summary",), 127, "no session yet"),
        (("stop", "last"), 127, "no session yet"),
        (("rm",), 125, "SESSION"),
        (("prune", "--older-than", "soon"), 125, "such as 30d"),
        (("prune",), 125, "--older-than"),
        (("frobnicate",), 125, "frobnicate"),
    ],
)
def test_one_sentence(tool: Tool, tmp_path: Path, words: tuple[str, ...], code: int, sentence: str) -> None:
    """What a person mistypes."""
    (tmp_path / "empty").mkdir()
    said = tool(*(str(tmp_path / "empty") if word == "EMPTY" else word for word in words))
    assert said.code == code, said.err
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert "Traceback" not in said.err
    assert not tool.root.exists() or not list(tool.root.iterdir())


def test_a_root_that_can_not_be_written(tool: Tool, tmp_path: Path) -> None:
    """The sessions directory is a file: the sentence names the option that helps."""
    (tmp_path / "file").write_text("")
    said = tool("--sessions", str(tmp_path / "file"), "run", "--", "true")
    assert said.code == 125
    assert "--sessions DIR" in said.err
    assert len(said.err.splitlines()) == 1


def test_ambiguous(tool: Tool) -> None:
    """Two sessions that a prefix fits are both named."""
    for _ in range(2):
        assert tool("run", "--", "true").code == 0
    said = tool("summary", "s-")
    assert said.code == 127
    assert "may be any of" in said.err


def test_torch_is_not_installed(tool: Tool, tmp_path: Path) -> None:
    """A Python without torch: how to get it, before anything is started."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    said = tool("run", "resnet50", "--python", str(bare / "bin" / "python"))
    assert said.code == 125
    assert "pip install 'mlperf-tui[workloads]'" in said.err
    assert not tool.root.exists()


def test_a_python_that_is_too_old(tool: Tool, tmp_path: Path) -> None:
    """It says so itself, by the exit code of the question; a stand-in answers as Python 3.10 would."""
    old = tmp_path / "python3.10"
    old.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'import sys; sys.version_info = (3, 10); exec(sys.argv[2])' \"$@\"\n"
    )
    old.chmod(0o755)
    said = tool("run", "resnet50", "--python", str(old))
    assert said.code == 125
    assert "older than Python 3.11" in said.err


@pytest.mark.parametrize("precision", ["tf32", "amp-fp16"])
def test_a_precision_that_the_device_lacks(tool: Tool, precision: str) -> None:
    """Refused by the workload in one sentence, which the summary shows."""
    said = tool("run", "resnet50", "--headless", "--device", "cpu", "--precision", precision)
    assert said.code == 2
    assert "✗ failed (exit code 2)" in said.out
    assert precision in said.out
    assert "Traceback" not in said.out


def test_a_data_folder_that_is_not_imagenets(tool: Tool, tmp_path: Path) -> None:
    """What is missing is named."""
    (tmp_path / "data" / "train").mkdir(parents=True)
    said = tool("run", "resnet50", "--headless", "--data", str(tmp_path / "data"))
    assert said.code == 2
    assert "val" in said.out


def test_a_workload_that_crashes_at_import(tool: Tool, tmp_path: Path) -> None:
    """The program's own traceback is its output; the tool adds none."""
    (tmp_path / "broken.py").write_text("import no_such_module\n")
    said = tool("run", "--", sys.executable, str(tmp_path / "broken.py"))
    assert said.code == 1
    assert said.err == ""
    assert "No module named 'no_such_module'" in said.out


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_help_and_version(tool: Tool, word: str) -> None:
    """They answer on stdout with 0."""
    said = tool(word)
    assert (said.code, said.err) == (0, "")
    assert "mlperf-tui" in said.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(tool: Tool, shell: str) -> None:
    """Each shell's script; and what it asks for answers with our names."""
    assert "_MLPERF_TUI_COMPLETE" in tool("completion", shell).out
    asked = {"_MLPERF_TUI_COMPLETE": "bash_complete", "COMP_WORDS": "mlperf-tui run re", "COMP_CWORD": "2"}
    assert "resnet50" in tool(environment=asked).out


def test_a_reader_that_goes_away(tool: Tool) -> None:
    """`| head -0` is no error worth a traceback."""
    environment = {**os.environ, "MLPERF_TUI_SESSIONS": str(tool.root)}
    command = f"{tool.executable} --help | true"
    ended = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
