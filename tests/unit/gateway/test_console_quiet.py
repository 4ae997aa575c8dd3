"""What is not told is on the screen, with its reason and a way to it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from alerts.silence import Scope
from edge.reading import Tier
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
