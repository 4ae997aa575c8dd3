"""Incidents given away: as JSON, as tables that no spreadsheet computes, and as CAP messages."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incident import Act, Command, Outcome
from edge.reading import Tier
from gateway.access.role import Role
from gateway.export.cap import ATOM, Issuer, document
from gateway.export.routes import PATH
from gateway.export.story import Story, every, one
from gateway.export.tables import BOM, Sheet, safe, table
from tests.unit.gateway.cap_schema import CAP, problems
from tests.unit.gateway.desk_world import World, ask, make_book, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def call(
    world: World, path: str = PATH, *, role: Role = Role.VIEWER, **asked: Any
) -> httpx.Response:
    return ask(world, "GET", path, role, params=asked or None)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM))))


def test_every_incident_is_in_exactly_one_page(world: World) -> None:
    opened = {world.raise_finding(unit) for unit in ("u0301", "u0502", "u1201")}
    seen: list[str] = []
    path, asked = PATH, {"limit": "2"}
    while path:
        answer = call(world, path, role=Role.VIEWER, **asked)
        seen += [each["incident"]["id"] for each in answer.json()["incidents"]]
        link = answer.headers.get("link", "")
        path, asked = (link.split(">")[0][1:], {}) if link else ("", {})
    assert sorted(seen) == sorted(opened)


def test_json_has_the_timeline_and_the_ledger_and_no_telephone_number(world: World) -> None:
    world.raise_finding("u0301")
    world.desk.engine.claim(world.clock.now_ns(), 9)
    answer = call(world)
    (each,) = answer.json()["incidents"]
    assert each["complete"]
    assert not each["drill"]
    assert [event["kind"] for event in each["timeline"]][:1] == ["opened"]
    states = [report["state"] for owed in each["deliveries"] for report in owed["reports"]]
    assert {"queued", "submitted"} <= set(states)
    assert "1380000" not in answer.text


def test_tables_are_utf8_with_its_mark_and_join_by_the_incident(world: World) -> None:
    opened = world.raise_finding("u0301")
    for sheet in Sheet:
        answer = call(world, format="csv", sheet=sheet.value)
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert {row["incident"] for row in rows(answer.text)} == {opened}
    assert "用水" in call(world, format="csv").text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝", "＋"])
def test_a_note_that_looks_like_a_formula_is_text(start: str, world: World) -> None:
    opened = world.raise_finding("u0301")
    note = f'{start}HYPERLINK("http://x","y")'
    command = Command(Act.RESOLVE, "wang", Outcome.REAL, note)
    world.desk.engine.act(opened, command, now_ns=world.clock.now_ns())
    (row,) = rows(call(world, format="csv").text)
    assert row["note"] == f"'{note}"


@given(st.text())
def test_no_text_becomes_a_formula_and_none_is_lost(text: str) -> None:
    cell = safe(text)
    assert cell.removeprefix("'") == text.removeprefix("'") or cell == text
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_a_message_keeps_the_rules_of_the_schema_at_every_stage(world: World) -> None:
    issuer = Issuer("s01", make_book())
    opened = [world.raise_finding("u0301", tier=tier) for tier in (Tier.URGENT,)]
    opened.append(world.raise_finding("u0502", tier=Tier.GENERAL, said=("\0<水>&", "\x0b]]>&")))
    acts = [None, Command(Act.ACKNOWLEDGE, "wang"), Command(Act.CLOSE, "wang", Outcome.REAL)]
    for command in acts:
        for incident in opened:
            if command is not None:
                world.desk.engine.act(incident, command, now_ns=world.clock.now_ns())
            story = one(world.desk.db, incident)
            assert story is not None
            assert problems(ET.fromstring(document(story, issuer))) == []


def test_a_message_says_whose_update_it_is_in_both_languages(world: World) -> None:
    opened = world.raise_finding("u0301")
    answer = call(world, f"{PATH}/{opened}.cap")
    assert answer.headers["content-type"] == "application/cap+xml"
    message = ET.fromstring(answer.content)
    assert problems(message) == []
    told = {name: message.findtext(f"{CAP}{name}") for name in ("sender", "msgType", "incidents")}
    assert told == {"sender": "shouwang@s01", "msgType": "Update", "incidents": opened}
    assert [each.findtext(f"{CAP}language") for each in message.iter(f"{CAP}info")] == [
        "zh-CN", "en-US",
    ]  # fmt: skip
    assert call(world, f"{PATH}/inone.cap").status_code == 404


def test_a_page_of_messages_is_a_feed(world: World) -> None:
    for unit in ("u0301", "u0502", "u1201"):
        world.raise_finding(unit)
    feed = ET.fromstring(call(world, format="cap", limit=2).content)
    messages = list(feed.iter(f"{CAP}alert"))
    assert [problems(each) for each in messages] == [[], []]
    link = feed.find(f"{{{ATOM}}}link")
    assert link is not None
    assert "cursor=" in link.attrib["href"]


def test_what_breaks_the_schema_is_seen() -> None:
    message = ET.fromstring(
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a b</identifier>'
        "<sent>2020-01-01T00:00:00Z</sent><scope>Restricted</scope></alert>"
    )
    assert len(problems(message)) >= 5


def test_only_who_may_read_may_take_away(world: World) -> None:
    assert call(world, role=Role.INSTALLER).status_code == 403
    assert asyncio.run(_stranger(world)) == 401
    assert call(world, cursor="'; DROP TABLE incident").status_code == 422
    assert call(world, format="xls").status_code == 422


async def _stranger(world: World) -> int:
    async with world.client() as client:
        return (await client.get(PATH)).status_code


def test_all_stories_since_a_day_come_a_page_at_a_time(world: World) -> None:
    opened = world.raise_finding("u0301")
    now_ns = world.clock.now_ns()
    assert [each.detail.incident.id for each in every(world.desk.db, now_ns)] == [opened]
    assert list(every(world.desk.db, now_ns + 1)) == []
    assert rows(table(every(world.desk.db, 0), Sheet.INCIDENTS))[0]["incident"] == opened
    assert json.loads(call(world).text)["next"] is None


def test_what_was_merged_is_not_told_as_past(world: World) -> None:
    one_id, other_id = (world.raise_finding(unit) for unit in ("u0301", "u0502"))
    merge = Command(Act.MERGE, by="op", into=other_id)
    world.desk.engine.act(one_id, merge, now_ns=world.clock.now)
    story = one(world.desk.db, one_id)
    assert story is not None
    root = ET.fromstring(document(story, Issuer("s01", world.desk.book)))
    assert {each.text for each in root.iter(f"{CAP}urgency")} == {"Immediate"}
    assert other_id in {each.text for each in root.iter(f"{CAP}value")}


@pytest.mark.parametrize("sheet", [Sheet.TIMELINE, Sheet.LEDGER])
def test_a_table_that_leaves_rows_out_says_so(
    world: World, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.raise_finding("u0301")
    whole = rows(table([told_of(world, made)], sheet))
    monkeypatch.setattr("gateway.export.story.DETAIL_MAX", 1)
    assert [*whole[-1].values()][-1] != "older rows are left out"
    *_, last = rows(table([told_of(world, made)], sheet))
    assert [*last.values()][-1] == "older rows are left out"


def told_of(world: World, incident_id: str) -> Story:
    story = one(world.desk.db, incident_id)
    assert story is not None
    return story
