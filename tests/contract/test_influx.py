"""The forwarder against real databases."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import msgspec
import pytest

from edge.influx import InfluxSettings, sink
from edge.influx_answer import Verdict
from edge.journal import INFLUX, INFLUX_LIVE, INFLUX_SEAM, Journal
from edge.line_protocol import reading_line
from edge.reading import DAY_NS
from tests.contract.forwarding import (
    WatchedHealth,
    forward_all,
    forwarder,
    health,
    influx,
    journal,
    v1,
)
from tests.contract.readings import NOW_NS, admitted, finding, reading
from tests.servers.databases import DATABASE, query
from tests.servers.process import Server

__all__ = ["health", "influx", "journal"]


def stored(server: Server, influxql: str) -> list[list[Any]]:
    (result,) = query(server, influxql).json()["results"]
    return result["series"][0]["values"] if "series" in result else []


def test_every_reading_and_finding_becomes_one_point_however_often_it_is_sent(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    journal.append([admitted(*(reading(seq) for seq in range(500)))])
    journal.settle(1, [finding(1), finding(2)])
    forward_all(journal, health, sink(v1(influx)))
    for cursor in (INFLUX, INFLUX_SEAM, INFLUX_LIVE):
        journal._positions[cursor] = 0  # as after a kill before the cursors were written
    forward_all(journal, health, sink(v1(influx)))
    ((_, readings, total),) = stored(influx, 'SELECT count(value), sum(value) FROM "reading"')
    ((_, findings),) = stored(influx, 'SELECT count(id) FROM "finding"')
    assert (readings, findings) == (500, 2)
    assert total == pytest.approx(sum(1.0 + seq / 1_000 for seq in range(500)))
    assert health.counted("influx_points") == 1_004  # two of them are the edge's own


def test_what_a_rule_in_the_shadow_said_is_stored_apart_from_what_people_were_told(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    journal.append([admitted(reading(1))])
    journal.settle(1, [finding(1)], shadowed=[finding(2), finding(3)])
    forward_all(journal, health, sink(v1(influx)))
    ((_, told),) = stored(influx, 'SELECT count(id) FROM "finding"')
    ((_, kept),) = stored(influx, 'SELECT count(id) FROM "finding_shadow"')
    assert (told, kept) == (1, 2)


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
        assert await walker.forward()
        influx.kill()
        journal.append([admitted(*(reading(seq) for seq in range(300, 600)))])
        waiting = asyncio.create_task(walker.forward())
        await health.until("influx_retries", 3)
        assert journal.position(INFLUX_LIVE) == 1
        influx.start()
        async with asyncio.timeout(20):
            assert await waiting
        await to.aclose()

    asyncio.run(main())
    ((_, count),) = stored(influx, 'SELECT count(value) FROM "reading"')
    assert count == 600
    assert journal.position(INFLUX_LIVE) == 2


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


def test_points_older_than_the_server_keeps_are_counted_and_their_neighbours_are_stored(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    query(influx, f'ALTER RETENTION POLICY "autogen" ON {DATABASE} DURATION 52w')
    now_ns = time.time_ns()
    old = [reading(seq, at_ns=now_ns - 600 * DAY_NS + seq * 1_000) for seq in range(3)]
    journal.append([admitted(*old, reading(7, at_ns=now_ns))])
    forward_all(journal, health, sink(v1(influx)))
    assert health.counted("influx_points_expired") == 3
    assert health.counted("influx_points_rejected") == 0
    assert len(stored(influx, 'SELECT value FROM "reading"')) == 1


@pytest.mark.parametrize(("change", "cause"), [
    ({"username": "stranger"}, "401"),
    ({"secret": "wrong"}, "401"),
    ({"database": "elsewhere"}, "404"),
    ({"url": "http://127.0.0.1:9"}, "ConnectError"),
])  # fmt: skip
def test_a_server_that_cannot_be_written_is_named_and_nothing_is_given_up(
    influx: Server, journal: Journal, health: WatchedHealth, change: dict[str, str], cause: str
) -> None:
    plain = {**v1(influx).model_dump(), "secret": influx.password, "timeout": "5 s"}
    settings = InfluxSettings.model_validate(plain | change)
    journal.append([admitted(reading(1))])

    async def main() -> None:
        to = sink(settings)
        waiting = asyncio.create_task(forwarder(journal, health, to).forward())
        await health.until("influx_retries", 2, cause)
        waiting.cancel()
        await asyncio.wait([waiting])
        await to.aclose()

    asyncio.run(main())
    assert journal.position(INFLUX_LIVE) == 0
    assert journal.read("SELECT count(*) FROM dead_letter", ()) == [(0,)]
    assert health.snapshot()["influx_blocked_s"] != 0


def test_a_missing_database_loses_nothing(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    query(influx, f"DROP DATABASE {DATABASE}")
    journal.append([admitted(reading(1))])

    async def main() -> None:
        to = sink(v1(influx))
        waiting = asyncio.create_task(forwarder(journal, health, to).forward())
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


def test_the_v2_interface_stores_the_same_points(
    victoria_metrics: Server, journal: Journal, health: WatchedHealth
) -> None:
    victoria_metrics.start()
    settings = v1(victoria_metrics).model_copy(update={"api": "v2", "org": "o"})
    journal.append([admitted(*(reading(seq) for seq in range(20)))])
    forward_all(journal, health, sink(settings))
    assert health.counted("influx_points") == 21
    exported = _eventually(lambda: _export(victoria_metrics))
    assert exported == pytest.approx([1.0 + seq / 1_000 for seq in range(20)])


def test_a_v2_server_that_is_away_is_tried_later() -> None:
    settings = InfluxSettings.model_validate(
        {"url": "http://127.0.0.1:9", "api": "v2", "database": "d", "timeout": "1 s"}
    )

    async def main() -> Verdict:
        to = sink(settings)
        answer = await to.write(["m v=1 1"])
        await to.aclose()
        return answer.verdict

    assert asyncio.run(main()) is Verdict.LATER


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
