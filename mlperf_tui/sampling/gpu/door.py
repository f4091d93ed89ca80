"""The guarded call: an answer of NVML or None, with what was refused remembered, and when to ask again."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pynvml

from mlperf_tui.sampling.gpu.words import refusal_in_words

PERMANENT = frozenset(
    {
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
    }
)
FIRST_PAUSE_NS = 1_000_000_000
LONGEST_PAUSE_NS = 60_000_000_000
LOST = "the GPU"
"""What is refused when a GPU is lost: all that is asked of it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error in place of an answer: NVML's code and a few words."""

    code: int
    reason: str

    @property
    def is_permanent(self) -> bool:
        return self.code in PERMANENT


@dataclass(frozen=True, slots=True)
class _Standing:
    """A refusal that still holds, and until when nothing is asked because of it (None: for ever)."""

    refusal: Refusal
    pause_ns: int
    until_ns: int | None


def refusal_of(code: int, text: str = "") -> Refusal:
    """A refusal by NVML's code; `text` is NVML's own for codes that we have no words for."""
    return Refusal(code, refusal_in_words(code, text))


def attempt(call: str, *args: Any) -> Any:
    """What the library answers, or a Refusal. Nothing is remembered and nothing raised."""
    try:
        return getattr(pynvml, call)(*args)
    except pynvml.NVMLError as error:
        return refusal_of(error.value, str(error))
    except (AttributeError, pynvml.NVMLLibraryMismatchError):
        return refusal_of(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
    except (OSError, ValueError, ctypes.ArgumentError) as error:
        return refusal_of(pynvml.NVML_ERROR_UNKNOWN, str(error))


class Door:
    """Asks, and remembers by GPU and by name of what was asked: the permanent for ever, the passing for a while."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.lost: dict[int, int] = {}
        """GPUs that were lost, and when that was first seen."""
        self.clock = clock
        self._standing: dict[tuple[int, str], _Standing] = {}

    def ask(self, gpu: int, call: str, *args: Any) -> Any:
        """The answer, or None where it is refused or was refused before."""
        if not self.may_ask(gpu, call):
            return None
        answer = attempt(call, *args)
        self.settle(gpu, call, answer)
        return None if isinstance(answer, Refusal) else answer

    def may_ask(self, gpu: int, name: str) -> bool:
        """Whether no refusal stands in the way now."""
        return not (self._standing and (self._is_barred(gpu, LOST) or self._is_barred(gpu, name)))

    def settle(self, gpu: int, name: str, answer: object) -> None:
        """Take note of an answer or a refusal to `name`; also for one value among many that a call brought."""
        if not isinstance(answer, Refusal):
            if self._standing:
                self._standing.pop((gpu, name), None)
                self._standing.pop((gpu, LOST), None)
        elif answer.code == pynvml.NVML_ERROR_GPU_IS_LOST:
            self.lost.setdefault(gpu, self.clock())
            self._stand(gpu, LOST, answer)
        else:
            self._stand(gpu, name, answer)

    def refusal(self, gpu: int, name: str) -> Refusal | None:
        """What stands in the way of `name`, if anything."""
        if not self._standing:
            return None
        standing = self._standing.get((gpu, LOST)) or self._standing.get((gpu, name))
        return standing.refusal if standing else None

    def _is_barred(self, gpu: int, name: str) -> bool:
        standing = self._standing.get((gpu, name))
        return standing is not None and (standing.until_ns is None or self.clock() < standing.until_ns)

    def _stand(self, gpu: int, name: str, refusal: Refusal) -> None:
        before = self._standing.get((gpu, name))
        pause_ns = min(2 * before.pause_ns, LONGEST_PAUSE_NS) if before else FIRST_PAUSE_NS
        until_ns = None if refusal.is_permanent else self.clock() + pause_ns
        self._standing[gpu, name] = _Standing(refusal, pause_ns, until_ns)
