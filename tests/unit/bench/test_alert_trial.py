"""The parts of the alert benchmark that judge: what a sink heard, and how much of it at once."""

import asyncio
from dataclasses import fields

import httpx

from bench.alert_load import BUILDINGS, conditions
from bench.alert_sink import Arrival, Sink
from bench.alert_table import table
from bench.alert_trial import _most_in_a_minute
from bench.alerts import Figures
from edge.reading import Tier


def arrival(at_s: float, path: str) -> Arrival:
    return Arrival(at_s, path, frozenset())


def test_the_most_in_a_minute_is_one_workers_and_any_sixty_seconds() -> None:
    slow = [arrival(n * 30.0, "/w1") for n in range(10)]
    quick = [arrival(100 + n, "/w2") for n in range(3)]
    assert _most_in_a_minute([*slow, *quick]) == 3
    assert _most_in_a_minute(slow) == 2
    assert _most_in_a_minute([]) == 0


def test_a_sink_hears_every_condition_that_a_webhook_names() -> None:
    async def told() -> Sink:
        sink = Sink()
        async with sink.serving() as url, httpx.AsyncClient(trust_env=False) as client:
            for _ in range(2):
                await client.post(f"{url}/w1", json={"a": "i" + "0" * 16, "b": ["i" + "f" * 16]})
            await client.post(f"{url}/w2", json={"text": "in0000000000000000 is no name"})
        return sink

    sink = asyncio.run(told())
    assert sink.times() == {"i" + "0" * 16: 2, "i" + "f" * 16: 2}
    assert sink.times(since=2) == {}
    assert [each.path for each in sink.arrivals] == ["/w1", "/w1", "/w2"]


def test_conditions_have_names_of_their_own_and_cover_all_buildings() -> None:
    found = conditions("storm", 200, 1)
    assert len({each.name for each in found}) == 200
    assert len({each.building for each in found}) == BUILDINGS
    assert sum(each.finding.tier is Tier.URGENT for each in found) == 2


def test_the_table_has_every_figure_that_it_names_with_its_unit() -> None:
    names = {field.name: 1_234.5 for field in fields(Figures)}
    lines = table(names).splitlines()
    assert "| processor time for each | 1,234.50 ms | 1,234.50 ms |" in lines
    assert "| storm: webhooks | 1,234 | 1,234 |" in lines
    assert all(line.count("|") == 4 for line in lines)
