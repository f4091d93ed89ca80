"""Numbers as text: never wider than there is room, never cut, and a dash for what is unknown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs

ANY = st.floats() | st.integers(-(10**15), 10**15) | st.none()
FORMATS = (
    fmt.number, fmt.three_digits, fmt.milliseconds, fmt.percent, fmt.share, fmt.gib, fmt.duration,
    fmt.axis,
)  # fmt: skip


@pytest.mark.parametrize("formatter", FORMATS)
def test_unknown_is_a_dash(formatter: object) -> None:
    """None is a dash, without a unit behind it."""
    assert formatter(None) == fmt.DASH  # type: ignore[operator]


@given(ANY, st.integers(0, 30))
def test_a_cell_is_as_wide_as_asked_and_whole(value: float | None, width: int) -> None:
    """A number stands in its cell with all its digits, or not at all."""
    text = fmt.three_digits(value)
    found = fmt.cell(text, width)
    assert cell_len(found) == width
    assert found.strip() in {text, fmt.DASH, ""}


@given(st.lists(ANY, max_size=6), st.integers(0, 60))
def test_parts_are_left_out_whole(values: list[float | None], width: int) -> None:
    """A line of parts is never too wide, and each part in it is one of those given."""
    parts = [fmt.rate(value, "images/s") for value in values]
    line = fmt.fit(parts, width)
    assert cell_len(line) <= width
    assert all(part in parts for part in line.split(fmt.GAP) if part)


@given(st.text(max_size=60), st.integers(0, 40))
def test_shortened_text_fits(text: str, width: int) -> None:
    """Sentences and foreign lines are never wider than asked, whatever they are made of."""
    assert cell_len(fmt.shorten(text, width)) <= max(width, 0)
    assert cell_len(fmt.cut(text, width)) <= max(width, 0)


@given(st.integers(10**3, 10**12), st.integers(3, 40))
def test_no_number_of_a_sentence_is_cut(value: int, width: int) -> None:
    """Of a number in a sentence there is all or nothing."""
    found = fmt.shorten(f"the disk holds {value} bytes", width)
    assert str(value) in found or not any(digit in found for digit in "0123456789")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (fmt.rate(41_210.4, "images/s"), "41,210 images/s"),
        (fmt.milliseconds(0.0497), "49.7 ms"),
        (fmt.gib(76_450_629_632), "71.2"),
        (fmt.duration(761), "00:12:41"),
        (fmt.duration(7 * 86_400), "7 d 00:00:00"),
        (fmt.axis(42_000), "42k"),
        (fmt.axis(3_100_000), "3.1M"),
        (fmt.share(0.412, 1), "41.2 %"),
        (fmt.number(math.nan), "NaN"),
        (fmt.three_digits(0), "0.00"),
        (fmt.per_one("images/s"), "image"),
    ],
)
def test_units_and_digits(found: str, expected: str) -> None:
    """Examples, one a unit."""
    assert found == expected


@given(st.lists(ANY, max_size=80), st.integers(1, 6), st.floats(0, 1e9))
def test_curves_keep_their_width(values: list[float | None], rows: int, high: float) -> None:
    """One column a value in each row; a gap is blank in all of them, and a value is drawn in at least one."""
    drawn = glyphs.curve(values, rows, 0.0, high)
    assert [len(line) for line in drawn] == [len(values)] * rows
    for column, value in enumerate(values):
        blank = all(line[column] == " " for line in drawn)
        assert blank == (value is None or not math.isfinite(value))


@given(st.text(max_size=80))
def test_plain_is_ascii_and_as_wide(text: str) -> None:
    """Every sign has a stand-in of one character."""
    found = glyphs.plain(text)
    assert found.isascii()
    assert len(found) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a · b · c", "a | b | c"),
        (" · 3  0 %", " . 3  0 %"),
        ("┌─┐│█▀", "+-+|#-"),
        ("╭━┃╯", "+-|+"),
        ("10⁹ µs × 2 …", "10^ us x 2 ~"),
    ],
)
def test_plain_stands_for_what_it_was(text: str, expected: str) -> None:
    """A separator is a bar, a mark stays a dot, a box stays one."""
    assert glyphs.plain(text) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"LANG": "en_GB.UTF-8"}, True),
        ({"LANG": "de_DE.utf8"}, True),
        ({"LANG": "C"}, False),
        ({"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, False),
        ({"LC_ALL": "", "LANG": "ja_JP.eucJP"}, False),
    ],
)
def test_the_locale_decides(environ: dict[str, str], expected: bool) -> None:
    """The first of LC_ALL, LC_CTYPE and LANG that says anything."""
    assert glyphs.utf8(environ) is expected
