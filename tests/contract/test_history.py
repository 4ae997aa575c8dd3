"""One suite for every store that past readings can be read from."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.history import History, HistoryUnavailable, JournalHistory, Span
from edge.influx import InfluxSettings, sink
from edge.influx_history import InfluxHistory
from edge.journal import Journal
from edge.line_protocol import edge_line
from edge.reading import Quality, Reading
from tests.contract.forwarding import (
    WatchedHealth,
    forward_all,
    health,
    journal,
    v1,
    v2,
)
from tests.contract.forwarding import influx as empty_influx
from tests.contract.readings import NOW_NS, admitted, reading
from tests.servers.influx_v2 import Influx2, influx_v2, parsed
from tests.servers.process import Server

__all__ = ["empty_influx", "health", "journal"]

FAULTY = msgspec.structs.replace(
    reading(4), channel="meter.fault", value='dry, "空管" a=b\\', quality=Quality.FAULT
)
HEALTHY = msgspec.structs.replace(reading(6), channel="meter.fault", value="")
KEPT = [
    reading(3), reading(1), FAULTY, HEALTHY, reading(2, device="wm-2"),
    msgspec.structs.replace(reading(5), historical=True, boot=2, seq=0),
]  # fmt: skip


@pytest.fixture(params=["journal", "influx v1", "influx v2"])
def history(
    request: pytest.FixtureRequest, journal: Journal, health: WatchedHealth
) -> Iterator[History]:
    """A store that holds `KEPT`."""
    journal.append([admitted(*KEPT[:2]), admitted(*KEPT[2:])])
    if request.param == "journal":
        yield JournalHistory(journal.path)
    elif request.param == "influx v1":
        yield from _filled(v1(request.getfixturevalue("empty_influx")), journal, health)
    else:
        with influx_v2() as server:
            yield from _filled(v2(server), journal, health)


def _filled(settings: InfluxSettings, journal: Journal, health: WatchedHealth) -> Iterator[History]:
    forward_all(journal, health, sink(settings))
    history = InfluxHistory(settings)
    yield history
    history.close()


def _by_time(reading: Reading) -> tuple[int, str]:
    return reading.at_ns, reading.device


def test_what_was_kept_is_told_as_it_was(history: History) -> None:
    told = history.readings(["wm-1", "wm-2"], NOW_NS, NOW_NS * 2, 100)
    assert told == sorted(KEPT, key=_by_time)


@pytest.mark.parametrize("asked", [["wm-1"], ["wm-1", "wm-2"], ["wm-2"], ["wm-none"], []])
@pytest.mark.parametrize("limit", [0, 2, 100])
def test_only_the_devices_asked_for_are_told_of_and_the_oldest_first(
    history: History, asked: list[str], limit: int
) -> None:
    wanted = sorted((r for r in KEPT if r.device in asked), key=_by_time)
    assert history.readings(asked, NOW_NS, NOW_NS * 2, limit) == wanted[:limit]


def test_a_span_holds_its_beginning_and_not_its_end(history: History) -> None:
    first, second = reading(1).at_ns, reading(3).at_ns
    assert [r.seq for r in history.readings(["wm-1"], first, second, 9)] == [1]
    assert history.readings(["wm-1"], first, first, 9) == []
    assert history.readings(["wm-1"], second, first, 9) == []


@pytest.mark.parametrize("name", [
    "x' OR 'a'='a", 'x" or true or r.device == "', "${r.device}", "wm-1\n", "wm\x00", "水表", "\\",
])  # fmt: skip
def test_a_name_that_is_no_code_finds_nothing(history: History, name: str) -> None:
    assert history.readings([name], 0, NOW_NS * 2, 10) == []
    assert len(history.readings([name, "wm-2"], 0, NOW_NS * 2, 10)) == 1


def test_a_store_that_has_everything_misses_nothing(history: History) -> None:
    assert history.missing() == []


@pytest.fixture
def influx2() -> Iterator[Influx2]:
    with influx_v2() as server:
        yield server


def test_a_store_still_being_filled_says_what_it_lacks(influx2: Influx2) -> None:
    for at_ns, missing in ((NOW_NS, (5, 9)), (NOW_NS + 1, (7, 9)), (NOW_NS + 2, (8, 9))):
        for edge in ("e01", "e02"):
            of_it = (0, 0) if (edge, at_ns) == ("e02", NOW_NS + 2) else missing
            line = edge_line("s01", edge, {"boot": 1}, of_it, at_ns)
            assert line is not None
            point, fields = parsed(line)
            influx2.points[point] = fields
    history = InfluxHistory(v2(influx2))
    assert history.missing() == [Span(8, 9)]
    history.close()


def test_influxql_tells_what_is_lacking_too(empty_influx: Server) -> None:
    async def fill() -> None:
        to = sink(v1(empty_influx))
        for at_ns, missing in ((NOW_NS, (5, 9)), (NOW_NS + 1, (7, 9))):
            await to.write([edge_line("s01", "e01", {"boot": 1}, missing, at_ns) or ""])
        await to.write([edge_line("s01", "e02", {"boot": 1}, (0, 0), NOW_NS) or ""])
        await to.aclose()

    asyncio.run(fill())
    history = InfluxHistory(v1(empty_influx))
    assert history.missing() == [Span(7, 9)]
    history.close()


def test_a_history_whose_server_is_away_says_so(empty_influx: Server, influx2: Influx2) -> None:
    away = "http://127.0.0.1:9"
    for settings in (v1(empty_influx), v2(influx2)):
        history = InfluxHistory(settings.model_copy(update={"url": away}))
        with pytest.raises(HistoryUnavailable, match=away):
            history.readings(["wm-1"], 0, NOW_NS * 2, 10)
        with pytest.raises(HistoryUnavailable, match=away):
            history.missing()
        history.close()


def test_a_history_that_may_not_be_read_says_so(empty_influx: Server, influx2: Influx2) -> None:
    influx2.token = "another"
    wrong_v1 = v1(empty_influx).model_copy(update={"username": "stranger"})
    for settings in (wrong_v1, v2(influx2), v2(influx2).model_copy(update={"database": "no"})):
        history = InfluxHistory(settings)
        with pytest.raises(HistoryUnavailable, match="40"):
            history.readings(["wm-1"], 0, NOW_NS * 2, 10)
        history.close()


def test_a_journal_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(HistoryUnavailable, match=r"no\.db"):
        JournalHistory(tmp_path / "no.db").readings(["wm-1"], 0, 1, 1)
