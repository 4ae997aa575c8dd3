"""A broker that refuses, forgets to confirm, or gives one session to two."""

import asyncio
import logging
import random

import pytest

from edge import broker, broker_link
from edge.broker import PahoSession
from edge.clock import SystemClock
from edge.session import NotPublished
from tests.contract.test_session import online, paho
from tests.servers.odd_broker import OddBroker, odd_broker
from tests.servers.process import Server

PATIENCE_S = 20.0


def session_on(odd: OddBroker, *filters: str) -> PahoSession:
    return PahoSession(odd.settings, filters, clock=SystemClock(), rng=random.Random(1))


def test_a_refused_subscription_is_named_and_the_others_do_not_pass_for_all(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broker, "back_off_s", lambda *_: 0.01)

    async def story() -> None:
        refusing = OddBroker(
            codes=lambda filters: bytes(0x80 if f == "b/#" else 1 for f in filters)
        )
        async with odd_broker(refusing) as odd:
            session = session_on(odd, "a/#", "b/#")
            running = asyncio.create_task(session.run(unheard))
            async with asyncio.timeout(PATIENCE_S):
                while odd.links < 2:
                    assert not session.connected
                    await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.wait([running])

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert "b/#" in caplog.text
    assert "a/#" not in caplog.text


def test_a_broker_that_confirms_nothing_is_left_for_a_new_link_that_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broker, "back_off_s", lambda *_: 0.01)
    monkeypatch.setattr(broker_link, "_PUBACK_S", 0.01)
    stuck = 1_200  # more than may be unconfirmed on one link

    async def story() -> None:
        async with odd_broker(OddBroker(confirms=False)) as odd:
            session = session_on(odd, "a/#")
            async with online(session):
                assert not any([await published(session, n) for n in range(40)])
                assert not any(await asyncio.gather(*(published(session, n) for n in range(stuck))))
                odd.confirms = True
                async with asyncio.timeout(PATIENCE_S):
                    while not await published(session, stuck):  # noqa: ASYNC110  (as a courier does)
                        await asyncio.sleep(0.01)
            assert odd.links > 1

    asyncio.run(story())


def test_one_late_confirmation_ends_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_link, "_PUBACK_S", 0.05)

    async def story() -> None:
        async with odd_broker(OddBroker()) as odd:
            session = session_on(odd, "a/#")
            async with online(session):
                for _ in range(3):
                    odd.confirms = False
                    with pytest.raises(NotPublished, match="no confirmation"):
                        await session.publish("a", b"1")
                    odd.confirms = True
                    await session.publish("a", b"2")
            assert odd.links == 1

    asyncio.run(story())


def test_two_with_one_client_id_take_turns_ever_more_slowly_and_say_why(
    mosquitto: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[int] = []
    enough = asyncio.Event()

    def back_off_s(failures: int, _: random.Random) -> float:
        asked.append(failures)
        if asked.count(5) == 2:
            enough.set()
        return 0.02

    monkeypatch.setattr(broker, "back_off_s", back_off_s)
    mosquitto.start()

    async def story() -> None:
        twins = [paho(mosquitto, "twin", ["twin/#"]) for _ in range(2)]
        running = [asyncio.create_task(twin.run(unheard)) for twin in twins]
        async with asyncio.timeout(PATIENCE_S):
            await enough.wait()
        for task in running:
            task.cancel()
        await asyncio.wait(running)

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    # By then up to 16 s pass between two attempts, in the end up to a minute.
    assert 'another client with the id "twin"' in caplog.text


NONSENSE = (
    "4000 400100 4002ffff 9000 90020001 2000 20020009 20020500 6200 500101 7000 d0056162636465"
    " b000 1000 8200 c000 e000 0000 f000 3603000161 320500016100 30ffffffff01"
)
"""Packets cut short, out of turn or of no type, in hexadecimal."""


def test_a_packet_that_no_broker_sends_costs_the_link_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broker, "back_off_s", lambda *_: 0.01)
    escaped: list[object] = []

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: escaped.append(context))
        for nonsense in NONSENSE.split():
            async with odd_broker(OddBroker(nonsense=bytes.fromhex(nonsense))) as odd:
                session = session_on(odd, "a/#")
                async with online(session):
                    async with asyncio.timeout(PATIENCE_S):
                        while not await published(session, 1):  # noqa: ASYNC110  (as a courier does)
                            await asyncio.sleep(0.01)
                assert odd.links <= 2, nonsense

    asyncio.run(story())
    assert not escaped


async def published(session: PahoSession, number: int) -> bool:
    """Whether the broker has confirmed it."""
    try:
        await session.publish("a", b"%d" % number)
    except NotPublished:
        return False
    return True


async def unheard(_: bool) -> None:
    """Nobody acts on it."""
