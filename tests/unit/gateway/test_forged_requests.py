"""What a stranger's page, a forged name or a crafted path tries at the console, on every route."""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from gateway.access.accounts import Accounts
from gateway.access.gate import OPEN_PATHS, OPEN_PREFIXES
from gateway.access.origin import SAFE_METHODS
from gateway.access.role import Role
from gateway.db.engine import reading
from gateway.db.tables import incident, incident_event, metadata, web_session
from tests.unit.gateway.desk_world import PASSWORD, World, ask, make_world, routes

PARTS = {
    "unit": "u0301", "token": "t", "plan_id": "default-1", "device": "mu0301", "number": "1",
    "version": "3", "silence_id": "s000000000000", "bundle_id": f"n{0:023}", "person_id": "p01",
    "field": "leave",
}  # fmt: skip
EVIL = "evil.test"
STREAM = "/api/v1/events"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def addresses(world: World, incident_id: str) -> list[tuple[str, str]]:
    """Every method and path that is served, with names that are there."""
    parts = PARTS | {"incident_id": incident_id}
    return [
        (method, re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], path))
        for method, path in routes(world)
        if path != STREAM
    ]


def send_all(
    world: World, what: list[tuple[str, str]], **headers: str
) -> dict[tuple[str, str], httpx.Response]:
    """What an admin's browser is answered to each, with these headers in place of its own."""

    async def run() -> dict[tuple[str, str], httpx.Response]:
        async with world.signed_in(Role.ADMIN) as client:
            client.headers.update(headers)
            return {each: await client.request(*each) for each in what}

    return asyncio.run(run())


def token_of(world: World, role: Role) -> str:
    found = Accounts(world.desk.db).find(role.value)
    assert found is not None
    return world.desk.sessions.open(found.id, world.clock.now)


def events(world: World) -> int:
    with reading(world.desk.db) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(incident_event)) or 0


def test_no_page_of_somebody_else_changes_anything_on_any_route(world: World) -> None:
    opened = world.raise_finding("u0301")
    before = events(world)
    unsafe = [each for each in addresses(world, opened) if each[0] not in SAFE_METHODS]
    answers = send_all(world, unsafe, origin=f"https://{EVIL}")
    assert len(answers) > 50
    assert {answer.status_code for answer in answers.values()} == {403}
    assert all(answer.json()["code"] == "foreign_origin" for answer in answers.values())
    assert events(world) == before


def kept(world: World) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, but who was last seen when."""
    with reading(world.desk.db) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
            if table is not web_session
        }


def test_no_link_to_any_page_changes_anything(world: World) -> None:
    """A browser follows a stranger's link with the session of whoever clicks."""
    seen = [each for each in addresses(world, world.raise_finding("u0301")) if each[0] == "GET"]
    world.desk.engine.advance_due(world.clock.now)
    before = kept(world)
    assert len(send_all(world, seen)) > 40
    assert kept(world) == before


def test_no_answer_is_opened_to_another_origin(world: World) -> None:
    seen = addresses(world, world.raise_finding("u0301"))
    asked = {("OPTIONS", path) for _, path in seen} | {each for each in seen if each[0] == "GET"}
    headers = {"origin": f"https://{EVIL}", "access-control-request-method": "POST"}
    for asked_for, answer in send_all(world, sorted(asked), **headers).items():
        assert not [name for name in answer.headers if name.startswith("access-control")], asked_for


def test_no_answer_repeats_the_host_that_was_asked_for(world: World) -> None:
    seen = [path for method, path in addresses(world, world.raise_finding("u0301"))
            if method == "GET"]  # fmt: skip
    forged = {"host": EVIL, "x-forwarded-host": EVIL, "x-forwarded-proto": "gopher"}
    asked = [("GET", path + end) for path in seen for end in ("", "/")]
    for asked_for, answer in send_all(world, asked, **forged).items():
        told = answer.text + str(answer.headers)
        assert EVIL not in told, asked_for
        assert "gopher" not in told, asked_for
        assert answer.status_code < 500, asked_for


def test_a_sign_in_leads_back_to_a_path_and_never_splits_its_answer(world: World) -> None:
    async def sign_in() -> httpx.Response:
        async with world.client(host=EVIL) as client:
            client.headers["origin"] = f"http://{EVIL}"
            data = {"login": "operator", "password": PASSWORD, "next": "/\r\nset-cookie: a=b"}
            return await client.post("/login", data=data)

    answer = asyncio.run(sign_in())
    assert answer.headers["location"].startswith("/")
    assert not {"\r", "\n"} & set(answer.headers["location"])
    assert [name for name, _ in answer.headers.multi_items()].count("set-cookie") == 1


CRAFTED = [
    "/static/../units", "/static/..", "/static//etc/passwd", "/static/..\\..\\settings.py",
    "/static/../../settings.py", "/static/%2e%2e/units", "/static/console.css/../../texts.py",
    "/static/\0", "//units", "/units//", "/./units", "/units;x=1", "/units.", "/UNITS", "/units ",
    "/a/../units", "/f/../units", "/in/../units", "/healthz/../metrics", "/healthz/", "/login/../",
    "/api/v1//units", "/api/v1/units/../units", "/install/../units", "/:id", "/units/:id",
    "/units/{unit}", "/api/v1/incidents/{incident_id}", "/unit\u017f",
]  # fmt: skip


async def _served(world: World, path: str, token: str = "") -> int:
    """The status for exactly this path: no client has a say in how it is written."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "server": ("console.test", 80), "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"console.test"), (b"cookie", f"shouwang={token}".encode())],
    }  # fmt: skip
    await world.app(scope, receive, send)
    return statuses[0]


def test_a_crafted_path_opens_no_page(world: World) -> None:
    async def walk() -> dict[str, list[int]]:
        tokens = ["", token_of(world, Role.INSTALLER), token_of(world, Role.ADMIN)]
        return {path: [await _served(world, path, each) for each in tokens] for path in CRAFTED}

    for path, (stranger, installer, admin) in asyncio.run(walk()).items():
        assert {stranger, installer} <= {303, 401, 403, 404}, path
        assert admin in {404, 422}, path


def test_what_is_open_to_strangers_is_a_short_list() -> None:
    assert sorted(OPEN_PATHS) == ["/api/v2/alerts", "/healthz", "/login"]
    assert set(OPEN_PREFIXES) == {"/static/", "/a/", "/f/", "/in/"}


def test_what_a_browser_says_of_itself_gives_no_right(world: World) -> None:
    opened = world.raise_finding("u0301")

    async def try_it() -> int:
        async with world.signed_in(Role.VIEWER) as client:
            for name in ("role", "account_id", "login", "principal"):
                client.cookies.set(name, "admin")
                client.headers[f"x-{name.replace('_', '-')}"] = "admin"
            act = {"act": "acknowledge", "version": 1}
            answer = await client.post(f"/api/v1/incidents/{opened}/acts", json=act)
            return answer.status_code

    assert asyncio.run(try_it()) == 403


def test_a_stolen_database_signs_nobody_in(world: World) -> None:
    token = token_of(world, Role.ADMIN)
    with reading(world.desk.db) as connection:
        (stored,) = connection.execute(sa.select(web_session.c.token_hash)).scalars()
    assert stored == hashlib.sha256(token.encode()).hexdigest()
    assert world.desk.sessions.principal(stored, world.clock.now) is None


def _schemas(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """The form of every JSON body that a route takes."""
    described = world.app.openapi()
    known = described["components"]["schemas"]
    for path, methods in described["paths"].items():
        for told in methods.values():
            schema = told.get("requestBody", {}).get("content", {}).get("application/json")
            if schema is not None:
                name = schema["schema"].get("$ref", "").rpartition("/")[2]
                yield path, known.get(name, schema["schema"])


def test_no_body_may_say_more_than_its_route_asks(world: World) -> None:
    found = dict(_schemas(world))
    assert len(found) > 15
    loose = {path for path, form in found.items() if form.get("additionalProperties", True)}
    assert loose == {"/api/v1/plans/check"}  # a whole document, which its own reader judges


def test_an_act_says_nothing_about_who_does_it_nor_about_the_incident(world: World) -> None:
    opened = world.raise_finding("u0301")
    act = {"act": "acknowledge", "version": 1}
    for more in ({"by": "chief"}, {"role": "admin"}, {"state": "closed"}, {"tier": 3}):
        answer = ask(world, "POST", f"/api/v1/incidents/{opened}/acts", json=act | more)
        assert answer.status_code == 422, more
    assert world.desk.incidents.standing()[0].owner is None


INJECTED = ["' OR '1'='1", "1; DROP TABLE incident;--", "%' --", '") |> drop()', "\\", "%", "_",
            "u0301' UNION SELECT password_hash FROM account --", "../../etc/passwd"]  # fmt: skip


def test_a_question_in_another_language_is_only_text(world: World) -> None:
    opened = world.raise_finding("u0301")
    described = world.app.openapi()["paths"]

    async def run() -> list[tuple[str, str, int]]:
        broken = []
        async with world.signed_in(Role.ADMIN) as client:
            for path, told in described.items():
                if path == STREAM or "get" not in told:
                    continue
                names = [each["name"] for each in told["get"].get("parameters", [])]
                for said in INJECTED:
                    real = re.sub(r"\{(\w+)\}", lambda _, said=said: said, path)  # type: ignore[misc]
                    answer = await client.get(real, params=dict.fromkeys(names, said))
                    if answer.status_code >= 500 or "argon2" in answer.text:
                        broken.append((path, said, answer.status_code))
        return broken

    assert asyncio.run(run()) == []
    with reading(world.desk.db) as connection:
        assert connection.execute(sa.select(incident.c.id)).scalars().all() == [opened]
