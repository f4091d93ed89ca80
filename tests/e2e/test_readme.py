"""Every command in the README works, made small where it would take long."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.tool import Tool
from tests.workloads.test_dawn_resnet18 import mini_cifar
from tests.workloads.test_resnet50_parts import mini_imagenet

README = (ROOT / "README.md").read_text()
STEPS_PAGE = (ROOT / "mlperf_tui" / "steps" / "README.md").read_text()
MAKE = {"make run", "make test"}
SMALL = {
    "mlperf-tui run resnet50": "mlperf-tui run resnet50 --steps 2",
    "mlperf-tui run resnet50 --precision amp --data synthetic --steps 500": (
        "mlperf-tui run resnet50 --precision amp --data synthetic --steps 2 --scale tiny --batch 4"
    ),
    "mlperf-tui run resnet50 --data /data/imagenet --epochs 35": (
        "mlperf-tui run resnet50 --data imagenet --epochs 1 --scale tiny --batch 4"
    ),
    "mlperf-tui run dawn-resnet18 --data /data/cifar-10-batches-bin": (
        "mlperf-tui run dawn-resnet18 --data cifar --steps 2 --batch 4"
    ),
    "mlperf-tui run deepbench-gemm --precision tf32": "mlperf-tui run deepbench-gemm --steps 2",
    "mlperf-tui run transformer --gpus 4 --accumulate 2 --checkpoint /data/checkpoints": (
        "mlperf-tui run transformer --gpus 2 --accumulate 2 --steps 2 --checkpoint checkpoints"
    ),
    "mlperf-tui run -- torchrun --nproc-per-node 8 train.py --lr 0.1": (
        "mlperf-tui run -- torchrun --nproc-per-node 2 train.py --lr 0.1"
    ),
    "mlperf-tui run resnet50 --detach --name baseline": "mlperf-tui run --detach --name baseline -- sleep 1000",
    "mlperf-tui watch baseline": "timeout -s INT 3 mlperf-tui watch baseline; true",
    "mlperf-tui ab resnet50 --vary precision=fp32,amp": (
        "mlperf-tui ab resnet50 --vary precision=fp32,amp --pairs 1 --data synthetic --batch 4 --steps 2"
    ),
    "mlperf-tui ab resnet50 --vary batch=64,128,256 --precision amp --data synthetic": (
        "mlperf-tui ab resnet50 --vary batch=2,4,6 --precision amp --data synthetic --pairs 1 --steps 2"
    ),
    "mlperf-tui ab resnet50 --vary env:OMP_NUM_THREADS=1,2": (
        "mlperf-tui ab resnet50 --vary env:OMP_NUM_THREADS=1,2 --pairs 1 --steps 2 --data synthetic --batch 4"
    ),
    "mlperf-tui ab --vary lr=0.1,0.2 -- python train.py --lr {lr} --seed {seed}": (
        "mlperf-tui ab --vary lr=0.1,0.2 --pairs 1 -- python train.py --lr {lr} --seed {seed}"
    ),
    "mlperf-tui ab --continue e-…": "mlperf-tui ab --continue last",
    "mlperf-tui compare --fail-if slower:3% before1 before2 before3 -- after1 after2 after3": (
        "for name in before1 before2 before3 after1 after2 after3; do mlperf-tui run --name $name -- python train.py; "
        "done; mlperf-tui compare before1 before2 before3 -- after1 after2 after3; test $? -le 1"
    ),
    "mlperf-tui summary baseline --format json | jq .throughput.mean": "mlperf-tui summary baseline --format json",
}
TRAIN = """
from mlperf_tui.steps import Steps
steps = Steps(samples_per_step=64)
for n in steps.over(range(20)):
    steps.end(loss=1.0)
"""


def _commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    lines = [
        line[2:].split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]
    inline = re.findall(r"`((?:mlperf-tui|eval|pip)[^`]* [^`]*)`", README)
    return [*lines, *inline]


def test_all_commands_in_their_order(tool: Tool, tmp_path: Path) -> None:
    """As one reads, in one shell's directory: each ends well."""
    mini_imagenet(tmp_path / "imagenet")
    (tmp_path / "cifar").mkdir()
    mini_cifar(tmp_path / "cifar")
    (tmp_path / "train.py").write_text(TRAIN)
    path = os.pathsep.join([str(tool.executable.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "MLPERF_TUI_SESSIONS": str(tool.root), "OMP_NUM_THREADS": "1"}
    found = [command for command in _commands() if command not in MAKE and not command.startswith("pip install")]
    assert set(SMALL) <= set(found)
    for command in found:
        small = SMALL.get(command, command).replace("SESSION", "last")
        ended = subprocess.run(
            ["bash", "-c", small],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ended.returncode == 0, f"{small}\n{ended.stdout}\n{ended.stderr}"
    assert "| throughput |" not in README
    assert (tmp_path / "summary.md").read_text().startswith("### sleep")


def test_make_has_both_commands() -> None:
    """`make run` and `make test` are targets; CI runs the second."""
    makefile = (ROOT / "Makefile").read_text()
    assert set(_commands()) >= MAKE
    assert all(f"\n{command.split()[1]}: " in makefile for command in MAKE)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_links_and_picture_are_there() -> None:
    """What the README points to exists."""
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    assert "<svg" in (ROOT / "screen.svg").read_text()


def test_the_three_lines_run(tool: Tool, tmp_path: Path) -> None:
    """The page's own loop, with a loader and a step to train, leaves its steps in a session."""
    [code] = re.findall(r"```python\n(.*?)```", STEPS_PAGE, re.DOTALL)
    before = "loader = [(1, 2)] * 30\ndef train_step(images, labels):\n    return 0.5\n"
    (tmp_path / "loop.py").write_text(before + code)
    said = tool("run", "--", sys.executable, "loop.py", cwd=tmp_path)
    assert said.code == 0
    speed = tool.summary(tool.only())["throughput"]
    assert speed["steps"] + speed["warmup_steps"] == 30


@pytest.mark.parametrize("code", ["125", "126", "127"])
def test_exit_codes_are_told(code: str) -> None:
    """The README names the tool's own exit codes."""
    assert f"{code} " in README
