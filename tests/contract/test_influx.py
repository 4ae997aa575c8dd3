"""The forwarder and the history against real databases."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from edge.clock import SystemClock
from edge.health import Health
from edge.history import History, HistoryUnavailable, InfluxHistory, JournalHistory
from edge.influx import Forwarder, InfluxSettings, Sink, Verdict, sink
from edge.journal import INFLUX, Journal, JournalSettings, open_journal
from edge.line_protocol import reading_line
from edge.outbox import Outbox
from edge.reading import Quality, Reading
from edge.registry import Registry
from tests.contract.readings import NOW_NS, admitted, finding, reading
from tests.servers.databases import DATABASE, query
from tests.servers.process import Server

EPOCH = "0b5b1c52-0000-4000-8000-000000000001"
HERE = Path("registry.toml")
REGISTRY = Registry.parse(
    {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "u1", "building": "b01"}],
        "device": [{"id": f"wm-{n}", "kind": "water", "unit": "u1"} for n in (1, 2)],
    },
    HERE,
)


class WatchedHealth(Health):
    """Counters that a test can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def count(self, name: str, amount: int = 1, *, reason: str = "") -> None:
        super().count(name, amount, reason=reason)
        self._changed.set()

    async def until(self, name: str, amount: int, reason: str | None = None) -> None:
        async with asyncio.timeout(20):
            while self.counted(name, reason) < amount:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def health() -> WatchedHealth:
    return WatchedHealth()


@pytest.fixture
def journal(tmp_path: Path, health: WatchedHealth) -> Iterator[Journal]:
    settings = JournalSettings(path=tmp_path / "journal.db")
    journal = open_journal(settings, fresh_epoch=EPOCH, now_ns=NOW_NS, health=health)
    yield journal
    journal.close()


@pytest.fixture
def influx(influxdb: Server) -> Server:
    """InfluxDB, running and with an empty database."""
    influxdb.start()
    query(influxdb, f"DROP DATABASE {DATABASE}")
    query(influxdb, f"CREATE DATABASE {DATABASE}")
    return influxdb


def v1(server: Server) -> InfluxSettings:
    return InfluxSettings.model_validate({
        "url": server.url, "database": DATABASE, "timeout": "5 s",
        "username": server.username, "secret": server.password,
    })  # fmt: skip


class _Hurry(SystemClock):
    """A clock on which back-offs of a minute pass in 60 ms."""

    speed = 1_000.0


def forwarder(journal: Journal, health: Health, to: Sink) -> Forwarder:
    outbox = Outbox(journal, forwarded=True)
    return Forwarder(
        journal, outbox, REGISTRY, to, clock=_Hurry(), rng=random.Random(1), health=health
    )


def forward_all(journal: Journal, health: Health, to: Sink) -> None:
    async def main() -> None:
        walker = forwarder(journal, health, to)
        while await walker.forward_batch():
            pass
        await to.aclose()

    asyncio.run(main())


def stored(server: Server, influxql: str) -> list[list[Any]]:
    (result,) = query(server, influxql).json()["results"]
    return result["series"][0]["values"] if "series" in result else []


def test_every_reading_and_finding_becomes_one_point_however_often_it_is_sent(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    journal.append([admitted(*(reading(seq) for seq in range(500)))])
    journal.settle(1, [finding(1), finding(2)])
    forward_all(journal, health, sink(v1(influx)))
    journal._positions[INFLUX] = 0  # as after a kill before the cursor was written
    forward_all(journal, health, sink(v1(influx)))
    ((_, readings, total),) = stored(influx, 'SELECT count(value), sum(value) FROM "reading"')
    ((_, findings),) = stored(influx, 'SELECT count(id) FROM "finding"')
    assert (readings, findings) == (500, 2)
    assert total == pytest.approx(sum(1.0 + seq / 1_000 for seq in range(500)))
    assert health.counted("influx_points") == 1_002


def test_two_messages_of_one_moment_keep_a_point_each(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    journal.append([admitted(reading(1, at_ns=NOW_NS), reading(2, at_ns=NOW_NS))])
    forward_all(journal, health, sink(v1(influx)))
    values = [row[1] for row in stored(influx, 'SELECT value FROM "reading"')]
    assert values == [1.001, 1.002]


def test_what_came_while_influxdb_was_killed_is_there_once_it_is_back(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    async def main() -> None:
        to = sink(v1(influx))
        walker = forwarder(journal, health, to)
        journal.append([admitted(*(reading(seq) for seq in range(300)))])
        assert await walker.forward_batch()
        influx.kill()
        journal.append([admitted(*(reading(seq) for seq in range(300, 600)))])
        waiting = asyncio.create_task(walker.forward_batch())
        await health.until("influx_retries", 3)
        assert journal.position(INFLUX) == 1
        influx.start()
        async with asyncio.timeout(20):
            assert await waiting
        await to.aclose()

    asyncio.run(main())
    ((_, count),) = stored(influx, 'SELECT count(value) FROM "reading"')
    assert count == 600
    assert journal.position(INFLUX) == 2


def test_points_that_the_server_refuses_are_parked_and_their_neighbours_are_stored(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    as_text = reading_line(msgspec.structs.replace(reading(0), value="12"), "s01/b01/u1")
    assert as_text is not None
    clash = as_text.replace('text="12"', 'value="12"')  # fixes the field's type for its shard
    httpx.post(
        f"{influx.url}/write", params={"db": DATABASE}, content=clash.replace("wm-1", "wm-9"),
        auth=(influx.username, influx.password), trust_env=False,
    ).raise_for_status()  # fmt: skip
    a_week_ns = 8 * 86_400_000_000_000
    good = [reading(seq, at_ns=NOW_NS + a_week_ns + seq * 1_000) for seq in range(40)]
    journal.append([admitted(*good[:20], reading(77), reading(78), *good[20:])])
    forward_all(journal, health, sink(v1(influx)))
    parked = journal.read("SELECT reason, payload FROM dead_letter ORDER BY id", ())
    assert [reason for reason, _ in parked] == ["influx_rejected"] * 2
    assert [b"seq=77i" in parked[0][1], b"seq=78i" in parked[1][1]] == [True, True]
    assert health.counted("influx_points_rejected") == 2
    ((_, count),) = stored(influx, "SELECT count(value) FROM \"reading\" WHERE device = 'wm-1'")
    assert count == 40


def test_a_missing_database_loses_nothing(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    query(influx, f"DROP DATABASE {DATABASE}")
    journal.append([admitted(reading(1))])

    async def main() -> None:
        to = sink(v1(influx))
        waiting = asyncio.create_task(forwarder(journal, health, to).forward_batch())
        await health.until("influx_retries", 1, "404")
        query(influx, f"CREATE DATABASE {DATABASE}")
        async with asyncio.timeout(20):
            await waiting
        await to.aclose()

    asyncio.run(main())
    assert len(stored(influx, 'SELECT value FROM "reading"')) == 1


def test_values_without_a_point_are_counted_and_do_not_stop_the_rest(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    endless = msgspec.structs.replace(reading(1), value=float("inf"))
    stranger = reading(2, device="wm-nobody")
    journal.append([admitted(endless, stranger, reading(3))])
    forward_all(journal, health, sink(v1(influx)))
    assert health.counted("influx_points_skipped") == 2
    assert [row[1] for row in stored(influx, 'SELECT value FROM "reading"')] == [1.003]


def test_journal_and_influxdb_tell_the_same_history(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    faulty = msgspec.structs.replace(
        reading(4), channel="meter.fault", value='dry, "空管" a=b\\', quality=Quality.FAULT
    )
    kept = [
        reading(3), reading(1), faulty, reading(2, device="wm-2"),
        msgspec.structs.replace(reading(5), historical=True, boot=2, seq=0),
    ]  # fmt: skip
    journal.append([admitted(*kept[:2]), admitted(*kept[2:])])
    forward_all(journal, health, sink(v1(influx)))
    from_influx = InfluxHistory(v1(influx))
    histories: tuple[History, ...] = (JournalHistory(journal.path), from_influx)
    for asked in (["wm-1"], ["wm-1", "wm-2"], ["wm-2"], ["wm-none"], []):
        for limit in (0, 2, 100):
            answers = [h.readings(asked, NOW_NS, NOW_NS * 2, limit) for h in histories]
            assert answers[0] == answers[1]
    complete = from_influx.readings(["wm-1", "wm-2"], NOW_NS, NOW_NS * 2, 100)
    assert sorted(complete, key=_by_time) == sorted(kept, key=_by_time)
    edge_ns = kept[0].at_ns
    assert [
        [r.seq for r in h.readings(["wm-1"], reading(1).at_ns, edge_ns, 9)] for h in histories
    ] == [[1], [1]]
    from_influx.close()


def _by_time(reading: Reading) -> tuple[int, str]:
    return reading.at_ns, reading.device


def test_a_device_name_that_is_no_code_finds_nothing_and_reaches_no_query(influx: Server) -> None:
    history = InfluxHistory(v1(influx))
    assert history.readings(["x' OR 'a'='a"], 0, NOW_NS * 2, 10) == []
    history.close()


def test_a_history_whose_server_is_away_says_so(influx: Server) -> None:
    history = InfluxHistory(v1(influx))
    influx.kill()
    with pytest.raises(HistoryUnavailable, match="127"):
        history.readings(["wm-1"], 0, NOW_NS * 2, 10)
    history.close()
    influx.start()


def test_the_v2_interface_stores_the_same_points(
    victoria_metrics: Server, journal: Journal, health: WatchedHealth
) -> None:
    victoria_metrics.start()
    settings = v1(victoria_metrics).model_copy(update={"api": "v2", "org": "o"})
    journal.append([admitted(*(reading(seq) for seq in range(20)))])
    forward_all(journal, health, sink(settings))
    assert health.counted("influx_points") == 20
    exported = _eventually(lambda: _export(victoria_metrics))
    assert exported == pytest.approx([1.0 + seq / 1_000 for seq in range(20)])


def test_a_v2_server_that_is_away_is_tried_later() -> None:
    settings = InfluxSettings.model_validate(
        {"url": "http://127.0.0.1:9", "api": "v2", "database": "d", "timeout": "1 s"}
    )

    async def main() -> tuple[Verdict, str]:
        to = sink(settings)
        answer = await to.write(["m v=1 1"])
        await to.aclose()
        return answer

    verdict, _ = asyncio.run(main())
    assert verdict is Verdict.LATER


def test_a_secret_never_prints() -> None:
    settings = InfluxSettings.model_validate(
        {"url": "http://h", "database": "d", "username": "u", "secret": "hunter2"}
    )
    assert "hunter2" not in repr(settings) + settings.model_dump_json()


def _export(server: Server) -> Sequence[float]:
    httpx.get(f"{server.url}/internal/force_flush", auth=(server.username, server.password),
              trust_env=False).raise_for_status()  # fmt: skip
    answer = httpx.get(
        f"{server.url}/api/v1/export", params={"match[]": "reading_value"},
        auth=(server.username, server.password), trust_env=False,
    ).raise_for_status()  # fmt: skip
    values: list[float] = []
    for line in answer.text.splitlines():
        values += msgspec.json.decode(line)["values"]
    return values


def _eventually(ask: Callable[[], Sequence[float]]) -> Sequence[float]:
    for _ in range(50):
        answer = ask()
        if answer:
            return answer
    return []
