"""The door for providers' calls: who shows no secret learns nothing, and OK means committed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from alerts.channels.base import Inbound, Outcome, Receipt
from alerts.channels.callback import Call, Heard, Refusal, Refused, behind
from alerts.channels.kannel import KannelCallback
from alerts.incident import State
from edge.reading import MINUTE_NS, SECOND_NS
from gateway.access.body import BODY_BYTES_MAX
from gateway.configured import make_callbacks
from gateway.db import tables
from gateway.door import Door
from gateway.engine import Engine
from gateway.settings import load_gateway
from gateway.web import build_app
from tests.unit.gateway.desk_world import World, make_world
from tests.unit.gateway.test_engine import rows_of
from tests.unit.gateway.test_settings import folder, spoil

__all__ = ["folder"]

SECRET = "door-secret-0123456789"
WORKER = "13800000001"


class Plain:
    """Reads `SECRET/ID/TEXT` as a text, and `SECRET/ID` as a receipt."""

    def read(self, call: Call, now_ns: int) -> Heard:
        parts = behind(SECRET, call).split("/")
        if parts == [""]:
            raise Refused(Refusal.MALFORMED, "nothing said")
        if len(parts) == 1:
            return Heard((Receipt(parts[0], Outcome.DELIVERED, "", now_ns),), "noted")
        return Heard((Inbound(parts[0], WORKER, parts[1], now_ns),), "noted")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def engine_of(world: World) -> Engine:
    return world.desk.engine


def call(world: World, act: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Let a provider call the whole application; it has no session and no origin."""
    door = Door({"plain": Plain()}, engine_of(world), world.clock)
    app = build_app(world.desk, door=door)

    async def main() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://gateway.test"
        ) as provider:
            await act(provider)

    asyncio.run(main())


def the_code(world: World) -> str:
    return str(rows_of(engine_of(world), tables.code)[0]["code"])


def test_a_reply_through_the_door_acknowledges_once_however_often_it_comes(world: World) -> None:
    incident = world.raise_finding("u0301")

    async def act(provider: httpx.AsyncClient) -> None:
        for method in ("GET", "POST", "GET"):
            answer = await provider.request(method, f"/in/plain/{SECRET}/m1/{the_code(world)}1")
            assert (answer.status_code, answer.text) == (200, "noted")

    call(world, act)
    detail = world.desk.incidents.detail(incident)
    assert detail is not None
    assert detail.incident.state is State.ACKNOWLEDGED
    assert engine_of(world).counts["reply", "acknowledge"] == 1
    assert engine_of(world).counts["reply", "repeated"] == 2
    assert engine_of(world).counts["callback_plain", "taken"] == 3


def test_a_receipt_reaches_the_ledger_and_one_of_a_stranger_is_counted(world: World) -> None:
    world.raise_finding("u0301")
    (claim, *_) = engine_of(world).claim(world.clock.now, 10)

    async def act(provider: httpx.AsyncClient) -> None:
        for idempotency_id in (claim.out.idempotency_id, "n-of-nobody"):
            answer = await provider.get(f"/in/plain/{SECRET}/{idempotency_id}")
            assert answer.status_code == 200

    call(world, act)
    states = {row["id"]: row["state"] for row in rows_of(engine_of(world), tables.outbox)}
    assert states[claim.outbox_id] == "delivered"
    assert engine_of(world).counts["receipt", "not_ours"] == 1


@pytest.mark.parametrize(
    "path",
    ["plain/wrong-secret/m1/1", f"other/{SECRET}/m1/1", f"plain//{SECRET}/m1", "plain/密/m1/1"],
)
def test_who_shows_no_secret_learns_nothing(world: World, path: str) -> None:
    async def act(provider: httpx.AsyncClient) -> None:
        answer = await provider.post(f"/in/{path}")
        assert (answer.status_code, answer.text) == (404, "")

    call(world, act)
    assert rows_of(engine_of(world), tables.inbox) == []


def test_what_cannot_be_read_is_kept_among_the_dead_letters(world: World) -> None:
    async def act(provider: httpx.AsyncClient) -> None:
        assert (await provider.post(f"/in/plain/{SECRET}/", content=b"?!")).status_code == 400

    call(world, act)
    (letter,) = rows_of(engine_of(world), tables.dead_letter)
    assert (letter["topic"], letter["reason"], letter["payload"]) == (
        "in/plain", "malformed", b"?!"
    )  # fmt: skip


def test_a_body_without_end_is_not_read(world: World) -> None:
    async def act(provider: httpx.AsyncClient) -> None:
        body = b"x" * (BODY_BYTES_MAX + 1)
        assert (await provider.post(f"/in/plain/{SECRET}/m1/1", content=body)).status_code == 413

    call(world, act)
    assert engine_of(world).counts["callback_nobody", "too_large"] == 1


def test_too_many_calls_are_asked_to_come_again_and_then_are_heard(world: World) -> None:
    async def act(provider: httpx.AsyncClient) -> None:
        codes = [(await provider.get(f"/in/plain/{SECRET}/n{n}")).status_code for n in range(220)]
        assert codes == [200] * 200 + [429] * 20
        world.clock.now += SECOND_NS
        assert (await provider.get(f"/in/plain/{SECRET}/n0")).status_code == 200

    call(world, act)
    assert engine_of(world).counts["callback_plain", "too_many"] == 20


def test_while_the_database_refuses_the_provider_is_asked_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception("locked"))

    monkeypatch.setattr(engine_of(world), "receipt", locked)

    async def act(provider: httpx.AsyncClient) -> None:
        answer = await provider.get(f"/in/plain/{SECRET}/n1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")

    call(world, act)


def test_news_that_break_us_are_put_aside_and_not_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(engine_of(world), "reply", broken)

    async def act(provider: httpx.AsyncClient) -> None:
        assert (await provider.get(f"/in/plain/{SECRET}/m1/hello")).status_code == 200

    call(world, act)
    (letter,) = rows_of(engine_of(world), tables.dead_letter)
    assert letter["reason"] == "broke"


def test_an_answer_given_on_a_message_acts_on_its_incident_without_a_code(world: World) -> None:
    first, second = world.raise_finding("u0301"), world.raise_finding("u0502")
    told = {row["incident_id"]: row["idempotency_id"] for row in _owed(world)}
    now_ns = world.clock.now + MINUTE_NS
    engine = engine_of(world)
    pressed = Inbound("call-1", "010", "2", now_ns, about=told[second])
    assert engine.reply("voice", pressed, now_ns) == "arrive"
    assert engine.reply("voice", pressed, now_ns) == "repeated"
    unknown = Inbound("call-2", "010", "1", now_ns, about="n0")
    assert engine.reply("voice", unknown, now_ns) == "unknown_message"
    states = {row["id"]: row["state"] for row in rows_of(engine, tables.incident)}
    assert (states[first], states[second]) == ("dispatched", "on_site")


def _owed(world: World) -> list[sa.RowMapping]:
    world.desk.engine.advance_due(world.clock.now)
    return rows_of(engine_of(world), tables.outbox)


def test_the_configuration_opens_the_door_for_the_channels_that_ask_for_it(folder: Path) -> None:
    (folder / "kannel.secret").write_text("sendsms-password")
    (folder / "door.secret").write_text(SECRET)
    spoil(
        folder / "gateway.toml",
        "[channels.webhook]",
        '[channels.kannel]\nusername = "shouwang"\nsecret_file = "kannel.secret"\n'
        '[channels.kannel.callback]\nurl = "http://127.0.0.1:8080"\nsecret_file = "door.secret"\n'
        "[channels.webhook]",
    )
    callbacks = make_callbacks(load_gateway(folder / "gateway.toml").settings)
    assert list(callbacks) == ["kannel"]
    assert isinstance(callbacks["kannel"], KannelCallback)
