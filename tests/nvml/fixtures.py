"""The pretended NVML as a fixture, for conftest.py to hand to every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nvml.build import build


@pytest.fixture(scope="session")
def nvml_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that holds the library, compiled once a session."""
    directory = tmp_path_factory.mktemp("nvml")
    build(directory)
    return directory
