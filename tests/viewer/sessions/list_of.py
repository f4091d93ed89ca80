"""A sessions screen that is fed by hand, with deeds that are only noted down."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from mlperf_tui.errors import MlperfTuiError
from mlperf_tui.report.listed import Listed
from mlperf_tui.report.side_by_side import Compared, SideBySide
from mlperf_tui.viewer.sessions.app import Choice, FreshLook, SessionsApp
from mlperf_tui.viewer.sessions.deeds import Deeds
from mlperf_tui.viewer.sessions.feed import Looked
from mlperf_tui.viewer.sessions.model import View
from tests.viewer.app_of import utc

NOW_S = 1_795_600_000.0
ROOT = Path("/sessions")
PACE = tuple(40_000.0 - 30_000 / (at + 1) - (25_000 if at in {9, 10, 11} else 0) for at in range(24))
BESIDE = SideBySide(
    (Compared("precision", "fp32", "amp-bf16"), Compared("batch", "256", "512")),
    ("seed",),
    (
        Compared("throughput", "1,000 images/s", "2,500 images/s", "×2.50"),
        Compared("loss", "–", "1.234"),
        *(Compared(f"row {at}", str(at), str(at + 1), "–") for at in range(30)),
    ),
)


def session(at: int, status: str = "finished", **more: Any) -> Listed:
    """The session that started `at` hours ago; each is smaller and slower than the one before."""
    given = {
        "name": f"run-{at}",
        "workload": "resnet50",
        "precision": "amp-bf16",
        "rate": 41_210.0 / (at + 1),
        "unit": "images/s",
        "started_s": NOW_S - 3600 * at - 60,
        "lasted_s": 761.0 + at,
        "size_bytes": (500 - at) << 20,
        "pace": PACE,
        "detail": "exit code 0",
    }
    return Listed(f"s-20261124-{at:06}-resnet50", status, **{**given, **more})


FEW = (
    session(0, "running", detail=""),
    session(1, note="with the new loader"),
    session(2, "failed", detail="exit code 1", precision="fp32"),
    session(3, "running-unrecorded", name=None, detail="its recorder is gone"),
    Listed(session(4).id, "unreadable", "it was written by a newer mlperf-tui: upgrade to read it", size_bytes=4096),
    session(
        5, "interrupted", name="a rather long name that does not fit", rate=None, pace=(), workload="train_gpt2.py"
    ),
    session(30, "stopped", rate=1_234_567_890.0, unit="tokens/s", size_bytes=None, lasted_s=None),
)


def experiment(at: int, status: str = "finished", **more: Any) -> Listed:
    """An experiment that started `at` hours ago, with its two pairs of runs."""
    given = {
        "id": f"e-20261124-{at:06}-resnet50",
        "name": f"ab-{at}",
        "precision": "fp32 | amp-bf16",
        "rate": None,
        "pace": (),
        "runs": 4,
        "ratio": 4.123,
        "conclusion": "faster",
        "detail": "4.1 times faster: Tensor Cores 0 → 61 % · settled after 4 pairs",
    }
    return dataclasses.replace(session(at, status), **{**given, **more})


def runs_of(one: Listed) -> tuple[Listed, ...]:
    """Its runs, the last launched first, as they are read; of one that runs the last one does too."""
    arms = enumerate(("fp32", "amp-bf16", "amp-bf16", "fp32"))
    rows = (
        dataclasses.replace(
            session(0, one.status if at == 3 and one.status == "running" else "stopped"),
            id=f"s{one.id[1:]}-{at // 2 + 1}{'a' if arm == 'fp32' else 'b'}",
            name=None,
            precision=arm,
            started_s=(one.started_s or 0) + at,
            experiment=one.id,
            pair=at // 2 + 1,
            arm=arm,
        )
        for at, arm in arms
    )
    return tuple(rows)[::-1]


SETTLED = experiment(6)
UNSURE = experiment(
    1,
    "running",
    name=None,
    precision="batch 256 | 512",
    ratio=1.0132,
    conclusion="cannot_tell",
    detail="pair 3: measuring 512",
    runs=5,
)
MIXED = (UNSURE, SETTLED, *runs_of(UNSURE), *FEW[:3], *runs_of(SETTLED))
"""Two experiments with runs, and sessions alone, as the feed hands them on."""


def many(count: int) -> tuple[Listed, ...]:
    """So many sessions that have ended."""
    return tuple(session(at) for at in range(count))


class Done:
    """Notes down what was done; `trouble` makes every deed fail with this sentence."""

    def __init__(self, trouble: str = "", beside: SideBySide = BESIDE) -> None:
        self.trouble = trouble
        self.beside = beside
        self.deeds: list[tuple[Any, ...]] = []

    def deed(self, name: str, result: Any = None) -> Callable[..., Any]:
        def do(*words: Any) -> Any:
            self.deeds.append((name, *words))
            if self.trouble:
                raise MlperfTuiError(self.trouble)
            return result

        return do

    def all(self) -> Deeds:
        return Deeds(
            stop=self.deed("stop"),
            rename=self.deed("rename"),
            remove=self.deed("remove", 1 << 30),
            refusal=lambda session: f"{session} runs: stop it first",
            compare=self.deed("compare", self.beside),
        )


def list_of(
    *rows: Listed,
    done: Done | None = None,
    view: View | None = None,
    total: int | None = None,
    ascii_only: bool = False,
) -> SessionsApp:
    """An app that has been handed these sessions, newest first, and gets no more by itself."""
    utc()
    looked = Looked(rows, len(rows) if total is None else total, NOW_S)
    return SessionsApp(
        lambda show, _: show(looked), (done or Done()).all(), ROOT, view or View(), ascii_only=ascii_only
    )


def feed(app: SessionsApp, *rows: Listed) -> None:
    """Hand it a newer look."""
    app.post_message(FreshLook(Looked(rows, len(rows), NOW_S)))


async def ready(pilot: Pilot[Choice]) -> None:
    """All that was to be handed on, and all that was to be done, has been."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def text_of(app: SessionsApp) -> str:
    """What stands on the screen, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def press(pilot: Pilot[Choice], *keys: str) -> None:
    """Press keys, and wait until what they do is drawn."""
    await pilot.press(*keys)
    await pilot.pause()
