"""`frozen` makes what `@dataclass(frozen=True, slots=True)` makes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from mlperf_tui.frozen import frozen


@dataclass(frozen=True, slots=True)
class Theirs:
    """A sentence."""

    t: int
    name: str | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def twice(self) -> int:
        return 2 * self.t


@frozen
class Ours:
    """A sentence."""

    t: int
    name: str | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def twice(self) -> int:
        return 2 * self.t


@frozen
class Single:
    value: tuple[int, ...]


BOTH = pytest.mark.parametrize("kind", [Theirs, Ours])


@BOTH
def test_values_and_defaults(kind: type[Any]) -> None:
    made = kind(3)
    assert (made.t, made.name, made.counts, made.twice) == (3, None, {}, 6)
    assert kind(3).counts is not made.counts
    assert dataclasses.asdict(kind(3, "a", {"b": 1})) == {"t": 3, "name": "a", "counts": {"b": 1}}
    assert [one.name for one in dataclasses.fields(kind)] == ["t", "name", "counts"]


@BOTH
@pytest.mark.parametrize("given", [{}, {"t": 1, "more": 2}])
def test_wrong_arguments_are_refused(kind: type[Any], given: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        kind(**given)


@BOTH
def test_nothing_can_be_changed(kind: type[Any]) -> None:
    made = kind(3)
    for name in ("t", "new"):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(made, name, 4)
    with pytest.raises(FrozenInstanceError):
        del made.t
    assert made.t == 3
    assert not hasattr(made, "__dict__")


@BOTH
def test_equal_with_equal_values_of_the_same_class(kind: type[Any]) -> None:
    assert kind(3, "a") == kind(3, "a")
    assert kind(3, "a") != kind(3, "b")
    assert kind(3) != (3, None, {})
    assert kind(3) not in [one(3) for one in (Ours, Theirs) if one is not kind]


def test_hash_and_words() -> None:
    assert len({Single((1,)), Single((1,)), Single((2,))}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ours(3))
    assert repr(Ours(3, "a")) == "Ours(t=3, name='a', counts={})"
    assert Ours.__doc__ == "A sentence."
    assert list(inspect.signature(Ours).parameters) == list(inspect.signature(Theirs).parameters)


@BOTH
def test_copies(kind: type[Any]) -> None:
    made = kind(3, "a", {"b": 1})
    assert dataclasses.replace(made, t=4) == kind(4, "a", {"b": 1})
    assert pickle.loads(pickle.dumps(made)) == copy.copy(made) == made
    deep = copy.deepcopy(made)
    assert deep == made
    assert deep.counts is not made.counts


def test_matched_by_place() -> None:
    match Ours(3, "a"):
        case Ours(t, name):
            assert (t, name) == (3, "a")
