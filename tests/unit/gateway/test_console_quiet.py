"""What is not told is on the screen, with its reason and a way to it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alerts.channels.base import Outcome, Verdict
from alerts.pace import Pace
from alerts.silence import Scope
from edge.reading import SECOND_NS, Tier
from gateway.access.role import Role
from tests.unit.gateway.desk_world import World, make_world
from tests.unit.gateway.test_console import see


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def post(world: World, path: str, role: Role = Role.OPERATOR, **form: str) -> httpx.Response:
    async def send() -> httpx.Response:
        async with world.signed_in(role) as client:
            return await client.post(path, data=form)

    return asyncio.run(send())


def lay(world: World, role: Role = Role.OPERATOR, **changes: str) -> httpx.Response:
    form = {"kind": "maintenance", "scope": Scope.AREA.value, "value": "s01/b03", "hours": "2"}
    return post(world, "/silences", role, **(form | {"reason": "换水表"} | changes))


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "静默中，暂不通知：换水表"), ("en", "Silenced: 换水表")]
)
def test_a_silenced_incident_says_so_on_the_list_and_on_its_page(
    world: World, lang: str, words: str
) -> None:
    assert lay(world).status_code == 303
    quiet = world.raise_finding("u0301", tier=Tier.IMPORTANT)
    for path in ("/", f"/incidents/{quiet}"):
        assert words in see(world, f"{path}?lang={lang}").text


def test_the_page_of_silences_shows_who_asked_why_and_until_when(world: World) -> None:
    lay(world)
    page = see(world, "/silences").text
    assert all(word in page for word in ("换水表", "s01/b03", "operator", "今天 10:00"))


def test_a_silence_can_be_ended_on_the_page(world: World) -> None:
    lay(world)
    silence = see(world, "/silences").text.split('action="/silences/')[1].split("/end")[0]
    assert post(world, f"/silences/{silence}/end").status_code == 303
    assert "没有静默" in see(world, "/silences").text
    assert post(world, f"/silences/{silence}/end").status_code == 303


def test_a_silence_too_long_is_refused_in_words(world: World) -> None:
    answer = lay(world, hours="9")
    assert answer.status_code == 422
    assert "不能这样静默" in answer.text


def test_a_viewer_may_look_and_not_lay(world: World) -> None:
    assert lay(world, Role.VIEWER).status_code == 403
    assert "<select" not in see(world, "/silences", Role.VIEWER).text


def flood(world: World) -> list[str]:
    """Two incidents of which wang was told in one message; their ids."""
    engine = world.desk.engine
    engine.book = replace(engine.book, pace=Pace(flood=1, digest_at=None))
    raised = [world.raise_finding(unit, tier=Tier.IMPORTANT) for unit in ("u0301", "u0502")]
    for _ in range(3):
        world.clock.now += 15 * SECOND_NS
        engine.advance_due(world.clock.now)
        for claim in engine.claim(world.clock.now, 100):
            engine.record(claim, Verdict(Outcome.DELIVERED), world.clock.now)
    return raised


def test_a_bundle_has_a_page_with_its_incidents_and_each_incident_leads_to_it(
    world: World,
) -> None:
    raised = flood(world)
    page = see(world, f"/incidents/{raised[0]}").text
    assert "已合并通知" in page
    bundle = page.split('href="/bundles/')[1].split('"')[0]
    shown = see(world, f"/bundles/{bundle}").text
    assert "合并通知的 2 件事件" in shown
    assert all(f"/incidents/{each}" in shown for each in raised)
    assert see(world, f"/bundles/n{'0' * 23}").status_code == 404


def test_the_loads_say_how_much_each_person_was_told_and_is_to_be(world: World) -> None:
    flood(world)
    later = world.raise_finding("u1201", tier=Tier.IMPORTANT)
    world.clock.now += 15 * SECOND_NS
    world.desk.engine.advance_due(world.clock.now)
    answer = see(world, "/api/v1/loads").json()["loads"]
    mine = next(each for each in answer if each["person_id"] == "p01")
    assert (mine["last_hour"], mine["bundles"], mine["bundled"]) == (1, 1, 2)
    assert mine["waiting"] == {"storm": 2}
    listed = see(world, "/api/v1/incidents").json()["incidents"]
    quiet = next(each["quiet"] for each in listed if each["incident"]["id"] == later)
    assert {each["why"] for each in quiet["waits"]} == {"storm"}
    assert "事件太多，合并" in see(world, "/").text
