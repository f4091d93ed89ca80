"""Waiting for what may never come back, such as a sick driver's call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """What the call brings. Raises TimeoutError when it takes longer, and whatever the call raises.

    It is left in a daemon thread then, which keeps no process from ending.
    """
    came: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            came.append(call())
        except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
            raised.append(error)

    thread = threading.Thread(target=run, name="asked", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not came:
        raise TimeoutError
    return came[0]
