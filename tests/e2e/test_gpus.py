"""The whole product on a machine with GPUs, as the real pynvml tells it from the small fake of NVIDIA's library."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.e2e.tool import PROGRAMS, Tool
from tests.nvml.build import environment

TRAIN = (sys.executable, str(PROGRAMS / "train.py"))


def test_eight_gpus_with_links(tool: Tool, nvml_dir: Path) -> None:
    """Eight H100s with NVLink and GPM: each has its numbers, and the links their source."""
    said = tool("run", "--", *TRAIN, "150", "0.03", environment=environment(nvml_dir, "eight-h100"))
    assert said.code == 0, said.err
    body = tool.summary(tool.only())
    assert [gpu["index"] for gpu in body["gpus"]] == list(range(8))
    assert all(gpu["busy_pct"]["mean"] > 90 and gpu["tensor_pct"]["mean"] > 50 for gpu in body["gpus"])
    assert all(gpu["limited_s"]["power"] > 0 for gpu in body["gpus"])
    assert body["links"]["source"] == "GPM"
    assert len(body["links"]["per_gpu"]) == 8
    assert "NVLink" in said.out
    assert body["monitor"]["lines_lost"] == 0


def test_a_gpu_that_is_lost_costs_its_own_cells_and_raises_one_alarm(tool: Tool, nvml_dir: Path) -> None:
    """The run, the recorder and the seven others go on."""
    said = tool("run", "--", *TRAIN, "300", "0.03", environment=environment(nvml_dir, "one-lost"))
    assert said.code == 0
    body = tool.summary(tool.only())
    assert [alarm["kind"] for alarm in body["alarms"]] == ["gpu-lost"]
    assert len(body["gpus"]) == 8
    assert "alarm" in said.out


def test_no_driver_is_said_and_not_guessed(tool: Tool) -> None:
    """Without a GPU there are no GPU numbers, and the reason stands where they would be."""
    said = tool("run", "--", *TRAIN, "50", environment={"LD_LIBRARY_PATH": "/nonexistent"})
    body = tool.summary(tool.only())
    if not body["gpus"]:
        assert "driver" in body["unknown"]["gpus"]
    assert said.code == 0


def test_two_ranks_under_torchrun(tool: Tool) -> None:
    """Each rank writes a file of its own; the rates add up, the marks count once."""
    words = ("torchrun", "--nproc-per-node", "2", str(PROGRAMS / "train.py"), "60")
    said = tool(
        "run", "--", str(Path(sys.executable).parent / words[0]), *words[1:], environment={"OMP_NUM_THREADS": "1"}
    )
    assert said.code == 0, said.out
    body = tool.summary(tool.only())
    assert [rank["rank"] for rank in body["ranks"]] == [0, 1]
    assert body["throughput"]["mean"] > 1.5 * body["ranks"][0]["throughput"]
    assert [mark["key"] for mark in body["marks"]].count("eval_accuracy") == 1
