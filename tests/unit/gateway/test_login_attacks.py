"""Who tries to sign in as somebody else, or to keep somebody from signing in."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from edge.settings import ConfigError
from gateway.access import password as passwords
from gateway.access.accounts import Accounts
from gateway.access.bearer import EXAMPLE
from gateway.access.role import Role
from gateway.access.throttle import PER_ACCOUNT, PER_ADDRESS
from gateway.db.tables import account
from gateway.live import Live
from gateway.server import listen, serve
from gateway.settings import load_gateway
from gateway.web import build_app
from tests.unit.gateway.desk_world import PASSWORD, World, make_world
from tests.unit.gateway.test_console import _link
from tests.unit.gateway.test_settings import folder, spoil

__all__ = ["folder"]

WRONG = "x" * 12


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


async def sign_in(client: httpx.AsyncClient, login: str, password: str = WRONG) -> int:
    answer = await client.post("/login", data={"login": login, "password": password})
    return answer.status_code


def test_a_wrong_login_costs_as_much_work_as_a_wrong_password(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Accounts(world.desk.db).disable("viewer")
    checked: list[str] = []

    def same(password_hash: str, _: str) -> bool:
        checked.append(password_hash.rpartition("$")[0].rpartition("$")[0])
        return False

    monkeypatch.setattr(passwords, "_same", same)

    async def try_all() -> list[int]:
        async with world.client() as client:
            return [await sign_in(client, login) for login in ("operator", "nobody", "viewer")]

    assert asyncio.run(try_all()) == [401, 401, 401]
    assert len(checked) == 3
    assert len(set(checked)) == 1  # of one cost


def test_a_login_that_is_nobodys_is_slowed_like_one_that_is_somebodys(world: World) -> None:
    async def storm(login: str) -> list[int]:
        async with world.client() as client:
            return [await sign_in(client, login) for _ in range(PER_ACCOUNT.burst + 1)]

    assert asyncio.run(storm("operator"))[-1] == 429
    world.clock.now += 10**12
    assert asyncio.run(storm("nobody"))[-1] == 429


def test_a_storm_of_wrong_passwords_keeps_nobody_from_answering_an_alert(world: World) -> None:
    path = _link(world)

    async def storm() -> tuple[int, int]:
        async with world.client() as client:
            for number in range(PER_ADDRESS.burst):
                await sign_in(client, f"nobody{number}")
            return await sign_in(client, "operator", PASSWORD), (
                await client.post(path)
            ).status_code

    assert asyncio.run(storm()) == (429, 200)
    assert world.desk.incidents.standing()[0].owner == "p01"


def test_a_session_that_somebody_planted_is_not_the_one_that_opens(world: World) -> None:
    async def visit() -> tuple[str, int]:
        async with world.client() as client:
            client.cookies.set("shouwang", "planted-by-somebody-else")
            answer = await client.post("/login", data={"login": "operator", "password": PASSWORD})
            given = answer.cookies["shouwang"]
        async with world.client() as other:
            other.cookies.set("shouwang", "planted-by-somebody-else")
            return given, (await other.get("/")).status_code

    given, stranger = asyncio.run(visit())
    assert given != "planted-by-somebody-else"
    assert stranger == 303


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(world: World) -> None:
    opened = world.raise_finding("u0301")
    path, act = f"/api/v1/incidents/{opened}/acts", {"act": "acknowledge", "version": 1}

    async def visit() -> list[int]:
        async with world.signed_in(Role.OPERATOR) as client:
            inside = (await client.get("/")).status_code
            with world.desk.db.begin() as connection:
                to_viewer = account.update().where(account.c.login == "operator")
                connection.execute(to_viewer.values(role=Role.VIEWER.value))
            return [inside, (await client.post(path, json=act)).status_code]

    assert asyncio.run(visit()) == [200, 403]


def test_of_two_gateways_that_start_together_one_makes_the_first_account(world: World) -> None:
    with world.desk.db.begin() as connection:
        connection.execute(account.delete())
    shown: list[str | None] = []

    class Slower(Accounts):
        def add(self, login: str, password: str, role: Role, now_ns: int) -> None:
            shown.append(Accounts(world.desk.db).claim_first(now_ns))
            super().add(login, password, role, now_ns)

    assert Slower(world.desk.db).claim_first(0) is None
    (password,) = shown
    assert password is not None
    signed_in = asyncio.run(world.desk.doorkeeper.sign_in("admin", password, "10.0.0.1"))
    assert isinstance(signed_in, str)


@pytest.mark.parametrize("token", [EXAMPLE, "short"])
def test_a_token_that_everybody_can_guess_starts_no_gateway(folder: Path, token: str) -> None:
    spoil(folder / "gateway.toml", "[listen]", f'metrics_token = "{token}"\n[listen]')
    with pytest.raises(ConfigError, match="metrics_token"):
        load_gateway(folder / "gateway.toml")


def test_the_example_that_is_refused_is_the_one_that_is_shipped() -> None:
    shipped = Path(__file__).parents[3] / "config/gateway.toml"
    assert shipped.read_text("utf-8").count(f'token = "{EXAMPLE}"') == 2


async def storm_by_proxy(world: World, proxies: tuple[str, ...]) -> tuple[int, int]:
    """What a stranger is answered in the end, and then somebody else by the same proxy."""
    listening: socket.socket = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving = asyncio.ensure_future(serve(world.app, listening, Live(), proxies))
    try:
        async with httpx.AsyncClient(base_url=url, headers={"origin": url}) as client:
            for number in range(PER_ADDRESS.burst + 1):
                # A proxy adds who asks at the end; what stands before it, the stranger wrote.
                client.headers["x-forwarded-for"] = f"10.0.0.{number}, 203.0.113.9"
                stranger = await sign_in(client, f"nobody{number}")
            client.headers["x-forwarded-for"] = "198.51.100.7"
            return stranger, await sign_in(client, "operator", PASSWORD)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def test_behind_a_proxy_that_is_believed_a_stranger_slows_down_only_themselves(
    world: World,
) -> None:
    assert asyncio.run(storm_by_proxy(world, ("127.0.0.1/32",))) == (429, 303)


def test_who_is_no_proxy_cannot_say_that_somebody_else_asks(world: World) -> None:
    assert asyncio.run(storm_by_proxy(world, ())) == (429, 429)


def test_over_https_the_cookie_is_for_this_host_alone_and_never_sent_in_the_clear(
    world: World,
) -> None:
    world.desk = replace(world.desk, secure=True)
    world.app = build_app(world.desk)

    async def visit() -> tuple[str, httpx.Headers, int]:
        async with world.client() as client:
            given = await client.post("/login", data={"login": "operator", "password": PASSWORD})
            told = given.headers["set-cookie"]
            client.cookies.clear()
            client.cookies.set("shouwang", told.partition("=")[2].partition(";")[0])
            return told, given.headers, (await client.get("/units")).status_code

    told, headers, under_the_plain_name = asyncio.run(visit())
    assert told.startswith("__Host-shouwang=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(told.split("; "))
    assert "Domain" not in told
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert under_the_plain_name == 303
