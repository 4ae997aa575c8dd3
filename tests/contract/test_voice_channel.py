"""Calls with a keypad: ordered from an adapter that checks signatures, answered at our door."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

import pytest

from alerts.channels import voice
from alerts.channels.base import Outcome
from alerts.channels.callback import Call
from alerts.channels.signature import Signature
from alerts.channels.voice import VoiceCallback, VoiceChannel, VoiceSettings
from alerts.check import CallState, answer
from alerts.reply import DIGITS
from alerts.roster import Person, Roster
from edge.reading import MINUTE_NS
from gateway.campaign import consents
from gateway.campaign.consents import Consent
from gateway.db import tables
from gateway.db.outbox import Claim
from gateway.door import Door
from gateway.engine import Engine
from gateway.plans.office import open_plans
from simulators.carriers import Carrier
from simulators.voice_adapter import VoiceAdapter
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, make_world
from tests.unit.gateway.test_engine import rows_of

KEY = "whsec_" + "QUFB" * 8
WORKER = "13800000009"


@dataclass
class Exchange:
    """A gateway whose grid worker is reached by call only, and the adapter that calls."""

    world: World
    adapter: VoiceAdapter
    folder: Path

    @property
    def engine(self) -> Engine:
        return self.world.desk.engine

    def claim(self) -> Claim:
        claims = self.engine.claim(self.world.clock.now_ns(), 10)
        (call,) = [claim for claim in claims if claim.channel == "voice"]
        return call

    def order(self, claim: Claim) -> Outcome:
        """Order the call of `claim` and record what the adapter says."""

        async def main() -> Outcome:
            carrier = Carrier(self.adapter, self.world.clock.now_ns)
            async with carrier.serving() as port:
                channel = VoiceChannel(self.settings(f"http://127.0.0.1:{port}/calls"))
                verdict = await channel.send(claim.out, self.world.clock.now_ns())
                await channel.aclose()
            self.engine.record(claim, verdict, self.world.clock.now_ns())
            return verdict.outcome

        return asyncio.run(main())

    def settings(self, url: str) -> VoiceSettings:
        (self.folder / "key").write_text(KEY)
        return VoiceSettings.model_validate(
            {
                "url": url,
                "secret_file": self.folder / "key",
                "callback_url": "http://gateway.test",
                "private_networks": ["127.0.0.0/8"],
            }
        )

    def tell(self, claim: Claim, event: str, key: str = "", *, times: int = 1) -> HTTPStatus:
        """Let the adapter tell our door of `event`; what it hears in the end."""
        now_ns = self.world.clock.now_ns()
        told = self.adapter.event(claim.out.idempotency_id, event, now_ns, number=WORKER, key=key)
        return [self.knock(*told) for _ in range(times)][-1]

    def knock(self, headers: dict[str, str], body: bytes) -> HTTPStatus:
        door = Door({"voice": VoiceCallback(Signature(KEY))}, self.engine, self.world.clock)
        return door.take("voice", Call("events", "", headers, body)).status

    def state(self, claim: Claim) -> str:
        rows = {row["id"]: row["state"] for row in rows_of(self.engine, tables.outbox)}
        return str(rows[claim.outbox_id])

    def incident_state(self) -> str:
        (incident,) = rows_of(self.engine, tables.incident)
        return str(incident["state"])


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    world = make_world(tmp_path)
    by_call = Person.model_validate(
        {
            "id": "p09",
            "name": "赵敏",
            "roles": ["grid_worker"],
            "areas": ["s01"],
            "reach": {"voice": WORKER},
        }
    )
    roster = Roster(version=2, person=(by_call, *world.desk.book.roster.person[1:]))
    world.desk.engine.book = replace(world.desk.engine.book, roster=roster)
    world.raise_finding("u0301")
    world.desk.engine.advance_due(world.clock.now_ns())
    yield Exchange(world, VoiceAdapter(KEY), tmp_path)
    world.desk.db.dispose()


def test_the_order_says_where_and_what_and_which_keys_there_are(exchange: Exchange) -> None:
    assert exchange.order(exchange.claim()) is Outcome.ACCEPTED
    (order,) = exchange.adapter.orders
    assert order["number"] == WORKER
    assert order["text"] == "守望来电。3栋2单元301，久未用水。先打电话，无人接听就上门查看。"
    assert order["prompt"] == "收到请按1，已到请按2，误报请按3，平安请按4，需要支援请按5"
    assert order["callback"] == "http://gateway.test/in/voice/events"


def test_the_keys_that_are_told_are_those_that_are_understood() -> None:
    assert {lang: set(keys) for lang, keys in voice._KEYS.items()} == {
        "zh": set(DIGITS),
        "en": set(DIGITS),
    }
    for keys in voice._CHECK_KEYS.values():
        assert [answer(key) for key in keys] == [CallState.SAFE, CallState.HELP]


def test_a_resident_who_is_called_first_presses_a_key_and_nobody_is_sent(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    plans = [plan | {"ask_resident": "3 min"} for plan in PLANS["plan"]]
    open_plans(world.desk.db, PLANS | {"plan": plans}, NOW_NS)
    consents.give(world.desk.db, Consent("s01/b03/u0301", "", "zh", "op", NOW_NS, "voice"), WORKER)
    world.raise_finding("u0301")
    exchange = Exchange(world, VoiceAdapter(KEY), tmp_path)
    claim = exchange.claim()
    assert exchange.order(claim) is Outcome.ACCEPTED
    (order,) = exchange.adapter.orders
    assert order["prompt"] == "平安请按1，需要帮助请按2"
    exchange.tell(claim, "answered")
    exchange.tell(claim, "key", "1", times=3)
    assert exchange.incident_state() == "resolved"
    world.desk.db.dispose()


@pytest.mark.parametrize(
    ("key", "state"),
    [("1", "acknowledged"), ("2", "on_site"), ("3", "resolved"), ("4", "resolved")],
)
def test_a_key_acts_on_the_incident_of_the_call(exchange: Exchange, key: str, state: str) -> None:
    claim = exchange.claim()
    exchange.order(claim)
    assert exchange.tell(claim, "answered") == HTTPStatus.OK
    assert exchange.state(claim) == "delivered"
    assert exchange.tell(claim, "key", key, times=3) == HTTPStatus.OK
    assert exchange.incident_state() == state
    assert exchange.engine.counts["reply", "repeated"] == 2


def test_the_key_for_help_calls_the_next_people(exchange: Exchange) -> None:
    claim = exchange.claim()
    exchange.order(claim)
    exchange.tell(claim, "key", "5")
    purposes = {row["purpose"] for row in rows_of(exchange.engine, tables.outbox)}
    assert "support" in purposes


def test_a_key_that_means_nothing_changes_nothing(exchange: Exchange) -> None:
    claim = exchange.claim()
    exchange.order(claim)
    exchange.tell(claim, "key", "9")
    assert exchange.incident_state() == "dispatched"
    assert exchange.engine.counts["reply", "unknown_word"] == 1


@pytest.mark.parametrize("event", ["no_answer", "busy", "rejected", "unreachable", "machine"])
def test_a_call_that_found_nobody_is_made_again(exchange: Exchange, event: str) -> None:
    claim = exchange.claim()
    exchange.order(claim)
    exchange.tell(claim, event)
    exchange.world.clock.now += MINUTE_NS
    again = exchange.claim()
    assert again.out.idempotency_id == claim.out.idempotency_id
    exchange.order(again)
    assert len(exchange.adapter.orders) == 2


def test_an_order_that_is_repeated_while_it_rings_is_no_second_call(exchange: Exchange) -> None:
    claim = exchange.claim()
    assert [exchange.order(claim) for _ in range(3)] == [Outcome.ACCEPTED] * 3
    assert len(exchange.adapter.orders) == 1


def test_a_number_that_is_none_is_given_up(exchange: Exchange) -> None:
    claim = exchange.claim()
    exchange.order(claim)
    exchange.tell(claim, "bad_number")
    assert exchange.state(claim) == "failed"


def test_an_event_that_another_signed_or_that_is_old_is_a_strangers(exchange: Exchange) -> None:
    claim, now_ns = exchange.claim(), exchange.world.clock.now_ns()
    stranger = VoiceAdapter("whsec_" + "QkJC" * 8)
    for forged in (
        stranger.event(claim.out.idempotency_id, "answered", now_ns),
        exchange.adapter.event(claim.out.idempotency_id, "answered", now_ns - 6 * MINUTE_NS),
        ({}, b"{}"),
        ({"webhook-id": "e1", "webhook-timestamp": "²", "webhook-signature": "v1,x"}, b"\xff"),
    ):
        assert exchange.knock(*forged) == HTTPStatus.NOT_FOUND
    assert exchange.state(claim) == "submitted"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"data":{"id":"n1"}}', b'{"data":{"id":"n1","event":"x"}}']
)
def test_what_the_adapter_says_without_sense_is_refused(exchange: Exchange, body: bytes) -> None:
    headers = Signature(KEY).headers("e1", body, exchange.world.clock.now_ns())
    assert exchange.knock(headers, body) == HTTPStatus.BAD_REQUEST
