"""Bytes to the terminal: in order, all of them, never waiting for it, and quietly dropped when it is gone."""

from __future__ import annotations

import os

from mlperf_tui.viewer.writer import Writer

MUCH = 1 << 20


def test_all_in_order() -> None:
    """What was put last is read last, and counted."""
    reader, end = os.pipe()
    writer = Writer(end)
    writer.start()
    for n in range(100):
        writer.put(f"{n} ".encode())
    writer.stop()
    os.close(end)
    with open(reader, "rb") as file:  # noqa: PTH123  a descriptor
        assert file.read().split() == [str(n).encode() for n in range(100)]
    assert writer.bytes_written == len("".join(f"{n} " for n in range(100)))


def test_a_terminal_that_takes_nothing_holds_up_nobody() -> None:
    """Far more than a pipe holds is taken at once; it isn't idle as long as that is not written."""
    reader, end = os.pipe()
    writer = Writer(end)
    writer.start()
    writer.put(b"x" * MUCH)
    assert not writer.idle
    taken = 0
    while taken < MUCH:
        taken += len(os.read(reader, MUCH))
    writer.stop()
    assert writer.idle
    os.close(reader)
    os.close(end)


def test_a_terminal_that_is_gone() -> None:
    """Nothing is raised, nothing is kept, and it is said."""
    reader, end = os.pipe()
    os.close(reader)
    writer = Writer(end)
    writer.start()
    writer.put(b"words")
    writer.stop()
    assert writer.lost
    writer.put(b"x" * MUCH)
    assert writer.idle
    os.close(end)
