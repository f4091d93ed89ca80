"""The index finds what lies before a moment: hours while they are far, minutes where they are near."""

from __future__ import annotations

from pathlib import Path

from mlperf_tui.records import Mark, Minute, encode
from mlperf_tui.session.folder import Folder
from mlperf_tui.session.index import MINUTES_OF_AN_HOUR, HourFold, Index, hours_after, minutes_after, stretches
from mlperf_tui.session.log import Log

S = 1_000_000_000
MINUTE = 60 * S


def _minute(n: int, t: int | None = None) -> Minute:
    """The minute number n: its file has grown by ten bytes."""
    start = n * MINUTE if t is None else t
    said = (encode(Mark(start, "epoch_start", n)),)
    return Minute(start, start + MINUTE - 1, {"readings-h-0.jsonl": 10 * (n + 1)}, {"host.cpu_cores": ()}, {}, said)


def _write(folder: Folder, count: int, *, with_hours: bool) -> None:
    log, hours, fold = Log(folder.rollup("h")), Log(folder.hours("h")), HourFold()
    for n in range(count):
        log.write(_minute(n))
        hour = fold.add(_minute(n), {folder.rollup("h").name: folder.rollup("h").stat().st_size})
        if hour is not None:
            fold.clear()
            if with_hours:
                hours.write(hour)
    log.close()
    hours.close()


def _numbers(found: list[Minute]) -> list[int]:
    """Which minutes have been told of, in order."""
    return [int(line.split('"value":')[1].split(",")[0].rstrip("}")) for minute in found for line in minute.said]


def test_hours_far_away_and_minutes_near(tmp_path: Path) -> None:
    """Of five hours and a half: each minute before the moment once, and none after it."""
    for with_hours in (True, False):
        folder = Folder(tmp_path / str(with_hours))
        folder.path.mkdir()
        _write(folder, 330, with_hours=with_hours)
        index = Index(folder)
        index.refresh()
        for at in (0, 1, 59, 60, 95, 200, 330, 900):
            found = list(index.until(at * MINUTE))
            assert _numbers(found) == list(range(min(at, 330)))
            assert len(found) <= 4 + 2 * MINUTES_OF_AN_HOUR
        assert not any(hour.series for hour in list(index.until(330 * MINUTE))[:4])


def test_what_is_new_is_taken_in(tmp_path: Path) -> None:
    """Each hour once, whoever made it first: the reader of the minutes, or the recorder."""
    folder = Folder(tmp_path)
    _write(folder, 61, with_hours=False)
    index = Index(folder)
    index.refresh()
    folder.rollup("h").unlink()
    _write(folder, 130, with_hours=True)
    index.refresh()
    index.refresh()
    assert _numbers(list(index.until(130 * MINUTE))) == list(range(130))


def test_minutes_of_two_hosts_are_in_the_order_of_their_making(tmp_path: Path) -> None:
    """Though the clock of the second host, or boot, is behind that of the first."""
    folder = Folder(tmp_path)
    for host, minutes in (("b", [_minute(0), _minute(1)]), ("a", [_minute(2, t=5), _minute(3, t=MINUTE)])):
        log = Log(folder.rollup(host))
        log.write(*minutes)
        log.close()
    assert _numbers([minute for minute, _ in minutes_after(folder, {})]) == [0, 1, 2, 3]
    last = list(minutes_after(folder, {}))[-1][1]
    assert last == {path.name: path.stat().st_size for path in folder.rollups()}
    assert list(minutes_after(folder, last)) == []


def test_a_torn_or_foreign_line_costs_nothing_else(tmp_path: Path) -> None:
    """A killed recorder's last line, and one that holds no minute."""
    folder = Folder(tmp_path)
    _write(folder, 61, with_hours=True)
    with folder.rollup("h").open("a") as file:
        file.write('{"minute":{"t0"\n' + encode(Mark(1, "x")) + '\n{"minute":{')
    with folder.hours("h").open("a") as file:
        file.write('{"minute":')
    assert _numbers(list(stretches(folder))) == list(range(61))
    assert len(list(hours_after(folder, {}))) == 1
