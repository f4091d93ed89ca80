"""What is read of the host itself."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from mlperf_tui.sampling import host
from mlperf_tui.sampling.host import Host


def test_swap_in_and_out_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel counts it since the boot."""
    monkeypatch.setattr(psutil, "swap_memory", lambda: SimpleNamespace(sin=3 << 20, sout=5 << 20))
    assert Host().read().swapped_bytes == 8 << 20


def test_a_kernel_that_does_not_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Unknown is no zero."""
    monkeypatch.setattr(host, "VMSTAT", tmp_path / "vmstat")
    assert Host().read().swapped_bytes is None


def test_what_the_kernel_ended_for_want_of_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A count since the boot; an older kernel has none."""
    told = tmp_path / "vmstat"
    monkeypatch.setattr(host, "VMSTAT", told)
    assert host.oom_kills() is None
    told.write_text("pgfault 7\n")
    assert host.oom_kills() is None
    told.write_text("pgfault 7\noom_kill 5\noom_kill_other 9\n")
    assert host.oom_kills() == 5
