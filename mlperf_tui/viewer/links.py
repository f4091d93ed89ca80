"""The links' side of the model: what each GPU sends and receives over NVLink, or over PCIe where it has none."""

from __future__ import annotations

from functools import partial

from mlperf_tui.records import GpuReading, LinkReading, Values
from mlperf_tui.viewer.history import History, Track
from mlperf_tui.viewer.notes import Notes
from mlperf_tui.viewer.recent import Recent
from mlperf_tui.viewer.snapshot import LinkNow, LinksNow

SECOND_NS = 1_000_000_000
SPARK_S = 480
EACH_STALE_NS = 130 * SECOND_NS
"""Link by link is read once a minute only."""

NVLINK, PCIE = "link.tx_bytes_per_s", "gpu.pcie_tx_bytes_per_s"


class Links:
    """Takes readings in order of time; keeps each GPU's traffic, both ways together, for its spark."""

    def __init__(self, notes: Notes, recent: Recent) -> None:
        self._notes = notes
        self._recent = recent
        self._each: LinkReading | None = None
        self._nvlink: dict[int, History] = {}
        self._pcie: dict[int, History] = {}

    def add(self, record: LinkReading | GpuReading) -> None:
        """Take in a reading."""
        if isinstance(record, LinkReading):
            self._each = record if record.link_tx_bytes_per_s else self._each
            _remember(self._nvlink, record.t, record.tx_bytes_per_s, record.rx_bytes_per_s)
        else:
            _remember(self._pcie, record.t, record.pcie_tx_bytes_per_s, record.pcie_rx_bytes_per_s)

    def now(
        self, now: int, link: LinkReading | None, gpu: GpuReading | None, step_s: float | None, *, ended: bool = False
    ) -> LinksNow:
        """The state at `now` (monotonic ns), from the newest readings; `step_s` is the time of a step by now.

        What a step sends is of the same seconds as that: a single reading and another stretch's steps don't fit.
        Once the run has ended they are its last ones.
        """
        at = self._recent.trained_t if ended else now
        if link is not None and _any(link.tx_bytes_per_s, link.rx_bytes_per_s):
            pairs = _pairs(link.tx_bytes_per_s, link.rx_bytes_per_s)
            sent = partial(self._recent.sent, LinkReading, "tx_bytes_per_s", now=at)
            gpus = tuple(self._nvlink_of(n, pair, now, _per_step(sent(n), step_s)) for n, pair in enumerate(pairs))
            return LinksNow("NVLink", gpus, self._notes.rung(NVLINK))
        why = self._notes.reason(NVLINK)
        if gpu is not None and _any(gpu.pcie_tx_bytes_per_s, gpu.pcie_rx_bytes_per_s):
            pairs = _pairs(gpu.pcie_tx_bytes_per_s, gpu.pcie_rx_bytes_per_s)
            sent = partial(self._recent.sent, GpuReading, "pcie_tx_bytes_per_s", now=at)
            found = tuple(self._pcie_of(n, pair, now, _per_step(sent(n), step_s)) for n, pair in enumerate(pairs))
            return LinksNow("PCIe", found, self._notes.rung(PCIE), why)
        return LinksNow(reason=why or self._notes.reason(PCIE))

    def _nvlink_of(
        self, index: int, pair: tuple[float | None, float | None], now: int, per_step: float | None
    ) -> LinkNow:
        info = self._notes.gpus.get(index)
        links, speed = (info.links, info.link_bytes_per_s) if info else (None, None)
        ceiling = links * speed if links and speed else None
        each = self._each if self._each is not None and now - self._each.t <= EACH_STALE_NS else None
        return LinkNow(
            index,
            *pair,
            ceiling_bytes_per_s=ceiling,
            bytes_per_step=per_step,
            by_link=_by_link(each, index) if each else (),
            traffic=_track(self._nvlink, index, now),
        )

    def _pcie_of(
        self, index: int, pair: tuple[float | None, float | None], now: int, per_step: float | None
    ) -> LinkNow:
        traffic = _track(self._pcie, index, now)
        info = self._notes.gpus.get(index)
        ceiling = info.pcie_bytes_per_s if info else None
        return LinkNow(index, *pair, ceiling, bytes_per_step=per_step, traffic=traffic)


def _any(*arrays: Values) -> bool:
    return any(value is not None for values in arrays for value in values)


def _pairs(sent: Values, received: Values) -> list[tuple[float | None, float | None]]:
    """Both ways by GPU, None where one is shorter."""
    size = max(len(sent), len(received))
    padded = (tuple(values) + (None,) * (size - len(values)) for values in (sent, received))
    return list(zip(*padded, strict=True))


def _both(pair: tuple[float | None, float | None]) -> float | None:
    sent, received = pair
    return None if sent is None or received is None else sent + received


def _per_step(bytes_per_s: float | None, step_s: float | None) -> float | None:
    """Bytes that a GPU sends in a step."""
    return None if bytes_per_s is None or step_s is None else bytes_per_s * step_s


def _by_link(reading: LinkReading, index: int) -> tuple[tuple[float | None, float | None], ...]:
    sent, received = (
        values[index] if index < len(values) else ()
        for values in (reading.link_tx_bytes_per_s, reading.link_rx_bytes_per_s)
    )
    return tuple(_pairs(sent, received))


def _remember(histories: dict[int, History], t: int, sent: Values, received: Values) -> None:
    for index, pair in enumerate(_pairs(sent, received)):
        histories.setdefault(index, History()).put(t // SECOND_NS, _both(pair))


def _track(histories: dict[int, History], index: int, now: int) -> Track:
    return histories[index].track(now // SECOND_NS, SPARK_S + 60) if index in histories else Track()
