"""Silences over the API: who may lay which, and what an answer shows."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.reading import SECOND_NS, Tier
from gateway.access.role import Role
from tests.unit.gateway.desk_world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def asked(world: World, *, hours: float = 1, **changes: Any) -> dict[str, Any]:
    end = world.clock.now_ns() / SECOND_NS + hours * 3_600
    return {"scope": "area", "value": "s01/b03", "reason": "管道检修", "end": end} | changes


def say(
    world: World, method: str, path: str, role: Role = Role.OPERATOR, **sent: Any
) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with world.signed_in(role) as client:
            return await client.request(method, f"/api/v1/silences{path}", **sent)

    return asyncio.run(ask())


def test_a_silence_is_laid_listed_told_and_ended(world: World) -> None:
    laid = say(world, "POST", "", json=asked(world))
    assert laid.status_code == 201
    silence = laid.json()
    assert (silence["by"], silence["tiers"], silence["ended_ns"]) == ("operator", [2, 3], None)
    (listed,) = say(world, "GET", "").json()["silences"]
    assert listed == silence | {"holds": True}
    quiet = world.raise_finding("u0301", tier=Tier.GENERAL)
    detail = world.desk.incidents.detail(quiet)
    assert detail is not None
    assert [event.kind for event in detail.timeline] == ["opened", "held"]
    ended = say(world, "POST", f"/{silence['id']}/end")
    assert ended.json()["ended_ns"] == world.clock.now_ns()
    told = say(world, "GET", f"/{silence['id']}").json()
    assert [event["kind"] for event in told["timeline"]] == ["laid", "begun", "ended"]
    assert say(world, "POST", f"/{silence['id']}/end").status_code == 404


@pytest.mark.parametrize(
    ("changes", "role", "status"),
    [
        ({}, Role.VIEWER, 403),
        ({"reason": ""}, Role.OPERATOR, 422),
        ({"hours": 9}, Role.OPERATOR, 422),
        ({"tiers": [1], "scope": "device", "value": "mu0301"}, Role.OPERATOR, 422),
        ({"tiers": [1], "scope": "device", "value": "mu0301"}, Role.ADMIN, 201),
        ({"tiers": [1]}, Role.ADMIN, 422),
        ({"tiers": [0]}, Role.ADMIN, 422),
        ({"value": "../etc"}, Role.OPERATOR, 422),
        ({"forever": True}, Role.OPERATOR, 422),
    ],
)
def test_what_may_not_be_laid_is_refused_with_a_reason(
    world: World, changes: dict[str, Any], role: Role, status: int
) -> None:
    answer = say(world, "POST", "", role, json=asked(world, **changes))
    assert answer.status_code == status
    assert say(world, "GET", "", Role.VIEWER).json()["silences"] == (
        [answer.json() | {"holds": True}] if status == 201 else []
    )


def test_a_silence_of_no_such_id_is_not_found(world: World) -> None:
    assert say(world, "GET", "/s000000000000").status_code == 404
    assert say(world, "POST", "/s000000000000/end").status_code == 404
