"""Sessions of runs on several GPUs: eight and sixteen H100s, four of which one is lost, two A10s on PCIe."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from mlperf_tui.records import (
    About,
    Alarm,
    End,
    GpuInfo,
    GpuReading,
    HostInfo,
    Late,
    LinkReading,
    Mark,
    Record,
    Source,
    Step,
    Unavailable,
    Values,
)
from tests.recorded.parts import GIB, HOST, SECOND, T0, Output, clock, host, plan, write
from tests.recorded.threads import rank_threads, thread_records

H100 = "NVIDIA H100 80GB HBM3"
LINKS = 18
PCIE_5, PCIE_4 = 63.0e9, 31.5e9
"""Sixteen lanes in one direction, bytes a second."""
NEEDS_HOPPER = "GPM needs Hopper or newer"
GPM_SOURCES = (
    Source("gpu.sm_pct", "GPM", "%"),
    Source("link.tx_bytes_per_s", "GPM", "bytes/s"),
    Source("gpu.pcie_tx_bytes_per_s", "GPM 20/21", "bytes/s"),
)


def calm(second: int) -> bool:
    """Idle for ten seconds, then busy with dips for an evaluation."""
    return second < 10 or second % 60 > 55


class Cells:
    """Random values over the GPUs; those of a lost one are unknown."""

    def __init__(self, second: int, chance: random.Random, count: int, lost: int | None = None) -> None:
        self._calm = calm(second)
        self._chance = chance
        self.count = count
        self._lost = lost

    def between(self, low: float, high: float, idle: float, digits: int = 0) -> Values:
        return self.each(
            [idle if self._calm else round(self._chance.uniform(low, high), digits) for _ in range(self.count)]
        )

    def each(self, values: list[float]) -> Values:
        return tuple(None if index == self._lost else value for index, value in enumerate(values))


def _gpu_reading(second: int, count: int, cells: Cells, rest: Cells, lost: int | None) -> GpuReading:
    return GpuReading(
        t=T0 + second * SECOND + 40_000_000,
        busy_pct=cells.between(96, 100, 0),
        sm_pct=cells.between(90, 96, 0, 1),
        tensor_pct=cells.between(57, 63, 0, 1),
        dram_pct=cells.between(42, 47, 0, 1),
        memory_used_bytes=cells.each([int((71.2 + index / 50) * GIB) for index in range(count)]),
        power_w=cells.between(670, 699, 120, 1),
        temperature_c=cells.between(60, 66, 38),
        clock_mhz=cells.between(1710, 1785, 1980),
        pcie_tx_bytes_per_s=rest.between(2.0e7, 3.0e7, 0, -6),
        pcie_rx_bytes_per_s=rest.between(7.4e8, 8.2e8, 0, -6),
        limits=tuple(None if index == lost else "" if calm(second) else "power" for index in range(count)),
    )


def _links(second: int, chance: random.Random, cells: Cells, rest: random.Random) -> LinkReading:
    """Each ten seconds also link by link: shares of the GPU's total, none far from the others."""
    ways = [cells.each([_traffic(second, chance) for _ in range(cells.count)]) for _ in range(2)]
    sent, received = ways
    t = T0 + second * SECOND + 60_000_000
    if second % 10:
        return LinkReading(t, sent, received)
    return LinkReading(t, sent, received, *(tuple(_by_link(total, rest) for total in way) for way in ways))


def _traffic(second: int, chance: random.Random) -> int:
    """Of gradients, and next to nothing while nobody trains."""
    bytes_per_s = chance.uniform(1.08e11, 1.14e11)
    return round(bytes_per_s / 1e5) if calm(second) else round(bytes_per_s)


def _by_link(total: float | None, rest: random.Random) -> Values:
    if total is None:
        return (None,) * LINKS
    return tuple(int(round(total / LINKS * rest.uniform(0.97, 1.03), -7)) for _ in range(LINKS))


def eight_gpus(
    name: str, *, count: int = 8, lose: tuple[int, int] | None = None, used: int = 8, seconds: int = 122
) -> None:
    """Data-parallel on H100s, one step of 0.8 s; `lose` names a GPU and the second from which it doesn't answer."""
    chance, rest = random.Random(8), random.Random(108)
    uuids = [f"GPU-0000000{index:x}-0000-0000-0000-000000000000" for index in range(count)]
    infos = [
        GpuInfo(index, uuid, H100, 85_520_809_984, 700.0, 1980, LINKS, 26.5625e9, PCIE_5, "570.86")
        for index, uuid in enumerate(uuids)
    ]
    output = Output()
    for second in range(12, seconds, 2):
        if not calm(second):
            output.say(
                T0 + second * SECOND, f"epoch {second // 60 + 1}  step {second - 10}  loss {_loss(second):.3f}\n"
            )
    threads = [one for rank in range(used) for one in rank_threads(rank, 5000 + 20 * rank)]
    readings: list[Record] = [clock(T0), HostInfo(HOST, 128, 2015 * GIB, "a CPU"), *infos, *GPM_SOURCES]
    for second in range(seconds):
        gone = lose[0] if lose and second >= lose[1] else None
        if lose and second == lose[1]:
            readings += _lost(second, lose[0])
        readings += [clock(T0 + second * SECOND)] if second % 60 == 0 and second else []
        cells, more = Cells(second, chance, count, gone), Cells(second, rest, count, gone)
        readings += [_gpu_reading(second, count, cells, more, gone), _links(second, chance, cells, rest)]
        run = (0.2 if calm(second) else 1.51) * used
        readings.append(host(second, chance, 128, run, 61 * GIB, output, 1 + 3 * used, 5 * used))
        readings += thread_records(second, rest, threads, calm=calm(second))
    files: dict[str, list[Record]] = {}
    for rank in range(used):
        about = About(
            rank, used, rank, 5000 + 20 * rank, device=H100, gpu_uuid=uuids[rank], torch="2.14.0",
            precision="amp-bf16", samples_per_step=4096, epochs=35, metric="top-1", direction="up", target=0.759,
        )  # fmt: skip
        files[f"steps-{rank}-0.jsonl"] = [clock(T0), about, *_rank(chance, rank, seconds, output)]
    end = End(T0 + seconds * SECOND, "stopped", "stopped by its user", 0)
    files[f"readings-{HOST}-0.jsonl"] = [*readings, end]
    write(name, plan("resnet50-gpu8", precision="amp-bf16", batch=4096 * used, gpus=used), files, output)


def _loss(second: int) -> float:
    return 6.9 * math.exp(-(second - 10) / 200)


def _lost(second: int, index: int) -> list[Record]:
    why = "the driver no longer reaches it (the kernel's log says why)"
    return [
        Unavailable("gpu.busy_pct", "the GPU is lost", index),
        Alarm(T0 + second * SECOND, "gpu-lost", f"GPU {index} is lost: {why}"),
    ]


def _rank(chance: random.Random, rank: int, seconds: int, output: Output) -> Iterator[Record]:
    """Three epochs so far, an evaluation at the end of each minute."""
    n, t = 0, T0 + 10 * SECOND
    if rank == 0:
        yield Mark(t, "run_start")
    while t < T0 + (seconds - 1) * SECOND:
        epoch = (t - T0) // (60 * SECOND) + 1
        if rank == 0:
            yield Mark(t, "epoch_start", None, {"epoch_num": epoch})
        while (t - T0) // SECOND % 60 < 56 and t < T0 + (seconds - 1) * SECOND:
            took = chance.uniform(0.78, 0.82)
            t += round(took * SECOND)
            loss = round(6.9 * math.exp(-n / 250), 3) if rank == 0 else None
            yield Step(t, n, 4096, 0.012, round(took - 0.012, 3))
            yield Late(n, round(took - 0.001, 4), loss, memory_allocated_bytes=int(61.4 * GIB) if n % 20 == 0 else None)
            n += 1
        if t < T0 + (seconds - 1) * SECOND:
            t = T0 + ((t - T0) // (60 * SECOND) + 1) * 60 * SECOND
            if rank == 0:
                yield Mark(t - SECOND, "eval_accuracy", round(0.412 * epoch / 2, 3), {"epoch_num": epoch})


def a10_pcie(seconds: int = 90) -> None:
    """Two A10s without NVLink and without GPM: gradients go over PCIe, and nobody can tell what the SMs do."""
    chance = random.Random(10)
    uuids = [f"GPU-a000000{index}-0000-0000-0000-000000000000" for index in range(2)]
    readings: list[Record] = [clock(T0), HostInfo(HOST, 32, 126 * GIB, "a CPU")]
    readings += [
        GpuInfo(index, uuid, "NVIDIA A10", 24_146_608_128, 150.0, 1695, pcie_bytes_per_s=PCIE_4, driver="570.86")
        for index, uuid in enumerate(uuids)
    ]
    readings.append(Source("gpu.pcie_tx_bytes_per_s", "fields 197/198", "bytes/s"))
    readings += [Unavailable(f"gpu.{name}", NEEDS_HOPPER) for name in ("sm_pct", "tensor_pct", "dram_pct")]
    readings += [Unavailable(f"link.{way}_bytes_per_s", "no NVLink: not supported by this GPU") for way in ("tx", "rx")]
    output = Output()
    for second in range(12, seconds, 3):
        output.say(T0 + second * SECOND, f"epoch 1  step {2 * (second - 10)}  loss {_loss(second):.3f}\n")
    threads = [one for rank in range(2) for one in rank_threads(rank, 3000 + 20 * rank, loader=0.45)]
    for second in range(seconds):
        readings += [clock(T0 + second * SECOND)] if second % 60 == 0 and second else []
        readings += [_a10_reading(second, chance), host(second, chance, 32, 3.9, 14 * GIB, output, 7, 10)]
        readings += thread_records(second, chance, threads, calm=second < 10)
    readings.append(End(T0 + seconds * SECOND, "stopped", "stopped by its user", 0))
    files = {f"steps-{rank}-0.jsonl": _a10_rank(chance, rank, uuids[rank], seconds) for rank in range(2)}
    files[f"readings-{HOST}-0.jsonl"] = readings
    write("a10-pcie", plan("resnet50-a10", precision="amp-bf16", batch=128, gpus=2), files, output)


def _a10_reading(second: int, chance: random.Random) -> GpuReading:
    cells = Cells(second, chance, 2)
    return GpuReading(
        t=T0 + second * SECOND + 40_000_000,
        busy_pct=cells.between(98, 100, 0),
        memory_used_bytes=cells.each([int(17.3 * GIB), int(17.1 * GIB)]),
        power_w=cells.between(146, 150, 31, 1),
        temperature_c=cells.between(66, 71, 41),
        clock_mhz=cells.between(1560, 1650, 1695),
        pcie_tx_bytes_per_s=cells.between(2.1e9, 2.6e9, 0, -6),
        pcie_rx_bytes_per_s=cells.between(2.4e9, 2.9e9, 0, -6),
        limits=("", "") if calm(second) else ("power", "power"),
    )


def _a10_rank(chance: random.Random, rank: int, uuid: str, seconds: int) -> list[Record]:
    about = About(
        rank, 2, rank, 3000 + 20 * rank, device="NVIDIA A10", gpu_uuid=uuid, torch="2.14.0", precision="amp-bf16",
        samples_per_step=64, epochs=90, metric="top-1", direction="up", target=0.759,
    )  # fmt: skip
    said: list[Record] = [clock(T0), about]
    said += [Mark(T0 + 10 * SECOND, "run_start")] if rank == 0 else []
    t, n = T0 + 10 * SECOND, 0
    while t < T0 + (seconds - 1) * SECOND:
        took = chance.uniform(0.48, 0.52)
        t += round(took * SECOND)
        loss = round(6.9 * math.exp(-n / 400), 3) if rank == 0 else None
        said += [Step(t, n, 64, 0.009, round(took - 0.009, 3)), Late(n, round(took - 0.001, 4), loss)]
        n += 1
    return said
