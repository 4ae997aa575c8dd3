"""Feedback after a close: asked once, answered once, revealing nothing, and counted."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from alerts.channels.base import Inbound
from alerts.escalate import Purpose
from alerts.incident import Act, Outcome
from alerts.roster import Roster
from edge.reading import DAY_NS
from gateway.closing.feedback_settings import FeedbackSettings
from gateway.db.feedback_tables import feedback
from gateway.db.tables import incident_event, outbox
from tests.unit.gateway.desk_world import ROSTER, World, ask, make_world
from tests.unit.gateway.test_closing import do, rows

SON = "13900000077"
FAMILY = [
    {"id": "son", "name": "李明", "roles": ["family"], "areas": ["s01/b03/u0301"], "sms": SON},
    {"id": "girl", "name": "李红", "roles": ["family"], "areas": ["s01/b03/u0301"],
     "webhook": "https://hooks.example/girl"},
]  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    people: list[Any] = [*ROSTER["person"], *FAMILY]  # type: ignore[misc]
    book = replace(
        world.desk.book,
        roster=Roster.model_validate({**ROSTER, "person": people}),
        feedback=FeedbackSettings(enabled=True),
    )
    world.desk.engine.book = book
    yield world
    world.desk.db.dispose()


@pytest.fixture
def closed(world: World) -> str:
    incident_id = world.raise_finding("u0301")
    do(world, incident_id, Act.CLOSE, outcome=Outcome.REAL)
    return incident_id


def asked(world: World) -> dict[str, Any]:
    """The questions owed, by person."""
    found = [row for row in rows(world, outbox) if row["purpose"] == Purpose.FEEDBACK]
    return {row["person_id"]: row for row in found}


def reply(world: World, text: str) -> str:
    world.seq += 1
    now_ns = world.clock.now_ns()
    return world.desk.engine.reply("sms", Inbound(f"t{world.seq}", SON, text, now_ns), now_ns)


def code(world: World) -> str:
    return str(asked(world)["son"]["text"].partition("回")[2].partition("加")[0])


def link(world: World) -> str:
    address: str = msgspec.json.decode(asked(world)["girl"]["payload"])["data"]["link"]
    return address[address.index("/f/") :]


def visit(world: World, method: str, path: str, **more: Any) -> httpx.Response:
    """A browser that is not signed in."""

    async def send() -> httpx.Response:
        async with world.client() as client:
            return await client.request(method, path, **more)

    return asyncio.run(send())


def given(world: World) -> list[tuple[str, str]]:
    return [(row["person_id"], row["grade"]) for row in rows(world, feedback) if row["grade"]]


def test_the_family_is_asked_after_the_close_and_nobody_else(world: World, closed: str) -> None:
    assert set(asked(world)) == {"son", "girl"}
    assert closed in {row["incident_id"] for row in asked(world).values()}


def test_nobody_is_asked_where_it_is_off_or_about_a_drill(world: World) -> None:
    do(world, world.raise_finding("u0301"), Act.CLOSE, outcome=Outcome.DRILL)
    off = replace(world.desk.engine.book, feedback=FeedbackSettings())
    world.desk.engine.book = off
    do(world, world.raise_finding("u0301", hours=9.0), Act.CLOSE, outcome=Outcome.REAL)
    assert asked(world) == {}


def test_a_text_is_taken_once(world: World, closed: str) -> None:
    assert reply(world, f"{code(world)}7") == "feedback"
    assert reply(world, f"{code(world)}9") == "feedback_repeated"
    assert given(world) == [("son", "satisfied")]
    assert [row["kind"] for row in rows(world, incident_event)][-1] == "feedback"
    page = ask(world, "GET", f"/incidents/{closed}").text
    assert "评价" in page


def test_a_grade_without_a_code_is_taken_when_it_can_mean_one_only(
    world: World, closed: str
) -> None:
    assert closed
    assert reply(world, "基本满意") == "feedback"
    assert given(world) == [("son", "fair")]


def test_a_grade_without_a_code_about_two_closes_is_asked_back_about(world: World) -> None:
    for hours in (12.0, 13.0):
        do(world, world.raise_finding("u0301", hours=hours), Act.CLOSE, outcome=Outcome.REAL)
    assert reply(world, "满意") not in {"feedback", "feedback_repeated"}
    assert given(world) == []


def test_a_link_is_used_once_and_opening_it_changes_nothing(world: World, closed: str) -> None:
    assert closed
    path = link(world)
    for _ in range(2):
        assert "满意" in visit(world, "GET", path).text
    answer = visit(world, "POST", path, data={"grade": "fair", "comment": "来得快"})
    assert answer.status_code == 200
    for method in ("GET", "POST"):
        assert visit(world, method, path, data={"grade": "fair"}).status_code == 404
    assert given(world) == [("girl", "fair")]


def test_a_link_that_leaks_reveals_nothing(world: World, closed: str) -> None:
    page = visit(world, "GET", link(world)).text
    secrets = ("3栋", "301", "李", "u0301", "用水", closed)
    assert not any(secret in page.replace(link(world), "") for secret in secrets)
    assert not any(secret in asked(world)["girl"]["text"] for secret in secrets)


def test_a_spoiled_or_old_link_says_nothing(world: World, closed: str) -> None:
    assert closed
    path = link(world)
    assert visit(world, "GET", path[:-2] + "xx").status_code == 404
    world.clock.now += 8 * DAY_NS
    assert visit(world, "GET", path).status_code == 404


def test_dissatisfaction_becomes_a_work_item(world: World, closed: str) -> None:
    visit(world, "POST", link(world), data={"grade": "unsatisfied", "comment": "来得太晚"})
    (item,) = ask(world, "GET", "/api/v1/work-items").json()["items"]
    assert (item["incident_id"], item["title"]) == (closed, "居民不满意：来得太晚")


def test_a_reopened_case_is_asked_about_again_after_its_next_close(
    world: World, closed: str
) -> None:
    do(world, closed, Act.REOPEN)
    do(world, closed, Act.CLOSE, outcome=Outcome.REAL)
    assert len(rows(world, feedback)) == 4


def test_the_three_rates_are_shown_by_area_and_month(world: World, closed: str) -> None:
    assert closed
    reply(world, "7")
    (told,) = ask(world, "GET", "/api/v1/rates").json()["rates"]
    assert (told["area"], told["month"], told["cases"]) == ("s01/b03", "2026-01", 1)
    assert told["response"] == told["resolution"] == told["satisfaction"] == 1.0
    assert "三率" in ask(world, "GET", "/rules").text
