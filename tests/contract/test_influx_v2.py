"""The forwarder over InfluxDB's v2 interface: every way in which a write can end."""

import asyncio
import json

import msgspec
import pytest

from edge.influx import sink
from edge.influx_answer import Answer, Verdict
from edge.journal import INFLUX_LIVE, Journal
from tests.contract.forwarding import (
    WatchedHealth,
    forward_all,
    forwarder,
    health,
    influx2,
    journal,
    v2,
)
from tests.contract.readings import admitted, finding, reading
from tests.servers.influx_v2 import CUT, Fault, Influx2

__all__ = ["health", "influx2", "journal"]


def _count(server: Influx2, measurement: str = "reading") -> int:
    return sum(name == measurement for name, _, _ in server.points)


def _written(server: Influx2, line: str) -> Answer:
    async def main() -> Answer:
        to = sink(v2(server))
        answer = await to.write([line])
        await to.aclose()
        return answer

    return asyncio.run(main())


def test_readings_findings_and_the_edge_itself_are_stored(
    influx2: Influx2, journal: Journal, health: WatchedHealth
) -> None:
    journal.append([admitted(*(reading(seq) for seq in range(30)))])
    journal.settle(1, [finding(1)])
    forward_all(journal, health, sink(v2(influx2)))
    assert [_count(influx2, name) for name in ("reading", "finding", "edge")] == [30, 1, 1]


def test_a_write_whose_answer_never_came_is_sent_again_and_changes_nothing(
    influx2: Influx2, journal: Journal, health: WatchedHealth
) -> None:
    journal.append([admitted(*(reading(seq) for seq in range(30)))])
    influx2.faults += [Fault(CUT), Fault(CUT)]
    forward_all(journal, health, sink(v2(influx2)))
    assert (_count(influx2), _count(influx2, "edge")) == (30, 1)
    assert health.counted("influx_retries") == 2


def test_bad_lines_are_parked_and_their_neighbours_are_stored(
    influx2: Influx2, journal: Journal, health: WatchedHealth
) -> None:
    readings = [reading(seq) for seq in range(40)]
    readings[7] = msgspec.structs.replace(readings[7], channel="bad.total")
    journal.append([admitted(*readings)])
    forward_all(journal, health, sink(v2(influx2)))
    ((reason, payload, detail),) = journal.read(
        "SELECT reason, payload, detail FROM dead_letter", ()
    )
    assert (reason, b"seq=7i" in payload) == ("influx_rejected", True)
    assert "field type conflict" in detail
    assert _count(influx2) == 39


def test_a_write_that_is_too_large_is_halved_until_it_fits(
    influx2: Influx2, journal: Journal, health: WatchedHealth
) -> None:
    journal.append([admitted(*(reading(seq) for seq in range(40)))])
    influx2.faults += [Fault(204), Fault(413), Fault(413)]  # the first is the edge's own point
    forward_all(journal, health, sink(v2(influx2)))
    assert [len(lines) for lines in influx2.writes] == [1, 40, 20, 10, 10, 20]
    assert _count(influx2) == 40


def test_a_server_in_a_hurry_is_left_alone_for_as_long_as_it_asks(
    influx2: Influx2, journal: Journal, health: WatchedHealth
) -> None:
    influx2.faults += [Fault(429, headers=(("Retry-After", "17"),))]
    assert _written(influx2, "m v=1 1").wait_s == 17.0
    influx2.faults += [Fault(503, headers=(("Retry-After", "1"),)), Fault(429), Fault(500)]
    journal.append([admitted(reading(1))])
    forward_all(journal, health, sink(v2(influx2)))
    assert health.counted("influx_retries") == 3
    assert _count(influx2) == 1


@pytest.mark.parametrize(("change", "cause"), [
    ({"secret": "wrong"}, "401"), ({"database": "elsewhere"}, "404"),
])  # fmt: skip
def test_wrong_rights_lose_nothing(
    influx2: Influx2, journal: Journal, health: WatchedHealth, change: dict[str, str], cause: str
) -> None:
    settings = type(v2(influx2)).model_validate(
        {**v2(influx2).model_dump(), "timeout": "5 s", "secret": "a-token"} | change
    )
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
    assert _count(influx2) == 0


def test_a_success_that_kept_only_some_lines_is_not_taken_for_one(influx2: Influx2) -> None:
    influx2.faults += [Fault(201, json.dumps({"message": "rejected points", "line": "1"}))]
    assert _written(influx2, "m v=1 1").verdict is Verdict.REFUSED
