"""Every incident shows its plan: what to do, who was told when, and each deadline."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.incident import Act, Command
from edge.reading import MINUTE_NS
from gateway.plans.office import open_plans
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    first, *rest = PLANS["plan"]
    steps = [first["step"][0] | {"do_zh": "先打电话", "do_en": "Call first"}, *first["step"][1:]]
    limits = {"arrive_within": "30 min", "close_within": "3 working days"}
    plan = first | limits | {"on_miss": {"arrive": ["street"]}, "step": steps}
    open_plans(made.desk.db, PLANS | {"plan": [plan, *rest]}, NOW_NS)
    yield made
    made.desk.db.dispose()


def see(world: World, path: str) -> str:
    async def ask() -> str:
        async with world.signed_in() as client:
            answer = await client.get(path)
            assert answer.status_code == 200
            return answer.text

    return asyncio.run(ask())


def late_visit(world: World) -> str:
    """An incident answered in time, to which nobody came for 40 minutes."""
    incident_id = world.raise_finding("u0301")
    engine = world.desk.engine
    engine.act(incident_id, Command(Act.ACKNOWLEDGE, by="p01"), now_ns=NOW_NS + MINUTE_NS // 2)
    engine.advance_due(NOW_NS + 40 * MINUTE_NS)
    world.clock.now = NOW_NS + 40 * MINUTE_NS
    return incident_id


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ["先打电话", "按时完成", "已超时", "应由 李秀英", "已告知 陈主任", "时限", "结案"]),
        ("en", ["Call first", "In time", "Missed", "due from 李秀英", "told 陈主任", "Deadlines"]),
    ],
)
def test_the_page_shows_what_to_do_and_each_deadline(
    world: World, lang: str, said: list[str]
) -> None:
    page = see(world, f"/incidents/{late_visit(world)}?lang={lang}")
    for words in said:
        assert words in page


def test_the_api_gives_the_plan_and_its_clocks(world: World) -> None:
    async def ask() -> dict[str, Any]:
        async with world.signed_in() as client:
            found: dict[str, Any] = (await client.get(f"/api/v1/incidents/{incident_id}")).json()
            return found

    incident_id = late_visit(world)
    body = asyncio.run(ask())
    fates = {each["kind"]: (each["fate"], each["missed_ns"]) for each in body["clocks"]}
    assert fates == {
        "answer": ("met", None),
        "arrive": ("running", NOW_NS + 40 * MINUTE_NS),
        "close": ("running", None),
    }
    assert body["plan"]["step"][0]["do_en"] == "Call first"


def test_a_deadline_in_a_year_that_is_not_published_says_so(world: World) -> None:
    world.clock.now = NOW_NS + 364 * 24 * 60 * MINUTE_NS  # 2026-12-31
    page = see(world, f"/incidents/{world.raise_finding('u0301')}")
    assert "工作日为推算" in page
    assert "2027 年的放假调休安排尚未更新" in page
