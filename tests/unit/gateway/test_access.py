import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from edge.reading import SECOND_NS
from gateway.access.accounts import AccountError, Accounts
from gateway.access.body import BODY_BYTES_MAX
from gateway.access.password import UnfitPasswordError, hash_password
from gateway.access.role import Role
from gateway.access.sessions import ABSOLUTE_NS, IDLE_NS, SESSIONS_MAX
from gateway.access.throttle import PER_ACCOUNT, Buckets, LoginThrottle, Pace
from gateway.db.engine import reading, writing
from gateway.db.tables import account, web_session
from tests.unit.gateway.desk_world import ORIGIN, PASSWORD, World, make_world, routes

OPEN = {"/healthz", "/login", "/static", "/a/{token}", "/f/{token}"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path, metrics_token="scrape-me")
    yield world
    world.desk.db.dispose()


async def _sign_in(client: httpx.AsyncClient, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/login", data={"login": "operator", "password": password})


def test_every_route_but_the_open_ones_is_shut_to_strangers(world: World) -> None:
    async def walk() -> dict[tuple[str, str], int]:
        answers = {}
        async with world.client() as client:
            for method, path in routes(world):
                real = path.replace("{incident_id}", "i1").replace("{unit}", "u0301")
                answer = await client.request(method, real.replace("{token}", "t"))
                answers[method, path] = answer.status_code
        return answers

    answers = asyncio.run(walk())
    assert len(answers) > 15
    shut = {key: status for key, status in answers.items() if key[1] not in OPEN}
    assert {status for (method, _), status in shut.items() if method != "GET"} == {401}
    assert {status for (method, _), status in shut.items() if method == "GET"} <= {303, 401}
    assert {path for _, path in answers} >= OPEN


def test_an_unknown_path_says_the_same_as_a_shut_one(world: World) -> None:
    async def ask() -> list[int]:
        async with world.client() as client:
            return [(await client.get(path)).status_code for path in ("/nowhere", "/units")]

    assert asyncio.run(ask()) == [303, 303]


def test_the_right_password_opens_a_session_and_logout_ends_it(world: World) -> None:
    async def visit() -> tuple[int, str, int, int]:
        async with world.client() as client:
            answer = await _sign_in(client)
            cookie = answer.headers["set-cookie"]
            inside = (await client.get("/")).status_code
            token = client.cookies["shouwang"]
            await client.post("/logout")
            client.cookies.set("shouwang", token)
            return answer.status_code, cookie, inside, (await client.get("/")).status_code

    status, cookie, inside, after = asyncio.run(visit())
    assert (status, inside, after) == (303, 200, 303)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(world: World) -> None:
    async def ask() -> list[tuple[int, bytes]]:
        answers = []
        async with world.client() as client:
            for login in ("operator", "nobody"):
                answer = await client.post("/login", data={"login": login, "password": "x" * 12})
                answers.append((answer.status_code, answer.content))
        return answers

    wrong, unknown = asyncio.run(ask())
    assert wrong == unknown
    assert wrong[0] == 401


def test_too_many_tries_are_slowed_but_time_lets_the_owner_in(world: World) -> None:
    async def storm() -> tuple[list[int], int]:
        async with world.client() as client:
            tries = [(await _sign_in(client, "x" * 12)).status_code for _ in range(10)]
            world.clock.now += int(PER_ACCOUNT.refill_s * SECOND_NS)
            return tries, (await _sign_in(client)).status_code

    tries, later = asyncio.run(storm())
    assert tries == [401] * PER_ACCOUNT.burst + [429] * (10 - PER_ACCOUNT.burst)
    assert later == 303


def test_strangers_cannot_slow_an_account_down_where_its_owner_signs_in() -> None:
    throttle = LoginThrottle()
    throttle.tried("operator", "10.0.0.1", 0)
    throttle.succeeded("operator", "10.0.0.1")
    for number in range(200):
        throttle.tried("operator", f"10.9.0.{number}", 0)
    assert throttle.wait_s("operator", "10.0.0.1", 0) == 0
    assert throttle.wait_s("operator", "10.8.0.1", 0) > 0


def test_a_table_of_buckets_forgets_the_longest_untouched() -> None:
    buckets = Buckets(Pace(burst=1, refill_s=10.0), keys_max=2)
    for key in ("a", "b", "c"):
        buckets.spend(key, 0)
    assert [buckets.wait_s(key, 0) for key in ("a", "b", "c")] == [0, 10, 10]


def test_a_session_ends_after_half_a_day_without_a_request(world: World) -> None:
    sessions, start_ns = world.desk.sessions, world.clock.now
    token = sessions.open(1, start_ns)
    assert sessions.principal(token, start_ns + IDLE_NS - 1) is not None
    assert sessions.principal(token, start_ns + 2 * IDLE_NS - 2) is not None
    assert sessions.principal(token, start_ns + 3 * IDLE_NS - 2) is None


def test_a_session_ends_after_a_week_however_busy(world: World) -> None:
    sessions, start_ns = world.desk.sessions, world.clock.now
    token = sessions.open(1, start_ns)
    for at_ns in range(start_ns, start_ns + ABSOLUTE_NS, IDLE_NS - 1):
        assert sessions.principal(token, at_ns) is not None
    assert sessions.principal(token, start_ns + ABSOLUTE_NS) is None


def test_a_disabled_account_is_out_at_its_next_request(world: World) -> None:
    async def ask() -> list[int]:
        async with world.signed_in() as client:
            before = (await client.get("/")).status_code
            with writing(world.desk.db) as connection:
                connection.execute(sa.update(account).values(disabled=True))
            return [before, (await client.get("/")).status_code]

    assert asyncio.run(ask()) == [200, 303]


def test_a_new_password_signs_every_browser_out(world: World) -> None:
    accounts = Accounts(world.desk.db)
    found = accounts.find("operator")
    assert found is not None
    token = world.desk.sessions.open(found.id, world.clock.now)
    accounts.set_password("operator", "another-password")
    assert world.desk.sessions.principal(token, world.clock.now) is None


def test_sessions_of_an_account_are_bounded_and_tokens_are_not_stored(world: World) -> None:
    tokens = [world.desk.sessions.open(1, world.clock.now + n) for n in range(SESSIONS_MAX + 5)]
    with reading(world.desk.db) as connection:
        stored = set(connection.execute(sa.select(web_session.c.token_hash)).scalars())
    assert len(stored) == SESSIONS_MAX
    assert stored.isdisjoint(tokens)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": ORIGIN}, 303),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "cross-site", "origin": ORIGIN}, 403),
        ({"sec-fetch-site": "same-site", "origin": ORIGIN}, 403),
    ],
)
def test_only_our_own_pages_may_change_anything(
    world: World, headers: dict[str, str], status: int
) -> None:
    async def ask() -> int:
        async with world.signed_in() as client:
            del client.headers["origin"]
            return (await client.post("/logout", headers=headers)).status_code

    assert asyncio.run(ask()) == status


def test_every_answer_carries_the_security_headers(world: World) -> None:
    async def ask() -> list[httpx.Headers]:
        async with world.client() as client:
            paths = ("/login", "/", "/static/console.css", "/api/v1/units", "/healthz")
            return [(await client.get(path)).headers for path in paths]

    for headers in asyncio.run(ask()):
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_metrics_open_to_the_scrapers_token_and_no_other(world: World) -> None:
    async def ask() -> list[int]:
        async with world.client() as client:
            tokens = ("scrape-me", "scrape-mf", "")
            return [
                (await client.get("/metrics", headers={"authorization": f"Bearer {t}"})).status_code
                for t in tokens
            ]

    assert asyncio.run(ask()) == [200, 401, 401]


def test_a_body_over_the_limit_is_refused(world: World) -> None:
    async def ask() -> int:
        async with world.client() as client:
            data = {"login": "operator", "password": "x" * BODY_BYTES_MAX}
            return (await client.post("/login", data=data)).status_code

    assert asyncio.run(ask()) == 413


@pytest.mark.parametrize(
    "path", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:0"]
)
def test_signing_in_leads_nowhere_else(world: World, path: str) -> None:
    async def ask() -> str:
        async with world.client() as client:
            data = {"login": "operator", "password": PASSWORD, "next": path}
            return (await client.post("/login", data=data)).headers["location"]

    assert asyncio.run(ask()) == "/"


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_a_password_has_twelve_to_256_characters(password: str) -> None:
    with pytest.raises(UnfitPasswordError, match="12 to 256"):
        hash_password(password)


def test_the_first_account_is_made_once_and_its_password_is_not_stored(world: World) -> None:
    accounts = Accounts(world.desk.db)
    assert accounts.claim_first(0) is None
    with writing(world.desk.db) as connection:
        connection.execute(sa.delete(web_session))
        connection.execute(sa.delete(account))
    password = accounts.claim_first(0)
    assert password is not None
    assert accounts.claim_first(0) is None
    (only,) = accounts.all()
    assert (only.login, only.role) == ("admin", Role.ADMIN)
    assert password not in only.password_hash


@pytest.mark.parametrize("login", ["operator", "Ann", "", "a b", "x" * 33])
def test_a_login_is_unique_and_plain(world: World, login: str) -> None:
    with pytest.raises(AccountError):
        Accounts(world.desk.db).add(login, PASSWORD, Role.VIEWER, 0)
