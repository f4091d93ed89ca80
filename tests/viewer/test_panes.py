"""Rows, and that only those which changed are drawn again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from textual.geometry import Region

from mlperf_tui.analysis.bottleneck import Verdict
from mlperf_tui.analysis.quality import Quality as Measured
from mlperf_tui.session.status import Status
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer.history import Track
from mlperf_tui.viewer.layout import arrange
from mlperf_tui.viewer.panes.gpus import Gpus
from mlperf_tui.viewer.panes.header import Header
from mlperf_tui.viewer.panes.host import Host
from mlperf_tui.viewer.panes.notice import sentences
from mlperf_tui.viewer.panes.pane import Pane
from mlperf_tui.viewer.panes.quality import Quality
from mlperf_tui.viewer.panes.rows import Content, Look, Room, changed_columns, row
from mlperf_tui.viewer.panes.throughput import Throughput, flow, grid_of
from mlperf_tui.viewer.snapshot import GpuNow, Learning, Snapshot
from tests.viewer.app_of import app_of, as_running, feed, ready, recorded, text_of

NARROWEST = 24
"""Below this a row may be longer than its pane, which then shows its beginning."""

PANES: tuple[Callable[[], Pane], ...] = (Header, Host, Throughput, Quality, Gpus)


def text(content: Content) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in [*content.head, *content.body])


@pytest.mark.parametrize("pane", PANES)
@pytest.mark.parametrize("name", ["cpu-digits", "eight-gpus", "gpu-lost", "failed"])
def test_rows_are_never_wider_than_their_room(pane: Callable[[], Pane], name: str) -> None:
    """At any width, with whatever is known."""
    snapshot = recorded(name)
    for columns in (*range(1, 60), 80, 120, 200):
        for line in text(pane().content(snapshot, Room(columns, 6))).splitlines():
            assert cell_len(line.rstrip()) <= max(columns, NARROWEST), (columns, line)


def test_a_change_is_drawn_up_to_its_last_column() -> None:
    """What lies behind it is not sent again."""
    assert changed_columns(row("busy 98  ▇▇▇▇"), row("busy 99  ▇▇▇▇")) == 7
    assert changed_columns(row("same"), row("same")) == 0
    assert changed_columns(row("short"), row("longer")) == 6
    assert changed_columns(row("a", Look.DIM), row("a", Look.BOLD)) == 1
    two = (("a 1 ", Look.PLAIN), ("▁▂", Look.SPARK))
    assert changed_columns(two, (("a 2 ", Look.PLAIN), ("▁▂", Look.SPARK))) == 3
    assert changed_columns(two, (("a 10 ", Look.PLAIN), ("▁▂", Look.SPARK))) == 7


async def test_only_changed_rows_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One GPU's busy share changes: one region of one row is refreshed in the whole screen."""
    snapshot = recorded("eight-gpus")
    app = app_of(snapshot)
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        drawn: list[tuple[str, tuple[Region, ...]]] = []
        refresh = Pane.refresh

        def noting(self: Pane, *regions: Region, **more: bool) -> Pane:
            drawn.append((type(self).__name__, regions))
            return refresh(self, *regions, **more)

        monkeypatch.setattr(Pane, "refresh", noting)
        first, *others = snapshot.gpus
        feed(app, dataclasses.replace(snapshot, gpus=(dataclasses.replace(first, busy_pct=42.0), *others)))
        await pilot.pause()
        [(name, [region])] = drawn
        assert (name, region.y, region.height) == ("Gpus", 2, 1)
        assert region.width == len("   0      42")
        assert "42" in text_of(app)


async def test_the_same_snapshot_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No render_line is called."""
    app = app_of(recorded("eight-gpus"))
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        lines: list[int] = []
        monkeypatch.setattr(Pane, "render_line", lambda self, y: lines.append(y))
        feed(app, recorded("eight-gpus"))
        await pilot.pause()
        assert lines == []


def test_unknown_gpu_cells_are_dashes() -> None:
    """And the ones that are known stand beside them."""
    snapshot = dataclasses.replace(recorded("failed"), gpus=(GpuNow(0, busy_pct=12.0),))
    line = text(Gpus().content(snapshot, Room(80, 10))).splitlines()[1]
    assert line.split() == ["0", "12", *["–"] * 8]


def test_a_narrow_table_keeps_memory_and_power() -> None:
    """What doesn't fit is left out whole."""
    head = text(Gpus().content(recorded("eight-gpus"), Room(44, 10))).splitlines()[0]
    assert "memory GiB" in head
    assert "power W" in head
    assert "MHz" not in head


def test_a_lost_gpu_says_so() -> None:
    """In words, whatever the colours."""
    line = text(Gpus().content(recorded("gpu-lost"), Room(120, 10))).splitlines()[4]
    assert "lost" in line
    assert "driver no longer reaches it" in line


def quality_text(word: str = "running", **learning: object) -> str:
    snapshot = dataclasses.replace(
        recorded("failed"),
        status=Status(word),
        learning=Learning(**learning),  # type: ignore[arg-type]
    )
    return text(Quality().content(snapshot, Room(60, 4)))


def test_quality_before_and_after_the_target() -> None:
    """A dash before the first evaluation, a range from the third on, the time it took once reached."""
    asked = Measured("top-1", "up", None, None, 0.759, reached=False, time_to_target_s=None)
    assert "top-1 – of 75.9 %" in quality_text(qualities=(asked,))
    assert "target in –  (too early to say)" in quality_text(qualities=(asked,), evaluations=2)
    assert "target not reached" in quality_text("failed", qualities=(asked,), evaluations=2)
    assert "isn't rising" in quality_text(qualities=(asked,), evaluations=3)
    assert "target in 00:00:25 to 00:00:40" in quality_text(qualities=(asked,), evaluations=3, estimate_s=(25.0, 40.0))
    done = dataclasses.replace(asked, value=0.76, best=0.77, reached=True, time_to_target_s=72.0)
    assert "target reached  after 00:01:12" in quality_text(qualities=(done,), evaluations=3)
    share = Measured("box AP", "up", 0.21, 0.3, 0.377, reached=False, time_to_target_s=None)
    assert "box AP 21.0 % of 37.7 %  best 30.0 %" in quality_text(qualities=(share,))
    bleu = Measured("bleu", "up", 25.1, 25.1, 25.6, reached=False, time_to_target_s=None)
    assert "bleu 25.1 of 25.6" in quality_text(qualities=(bleu,))


@pytest.mark.parametrize("name", ["geometric mean, TFLOP/s", "geometric mean, GB/s", "accesses/s", "speedup", "gap"])
def test_a_metric_with_a_unit_is_a_number(name: str) -> None:
    """However small: 0.03 TFLOP/s are not 3 %."""
    slow = Measured(name, "up", 0.03023, 0.04, None, reached=None, time_to_target_s=None)
    shown = quality_text(qualities=(slow,))
    assert f"{name} 0.0302" in shown
    assert "best 0.0400" in shown
    assert "%" not in shown
    assert "%" not in "".join(Quality().details(dataclasses.replace(recorded("failed"), learning=learning(slow))))


@pytest.mark.parametrize(
    "name",
    ["top-1", "top5", "eval_accuracy", "val_acc", "BLEU", "mAP", "box AP", "mAP@0.5", "SEGM", "HR@10", "F1", "mIoU"],
)
def test_a_share_is_in_percent(name: str) -> None:
    """What the workloads measure, and what others call theirs."""
    assert f"{name} 41.2 %" in quality_text(qualities=(Measured(name, "up", 0.412, None, None, None, None),))


def learning(*qualities: Measured) -> Learning:
    return Learning(qualities=qualities)


@pytest.mark.parametrize(
    ("means", "last", "ends"),
    [
        ((2.95, 2.03), 1.412, ("3.00", "1.40")),
        ((2.95, 2.03), 3.217, ("3.30", "2.00")),
        ((0.0085, 0.0081), 0.00791, ("0.00850", "0.00791")),
        ((6.9075, 6.9073), 6.907, ("6.91", "6.90")),
        ((-1.5, -2.5), -2.61, ("-1.50", "-2.70")),
        ((2.95, 2.03), float("nan"), ("2.95", "2.03")),
        ((2.0, 2.0), 2.0, ("", "")),
        ((4.1e-10, 3.2e-10), 3.3e-10, ("4.1e-10", "3.2e-10")),
        ((1.3e9, 2.2e7), 4.0e8, ("1.3e+09", "0")),
    ],
)
def test_the_axis_holds_the_last_loss(means: tuple[float, float], last: float, ends: tuple[str, str]) -> None:
    """The curve's columns are means: the last loss may be below them all, or above."""
    track = Track(1000, tuple(means[second >= 950] for second in range(900, 1000)))
    snapshot = dataclasses.replace(
        recorded("failed"), status=Status("running"), elapsed_s=100.0, learning=Learning(loss=last, losses=track)
    )
    lines = text(Quality().content(snapshot, Room(60, 8))).splitlines()
    assert (lines[1][:8].strip(), lines[5][:8].strip()) == ends


@pytest.mark.parametrize("size", [(46, 7), (78, 9), (78, 10)])
def test_the_next_step_is_told_whole(size: tuple[int, int]) -> None:
    """Over as many lines as the curve can spare, which keeps two."""
    advice = "Other programs take part of the processors: end them, or give this run cores of its own with taskset."
    verdict = Verdict("host", ("1.9 of 2 cores",), advice)
    snapshot = dataclasses.replace(as_running(recorded("cpu-digits")), limited=verdict)
    content = Throughput().content(snapshot, Room(size[0], size[1]))
    told = " ".join(line.strip() for line in text(content).splitlines())
    assert f"next: {advice}" in told or (size == (46, 7) and "next" not in told)
    assert len(content.body) >= 2


def without_steps(kind: str, word: str) -> str:
    snapshot = recorded("failed")
    training = dataclasses.replace(
        snapshot.training, now=type(snapshot.training.now)(), whole=type(snapshot.training.now)()
    )
    plan = dataclasses.replace(snapshot.plan, kind=kind)
    told = dataclasses.replace(
        snapshot, status=Status(word), training=training, plan=plan, elapsed_s=40.0, limited=None
    )
    return text(Throughput().content(told, Room(100, 6)))


def test_three_lines_are_the_advice_for_other_programs_only() -> None:
    """A workload of ours has them, and to one that failed they would be no help."""
    assert "three lines in its loop" in without_steps("command", "running")
    assert "three lines in its loop" in without_steps("command", "finished")
    for kind, word in (("workload", "failed"), ("workload", "stopped"), ("command", "failed")):
        assert without_steps(kind, word).strip() == "ended before its first step"
    assert without_steps("workload", "running").strip() == "no step yet"


def test_loss_that_is_no_number_is_a_word() -> None:
    """With how often it was so."""
    assert "loss NaN  not finite in 3 steps" in quality_text(loss=float("nan"), nan_steps=3)
    assert "loss –" in quality_text()


def test_the_throughput_pane_tells_of_silence() -> None:
    """A run whose steps have ceased: a dash and since when, not the last rate."""
    snapshot = as_running(recorded("eight-gpus"))
    quiet = dataclasses.replace(snapshot.training, now=type(snapshot.training.now)(), silent_s=42.0)
    found = text(Throughput().content(dataclasses.replace(snapshot, training=quiet), Room(100, 4)))
    assert found.lstrip().startswith("– ")
    assert "no step for 00:00:42" in found


def test_notices_come_in_order() -> None:
    """Alarms, and the reason of an end that was not wanted."""
    found = sentences(recorded("failed"))
    assert "NaN" in found[0]
    assert found[1] == "the program ended with exit code 1"
    assert sentences(recorded("eight-gpus")) == []


def test_flow_and_period() -> None:
    """Parts fill their lines; a curve fills its columns, those of an ended run to the last one."""
    assert flow(["aaa", "", "bb", "cccc"], 7, 2) == ["aaa  bb", "cccc"]
    assert flow(["aaaaaaaaaa"], 5, 2) == ["", ""]
    for elapsed in (None, 0.5, 30.0, 61.0, 200.0, 86_400.0):
        for status in ("running", "finished"):
            snapshot = dataclasses.replace(recorded("cpu-digits"), status=Status(status), elapsed_s=elapsed)
            for columns in (1, 7, 60, 200):
                grid = grid_of(snapshot, columns)
                values = grid.spread(Track(1000, tuple(float(value) for value in range(1000))))
                assert len(values) == grid.columns
                assert columns / 2 < grid.columns <= columns
                assert grid.columns == columns or status == "running"


@pytest.mark.parametrize("links", [0, 8])
@pytest.mark.parametrize("threads", [0, 5, 32])
@pytest.mark.parametrize("gpus", [0, 1, 8, 16])
@pytest.mark.parametrize("notice", [False, True])
def test_the_layout_fills_every_screen(gpus: int, links: int, threads: int, notice: bool) -> None:
    """Of any size: no line is given twice and none is left over, and no pane has fewer than none."""
    for width in (1, 40, 63, 64, 99, 100, 160, 200):
        for height in range(4, 70):
            found = arrange(width, height, gpus, min(links, gpus), threads, notice=notice)
            used = (found.top, found.gpus, found.middle, found.bottom)
            assert min(used) >= 0
            left = max(0, height - 3 - notice)
            assert sum(used) == left or (left < 6 and sum(used) <= left + 1), (width, height, found)
            if height >= 24:
                assert found.top >= 4
                assert found.middle >= 3
                assert found.bottom >= 2


def snapshot_with(**more: object) -> Snapshot:
    return dataclasses.replace(recorded("cpu-digits"), **more)  # type: ignore[arg-type]


def test_the_header_says_first_what_runs() -> None:
    """What doesn't fit is left out whole, the state last of all."""
    wide = text(Header().content(snapshot_with(), Room(120, 1)))
    assert "resnet50 · fp32 · CPU, 2 cores · batch 32" in wide
    assert wide.rstrip().endswith("✓ finished 00:01:34  epoch 5/8  step 225")
    narrow = text(Header().content(snapshot_with(), Room(60, 1)))
    assert "CPU" not in narrow
    assert "✓ finished 00:01:34" in narrow


def test_steps_before_a_checkpoint_count() -> None:
    """As --steps counts them: in the header, and in the time that those left still take."""
    snapshot = as_running(recorded("cpu-digits"))
    rates = snapshot.training.whole
    taken = rates.steps + rates.warmup_steps
    asked = dataclasses.replace(snapshot.plan, steps=taken + 1000)
    first, later = (dataclasses.replace(snapshot, plan=asked, steps_before=before) for before in (0, 600))
    for one, step, left in ((first, taken, 1000), (later, taken + 600, 400)):
        assert f"step {step:,}/{taken + 1000:,}" in text(Header().content(one, Room(120, 2)))
        wanted = fmt.duration(left * (rates.step_s or 0.0))
        assert f"{wanted} left" in text(Throughput().content(one, Room(120, 8)))
