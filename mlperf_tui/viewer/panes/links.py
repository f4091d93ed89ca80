"""What each GPU sends to the others and receives: over NVLink, or over PCIe where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from mlperf_tui.report.numbers import moved
from mlperf_tui.viewer import format as fmt
from mlperf_tui.viewer import glyphs
from mlperf_tui.viewer.panes.origins import age, origins
from mlperf_tui.viewer.panes.pane import ScrollPane, empty
from mlperf_tui.viewer.panes.rows import Content, Look, Room, Row, row
from mlperf_tui.viewer.panes.sparks import Sparks
from mlperf_tui.viewer.snapshot import LinkNow, LinksNow, Snapshot

TABLE = 36
"""Columns of the table alone."""

GIGA = 1e9
LEAST = 0.005
BY_LINK = "by link"
SERIES = {
    "NVLink": (("sent", "link.tx_bytes_per_s"), ("received", "link.rx_bytes_per_s")),
    "PCIe": (("sent", "gpu.pcie_tx_bytes_per_s"), ("received", "gpu.pcie_rx_bytes_per_s")),
}


class Links(ScrollPane):
    """A line a GPU; one that says why where nothing is known of any."""

    title = "NVLink"

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._sparks = Sparks()

    def heading(self, snapshot: Snapshot) -> str:
        links = snapshot.links
        rung = f" ({links.rung})" if links.rung else ""
        return f"{links.kind}, GB/s{rung}" if links.gpus else "NVLink"

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        links = snapshot.links
        if not links.gpus:
            return Content(body=empty(fmt.shorten(links.reason or "nothing read yet", room.width - 2)))
        each = max(len(gpu.by_link) for gpu in links.gpus)
        each = each if each and room.width - TABLE - each - 2 >= 0 else 0
        spark = glyphs.spark_cells(room.width - TABLE - 2 - (max(each, len(BY_LINK)) + 2 if each else 0))
        heading = f"  #   sent  received   of {_ceiling(links):>4}  per step"
        heading += f"  {BY_LINK.ljust(each)}" if each else ""
        heading += f"  {_spark_heading(spark)}" if spark else ""
        most = _most(links) if spark else 0.0
        drawn = [self._sparks.of(gpu.index, gpu.traffic, spark, most) if spark else "" for gpu in links.gpus]
        body = [_gpu_row(gpu, each, cells) for gpu, cells in zip(links.gpus, drawn, strict=True)]
        return Content(_total(links), [row(fmt.fit([heading], room.width), Look.DIM)], body)

    def details(self, snapshot: Snapshot) -> list[str]:
        links = snapshot.links
        lines = [
            f"{age(snapshot.known, 'link' if links.kind == 'NVLink' else 'gpu')}; GB are 10^9 bytes",
            *origins(snapshot.known, SERIES[links.kind]),
        ]
        if links.kind == "PCIe":
            lines += ["of: what the slot can carry in one direction, by its generation and lanes"]
            lines += [f"NVLink: {fmt.DASH} {links.reason}"]
        else:
            lines += ["of: all NVLinks of a GPU together, in one direction, as the driver says", *_each(links)]
        lines.append("per step: what a GPU sends in the time of a step")
        return lines


class LinksLine(ScrollPane):
    """All GPUs in one line, for a narrow screen."""

    def content(self, snapshot: Snapshot, room: Room) -> Content:
        links = snapshot.links
        said = _total(links) if links.gpus else links.reason or "nothing read yet"
        mark = "▸" if self.is_attached and self.screen.focused is self else " "
        return Content(body=[row(f"{mark}{fmt.shorten(f'{links.kind} {said}', room.width - 2)}")])


def _gpu_row(gpu: LinkNow, each: int, spark: str) -> Row:
    """The numbers, then how full each link is, then the traffic of the last minutes."""
    pieces: list[tuple[str, Look]] = [(_text(gpu), Look.PLAIN)]
    if each:
        pieces.append((f"  {glyphs.spark(_shares(gpu), 0, 1).ljust(max(each, len(BY_LINK)))}", Look.SPARK))
    if spark:
        pieces.append((f"  {spark}", Look.SPARK))
    return tuple(pieces)


def _shares(gpu: LinkNow) -> list[float | None]:
    """How full each link is in its busier direction, 0 to 1."""
    ceiling = (gpu.ceiling_bytes_per_s or 0.0) / max(1, len(gpu.by_link))
    ways = [[way for way in pair if way is not None] for pair in gpu.by_link]
    return [max(known) / ceiling if known and ceiling else None for known in ways]


def _spark_heading(cells: int) -> str:
    said = glyphs.minutes(cells)
    return f"both ways, {said}" if len(said) + 11 <= cells else said


def _text(gpu: LinkNow) -> str:
    used = (
        None
        if gpu.tx_bytes_per_s is None or not gpu.ceiling_bytes_per_s
        else gpu.tx_bytes_per_s / gpu.ceiling_bytes_per_s
    )
    cells = ((_giga(gpu.tx_bytes_per_s), 6), (_giga(gpu.rx_bytes_per_s), 9), (_of_all(used), 8), (_step(gpu), 9))
    return f" {gpu.index:2}" + " ".join(["", *(fmt.cell(text, width) for text, width in cells)])


def _giga(value: float | None) -> str:
    return fmt.DASH if value is None else fmt.number(value / GIGA, 1)


def _step(gpu: LinkNow) -> str:
    size = gpu.bytes_per_step
    return fmt.DASH if size is None else moved(size)


def _of_all(used: float | None) -> str:
    """A share of the ceiling; traffic that rounds to nothing isn't none."""
    return "< 1 %" if used is not None and 0 < used < LEAST else fmt.share(used)


def _ceiling(links: LinksNow) -> str:
    """What one GPU can send, where all GPUs can send as much."""
    known = {gpu.ceiling_bytes_per_s for gpu in links.gpus}
    only = known.pop() if len(known) == 1 else None
    return fmt.DASH if only is None else fmt.number(only / GIGA)


def _most(links: LinksNow) -> float:
    """The top of the sparks: both ways full, or the most that was seen where the ceiling isn't known."""
    ceilings = [2 * gpu.ceiling_bytes_per_s for gpu in links.gpus if gpu.ceiling_bytes_per_s]
    if ceilings:
        return max(ceilings)
    return max((value for gpu in links.gpus for value in gpu.traffic.values if value is not None), default=1.0)


def _total(links: LinksNow) -> str:
    """All GPUs together, and of how many where some don't say."""
    sent, received = (
        [value for value in values if value is not None]
        for values in (
            [gpu.tx_bytes_per_s for gpu in links.gpus],
            [gpu.rx_bytes_per_s for gpu in links.gpus],
        )
    )
    if not sent or not received:
        return ""
    some = f", {len(sent)} of {len(links.gpus)} GPUs" if len(sent) < len(links.gpus) else ""
    return f"all: sent {_giga(sum(sent))}, received {_giga(sum(received))} GB/s{some}"


def _each(links: LinksNow) -> list[str]:
    """Link by link, a line a GPU: sent/received."""
    return [f"GPU {gpu.index} by link, sent/received: {_pairs(gpu.by_link)}" for gpu in links.gpus if gpu.by_link]


def _pairs(ways: Sequence[tuple[float | None, float | None]]) -> str:
    return "  ".join(f"{_giga(sent)}/{_giga(received)}" for sent, received in ways)
