"""Every record goes to a line and comes back the same, and a bad line is an error and never another one."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlperf_tui.records import NAMES, GpuReading, Late, Mark, Step, decode, encode

FLOATS = st.floats(allow_nan=False)
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(0, 2**63),
    "float": FLOATS,
    "str": st.text(max_size=20),
    "bool": st.booleans(),
    "int | None": st.none() | st.integers(0, 2**63),
    "float | None": st.none() | FLOATS,
    "str | None": st.none() | st.text(max_size=20),
    "bool | None": st.none() | st.booleans(),
    "Any": st.none()
    | FLOATS
    | st.integers()
    | st.booleans()
    | st.dictionaries(st.text(max_size=5), FLOATS, max_size=3),
    "Values": st.lists(st.none() | FLOATS, max_size=4).map(tuple),
    "tuple[int, ...]": st.lists(st.integers(0, 2**31), max_size=4).map(tuple),
    "tuple[str, ...]": st.lists(st.text(max_size=8), max_size=3).map(tuple),
    "tuple[str | None, ...]": st.lists(st.none() | st.text(max_size=8), max_size=3).map(tuple),
    "tuple[Values, ...]": st.lists(st.lists(st.none() | FLOATS, max_size=2).map(tuple), max_size=3).map(tuple),
    "dict[str, str]": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    "dict[str, int]": st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    "dict[str, Any]": st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    "dict[str, Any] | None": st.none() | st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    "dict[str, bool] | None": st.none() | st.dictionaries(st.text(max_size=5), st.booleans(), max_size=3),
    "dict[str, float] | None": st.none() | st.dictionaries(st.text(max_size=5), FLOATS, max_size=3),
    "tuple[tuple[str, ...], ...]": st.lists(st.lists(st.text(max_size=8), max_size=3).map(tuple), max_size=3).map(
        tuple
    ),
    "tuple[dict[str, str], ...]": st.lists(
        st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3), max_size=3
    ).map(tuple),
    "tuple[dict[str, Any], ...]": st.lists(
        st.dictionaries(st.text(max_size=5), st.integers(), max_size=3), max_size=3
    ).map(tuple),
    "dict[str, dict[str, Any]]": st.dictionaries(st.text(max_size=5), st.just({"a": 1}), max_size=3),
    "Mapping[str, tuple[tuple[float, ...] | None, ...]]": st.dictionaries(
        st.text(max_size=5),
        st.lists(st.none() | st.lists(FLOATS, max_size=4).map(tuple), max_size=3).map(tuple),
        max_size=3,
    ),
}


def _records(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: BY_TYPE[str(field.type)] for field in dataclasses.fields(kind)})


def _plain(value: Any) -> Any:
    """Lists for tuples, as JSON has them."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(data=st.data())
def test_round_trip(name: str, data: st.DataObject) -> None:
    """A record of any kind with any content survives its line."""
    record = data.draw(_records(NAMES[name]))
    line = encode(record)
    again = decode(line)
    assert "\n" not in line
    assert again is not None
    assert type(again) is type(record)
    assert _plain(dataclasses.asdict(again)) == _plain(dataclasses.asdict(record))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_record_or_a_value_error(line: bytes) -> None:
    """Whatever stands in a file, a reader meets ValueError at worst."""
    try:
        decode(line)
    except ValueError:
        return


@pytest.mark.parametrize(
    "line", ["", "[]", "3", '{"step":3}', '{"step":{}}', '{"step":{"t":1,"n":1},"mark":{}}', "{" * 5000]
)
def test_not_a_record(line: str) -> None:
    """A line that is JSON but no record is refused as well."""
    with pytest.raises(ValueError, match="not a record"):
        decode(line)


def test_newer_names_and_fields_are_passed_over() -> None:
    """A session of a newer minor version stays readable: unknown records are None, unknown fields dropped."""
    assert decode('{"hologram":{"t":1}}') is None
    assert decode('{"step":{"t":1,"n":2,"mood":"good"}}') == Step(1, 2)


def test_not_a_number_is_still_json() -> None:
    """NaN and infinities are strings on the line, so that any JSON reader takes it, and floats again here."""
    line = encode(Late(n=1, loss=math.nan, grad_norm=math.inf))
    assert json.loads(line)["late"] == {"n": 1, "loss": "nan", "grad_norm": "inf"}
    late = decode(line)
    assert isinstance(late, Late)
    assert math.isnan(late.loss or 0)
    assert late.grad_norm == math.inf


def test_unknown_in_an_array_is_null() -> None:
    """One GPU that doesn't answer is null in its place, not a shorter array."""
    assert '"busy_pct":[1.0,null]' in encode(GpuReading(t=1, busy_pct=(1.0, None)))


def test_marks_keep_mlperfs_values() -> None:
    """A value may be a number, a string or an object, as benchmarks have them."""
    mark = Mark(1, "eval_accuracy", {"BBOX": 0.377, "SEGM": 0.339}, {"epoch_num": 3})
    assert decode(encode(mark)) == mark
