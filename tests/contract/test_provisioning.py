"""A pushed registry over real brokers: kept for an edge that is not there, the last one of many."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge.clock import SystemClock
from edge.provisioning import Offer, Standing, judge
from edge.reading import Kind
from edge.session import Session
from edge.topic import DeviceTopic, Verb, config_topic, device_topic
from gateway.registry.card import move
from gateway.registry.office import Office, Why
from gateway.registry.push import Pusher
from tests.contract.test_session import (
    PATIENCE_S,
    Party,
    client_id,
    nothing_comes,
    online,
    party,
    receive,
)
from tests.unit.gateway.registry_world import KEY, NOW_NS, make_office

__all__ = ["party"]

DEVICE = "mu0301"
STATE = device_topic(DeviceTopic("s01", "b03", "u0301", Kind.WATER, DEVICE, Verb.STATE))


@asynccontextmanager
async def gateway(party: Party, office: Office, edge: str) -> AsyncIterator[None]:
    """A gateway whose pushes have been confirmed by the end of the block's first step."""
    session = party.connect(client_id(party, "gateway"), [], None)
    pusher = Pusher(office, session, SystemClock(), (edge,))
    tasks = [asyncio.create_task(session.run(pusher.on_link)), asyncio.create_task(pusher.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def offered(payload: bytes, edge: str) -> int:
    verdict = judge(payload, Standing(KEY.public_key(), "s01", edge, 0, b""))
    assert isinstance(verdict, Offer), verdict
    return verdict.version


@asynccontextmanager
async def watched(party: Party, edge: str) -> AsyncIterator[Session]:
    """A session that hears from now on what `edge` is offered."""
    async with online(
        party.connect(client_id(party, "watch-edge"), [config_topic("s01", edge)], None)
    ) as watch:
        yield watch


async def offered_once(watch: Session, edge: str, version: int) -> None:
    """Return when the edge has been offered `version`, and never another."""
    async with asyncio.timeout(PATIENCE_S):
        deliveries = await receive(watch, 1)
    watch.ack(deliveries)
    assert {offered(each.payload, edge) for each in deliveries} == {version}


def test_an_edge_that_starts_later_gets_the_last_of_three_changes(
    party: Party, tmp_path: Path
) -> None:
    edge = client_id(party, "e")

    async def scenario() -> None:
        office = make_office(tmp_path)
        async with watched(party, edge) as watch, gateway(party, office, edge):
            for number, unit in enumerate(("u0502", "u0301", "u0502"), 1):
                act = Why("operator", "move")
                at_ns = NOW_NS + number * 10**9
                office.change(DEVICE, lambda card: move(card, unit, at_ns), act, at_ns)  # type: ignore[arg-type]  # noqa: B023
            await offered_once(watch, edge, 4)
        topic = config_topic("s01", edge)
        async with online(party.connect(client_id(party, "late"), [topic], None)) as late:
            (only,) = await receive(late, 1)
            late.ack([only])
            assert (offered(only.payload, edge), only.retain) == (4, True)
            assert await nothing_comes(late)
        office.database.dispose()

    asyncio.run(scenario())


def test_a_place_that_was_left_is_silent_to_whoever_comes_later(
    party: Party, tmp_path: Path
) -> None:
    edge = client_id(party, "f")

    async def scenario() -> None:
        office = make_office(tmp_path)
        async with online(party.connect(client_id(party, "device"), [], None)) as device:
            await device.publish(STATE, b"up", retain=True)
        async with online(party.connect(client_id(party, "watch"), [STATE], None)) as watch:
            watch.ack(await receive(watch, 1))
            why = Why("operator", "move")
            office.change(DEVICE, lambda card: move(card, "u0502", NOW_NS), why, NOW_NS)  # type: ignore[arg-type]
            async with watched(party, edge) as pushed, gateway(party, office, edge):
                (ended,) = await receive(watch, 1)
                watch.ack([ended])
                assert ended.payload == b""
                await offered_once(pushed, edge, 2)
        async with online(party.connect(client_id(party, "late"), [STATE], None)) as late:
            assert await nothing_comes(late)
        office.database.dispose()

    asyncio.run(scenario())
