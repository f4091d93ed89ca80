"""The far end of a link tells the truth about when: a key that seems later than its handling seems never handled."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest

from tests.bench import link


def test_a_key_is_pressed_before_it_can_be_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program may have handled it before the write returns."""
    clock = count()
    written: list[int] = []
    monkeypatch.setattr(link, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(link, "os", SimpleNamespace(write=lambda *_: written.append(next(clock))))
    far_end = link.Link.__new__(link.Link)
    far_end.master = 0
    assert far_end.type("?") < written[0]
