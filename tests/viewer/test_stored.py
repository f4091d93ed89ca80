"""What limited an ended run, from its summary or worked out; unknown has its reason too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlperf_tui.report.build import store
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.status import Status
from mlperf_tui.viewer.stored import verdict
from tests.recorded import parts

ENDED = Status("stopped", "by its user")


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize(("name", "value"), [("eight-gpus", "compute"), ("a10-pcie", "unknown")])
def test_each_has_its_grounds_and_its_advice(tmp_path: Path, name: str, value: str, stored: bool) -> None:
    """Whether or not there is a summary, and whether or not it can be told."""
    folder = Folder(Path(shutil.copytree(parts.HERE / name, tmp_path / name)))
    if stored:
        store(folder)
    found = verdict(folder, ENDED)
    assert found.value == value
    assert found.evidence
    assert found.advice.endswith(".")


def test_a_summary_of_an_earlier_version_is_worked_out_anew(tmp_path: Path) -> None:
    """One without advice, or that isn't one."""
    folder = Folder(Path(shutil.copytree(parts.HERE / "eight-gpus", tmp_path / "s")))
    for text in (json.dumps({"limited_by": {"value": None, "evidence": []}, "unknown": {}}), "[]", "{"):
        folder.summary.write_text(text)
        assert verdict(folder, ENDED).value == "compute"
