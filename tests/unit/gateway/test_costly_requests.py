"""Requests that are cheap to make cost the gateway no more than an ordinary answer."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.unit.gateway.desk_world import World, make_world

STATIC = Path(__file__).parents[3] / "gateway/console/static/console.css"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def get(world: World, path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with world.client() as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "ranges",
    [
        ",".join(f"{start}-" for start in range(3_000)),
        ",".join(f"{start}-{start}" for start in range(0, 3_000, 2)),
        ",".join(["0-"] * 5_000),
        ",".join(f"-{length}" for length in range(1, 3_000)),
    ],
    ids=["open", "single bytes", "the whole again and again", "ends"],
)
def test_many_ranges_of_a_file_bring_no_more_than_the_file(world: World, ranges: str) -> None:
    answer = get(world, "/static/console.css", range=f"bytes={ranges}")
    assert answer.status_code in {200, 206, 416}
    assert len(answer.content) <= STATIC.stat().st_size


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/api/openapi.json"])
def test_the_api_is_not_described_to_strangers(world: World, path: str) -> None:
    answer = get(world, path)
    assert answer.status_code in {303, 401, 404}
    assert "openapi" not in answer.text
