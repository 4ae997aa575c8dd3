"""What every broker session promises, over real brokers and over the one in memory."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from edge import topic
from edge.broker import BrokerSettings, PahoSession, back_off_s
from edge.clock import SystemClock
from edge.session import Delivery, NotPublished, Session, Will
from simulators.broker import MemoryBroker
from tests.servers.process import Server

CLOCK = SystemClock()
LINGER_S = 0.2
PATIENCE_S = 20.0
SMALLEST_PACKET_BYTES = 16
_runs = itertools.count()

Connect = Callable[[str, Sequence[str], Will | None], Session]


@dataclass(frozen=True)
class Party:
    """One broker: how to get a session on it, and how to end a client's link without a word."""

    connect: Connect
    root: str

    def topic(self, name: str) -> str:
        return f"{self.root}/{name}"


@pytest.fixture(params=["mosquitto", "nats", "memory"])
def party(request: pytest.FixtureRequest) -> Iterator[Party]:
    root = f"test/run{next(_runs)}"
    if request.param == "memory":
        broker = MemoryBroker(CLOCK, random.Random(3))
        yield Party(broker.session, root)
        return
    server: Server = request.getfixturevalue(request.param)
    server.start()
    yield Party(lambda *call: paho(server, *call), root)


def paho(
    server: Server, client_id: str, filters: Sequence[str], will: Will | None = None
) -> PahoSession:
    settings = BrokerSettings.model_validate({
        "host": server.host, "port": server.port, "client_id": client_id, "keepalive": "5 s",
        "username": server.username, "password": server.password,
    })  # fmt: skip
    return PahoSession(settings, filters, clock=CLOCK, rng=random.Random(3), will=will)


@asynccontextmanager
async def online(session: Session) -> AsyncIterator[Session]:
    up = asyncio.Event()

    async def on_link(connected: bool) -> None:
        if connected:
            up.set()

    running = asyncio.create_task(session.run(on_link))
    async with asyncio.timeout(PATIENCE_S):
        await up.wait()
    try:
        yield session
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def receive(session: Session, count: int) -> list[Delivery]:
    """Exactly `count` deliveries, in order, or a timeout."""
    got: list[Delivery] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(got) < count:
            got += await session.receive(count - len(got), LINGER_S)
    return got


async def nothing_comes(session: Session) -> bool:
    try:
        async with asyncio.timeout(2 * LINGER_S):
            return not await session.receive(1, LINGER_S)
    except TimeoutError:
        return True


def payloads(deliveries: Sequence[Delivery]) -> list[bytes]:
    return [delivery.payload for delivery in deliveries]


def play(scenario: Awaitable[None]) -> None:
    async def main() -> None:
        await scenario

    asyncio.run(main())


def client_id(party: Party, name: str) -> str:
    return f"{name}{party.root[8:]}"


def test_published_messages_arrive_whole_and_in_order(party: Party) -> None:
    async def scenario() -> None:
        here = party.connect(client_id(party, "sub"), [party.topic("+/obs")], None)
        there = party.connect(client_id(party, "pub"), [], None)
        sent = [b"%d" % number + b"\x00\xff" for number in range(50)]
        async with online(here), online(there):
            for payload in sent:
                await there.publish(party.topic("a/obs"), payload)
            await there.publish(party.topic("a/evt"), b"not subscribed")
            got = await receive(here, len(sent))
            here.ack(got)
            assert payloads(got) == sent
            assert {d.topic for d in got} == {party.topic("a/obs")}
            assert not any(d.retain for d in got)
            assert await nothing_comes(here)

    play(scenario())


def test_unacked_messages_come_again_on_the_next_link_and_acked_ones_do_not(party: Party) -> None:
    async def scenario() -> None:
        name, filters = client_id(party, "sub"), [party.topic("#")]
        there = party.connect(client_id(party, "pub"), [], None)
        async with online(there):
            here = party.connect(name, filters, None)
            async with online(here):
                for number in range(10):
                    await there.publish(party.topic("obs"), b"%d" % number)
                got = await receive(here, 10)
                here.ack(got[:4])
                assert await nothing_comes(here)
            again = party.connect(name, filters, None)
            async with online(again):
                rest = await receive(again, 6)
                again.ack(rest)
                assert payloads(rest) == [b"%d" % number for number in range(4, 10)]
                assert await nothing_comes(again)

    play(scenario())


def test_messages_sent_while_the_client_is_away_wait_for_it(party: Party) -> None:
    async def scenario() -> None:
        name, filters = client_id(party, "sub"), [party.topic("obs")]
        async with online(party.connect(name, filters, None)):
            pass
        there = party.connect(client_id(party, "pub"), [], None)
        sent = [b"%d" % number for number in range(2_500)]
        async with online(there):
            await asyncio.gather(*(there.publish(party.topic("obs"), p) for p in sent[:500]))
            await asyncio.gather(*(there.publish(party.topic("obs"), p) for p in sent[500:1_500]))
            await asyncio.gather(*(there.publish(party.topic("obs"), p) for p in sent[1_500:]))
        back = party.connect(name, filters, None)
        got: list[Delivery] = []
        async with online(back):
            while len(got) < len(sent):
                batch = await receive(back, min(400, len(sent) - len(got)))
                back.ack(batch)
                got += batch
        assert sorted(payloads(got)) == sorted(sent)

    play(scenario())


def test_an_ack_for_a_link_that_has_ended_does_nothing(party: Party) -> None:
    async def scenario() -> None:
        name, filters = client_id(party, "sub"), [party.topic("obs")]
        there = party.connect(client_id(party, "pub"), [], None)
        here = party.connect(name, filters, None)
        async with online(there):
            async with online(here):
                await there.publish(party.topic("obs"), b"1")
                got = await receive(here, 1)
            here.ack(got)
            async with online(here):
                again = await receive(here, 1)
                here.ack(got)
                assert payloads(again) == [b"1"]
            async with online(here):
                assert payloads(await receive(here, 1)) == [b"1"]

    play(scenario())


def test_a_retained_message_is_marked_when_it_is_old(party: Party) -> None:
    async def scenario() -> None:
        there = party.connect(client_id(party, "pub"), [], None)
        async with online(there):
            await there.publish(party.topic("status"), b"up", retain=True)
            here = party.connect(client_id(party, "sub"), [party.topic("status")], None)
            async with online(here):
                (old,) = await receive(here, 1)
                await there.publish(party.topic("status"), b"down", retain=True)
                (new,) = await receive(here, 1)
                here.ack([old, new])
                assert (old.payload, old.retain) == (b"up", True)
                assert (new.payload, new.retain) == (b"down", False)

    play(scenario())


def test_a_session_that_is_not_running_refuses_to_publish(party: Party) -> None:
    async def scenario() -> None:
        session = party.connect(client_id(party, "pub"), [], None)
        assert not session.connected
        with pytest.raises(NotPublished):
            await session.publish(party.topic("obs"), b"1")

    play(scenario())


def test_a_batch_is_given_out_when_it_is_full_without_lingering(party: Party) -> None:
    async def scenario() -> None:
        here = party.connect(client_id(party, "sub"), [party.topic("obs")], None)
        there = party.connect(client_id(party, "pub"), [], None)
        async with online(here), online(there):
            for number in range(7):
                await there.publish(party.topic("obs"), b"%d" % number)
            async with asyncio.timeout(PATIENCE_S):
                first = await here.receive(5, 10 * PATIENCE_S)
                rest = await here.receive(5, LINGER_S)
            assert payloads(first + rest) == [b"%d" % number for number in range(7)]

    play(scenario())


def test_the_will_tells_when_a_link_dies(mosquitto: Server) -> None:
    async def scenario() -> None:
        mosquitto.start()
        will = Will("test/will/status", b"gone")
        here = paho(mosquitto, "willwatch", ["test/will/#"])
        dying = paho(mosquitto, "willowner", [], will)
        async with online(here):
            async with online(dying):
                assert await nothing_comes(here)
            (told,) = await receive(here, 1)
            here.ack([told])
            assert told.payload == b"gone"

    play(scenario())


@pytest.mark.parametrize("server_name", ["mosquitto", "nats"])
def test_the_link_mends_itself_after_the_broker_was_killed(
    server_name: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(server_name)
    links: list[bool] = []

    async def scenario() -> None:
        server.start()
        session = paho(server, "mending", ["test/mend"])
        changed = asyncio.Event()

        async def on_link(connected: bool) -> None:
            links.append(connected)
            changed.set()

        async def until(count: int) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while len(links) < count:
                    changed.clear()
                    await changed.wait()

        running = asyncio.create_task(session.run(on_link))
        await until(1)
        server.kill()
        await until(2)
        assert not session.connected
        with pytest.raises(NotPublished):
            await session.publish("test/mend", b"into the void")
        server.start()
        await until(3)
        await session.publish("test/mend", b"back")
        assert payloads(await receive(session, 1)) == [b"back"]
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    play(scenario())
    assert links == [True, False, True]


def test_a_full_queue_stops_the_socket_and_loses_nothing(
    mosquitto: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.broker._QUEUE_MAX", 20)
    monkeypatch.setattr("edge.paho_client.READ_BYTES", 100)

    async def scenario() -> None:
        mosquitto.start()
        here = paho(mosquitto, "slowreader", ["test/slow"])
        there = paho(mosquitto, "fastwriter", [])
        sent = [b"%d" % number for number in range(500)]
        async with online(here), online(there):
            for payload in sent:
                await there.publish("test/slow", payload)
            assert 20 <= len(here._queue) < 20 + 100 // SMALLEST_PACKET_BYTES
            got = await receive(here, len(sent))
            here.ack(got)
        assert payloads(got) == sent

    play(scenario())


def test_a_queue_of_many_bytes_stops_the_socket_and_loses_nothing(
    mosquitto: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.broker._QUEUE_BYTES_MAX", 100_000)
    monkeypatch.setattr("edge.paho_client.READ_BYTES", 10_000)

    async def scenario() -> None:
        mosquitto.start()
        here = paho(mosquitto, "narrowreader", ["test/large"])
        there = paho(mosquitto, "largewriter", [])
        sent = [b"%d" % number * 10_000 for number in range(40)]
        async with online(here), online(there):
            for payload in sent:
                await there.publish("test/large", payload)
            assert sum(map(len, payloads(list(here._queue)))) <= 120_000
            got = await receive(here, len(sent))
            here.ack(got)
        assert payloads(got) == sent

    play(scenario())


def test_of_long_messages_fewer_are_given_out_at_once_and_nobody_lingers_for_more(
    mosquitto: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.broker._GIVEN_BYTES", 50_000)

    async def scenario() -> None:
        mosquitto.start()
        here = paho(mosquitto, "longreader", ["test/long"])
        there = paho(mosquitto, "longwriter", [])
        sent = [bytes([65 + number]) * 10_000 for number in range(12)]
        async with online(here), online(there):
            for payload in sent:
                await there.publish("test/long", payload)
            async with asyncio.timeout(PATIENCE_S):
                given = [await here.receive(100, 10 * PATIENCE_S) for _ in range(2)]
            given.append(await here.receive(100, LINGER_S))
            for batch in given:
                here.ack(batch)
        assert [len(batch) for batch in given] == [5, 5, 2]
        assert payloads(given[0] + given[1] + given[2]) == sent

    play(scenario())


def test_a_resumed_session_that_owes_more_than_the_queue_holds_still_comes_up(
    mosquitto: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.broker._QUEUE_MAX", 20)

    async def scenario() -> None:
        mosquitto.start()
        filters = ["test/owed"]
        async with online(paho(mosquitto, "debtor", filters)):
            pass
        sent = [b"%d" % number for number in range(500)]
        async with online(paho(mosquitto, "creditor", [])) as there:
            await asyncio.gather(*(there.publish("test/owed", payload) for payload in sent))
        back = paho(mosquitto, "debtor", filters)
        taking = asyncio.create_task(take_and_ack(back, len(sent)))
        async with online(back):
            assert sorted(await taking) == sorted(sent)
            assert await nothing_comes(back)
        async with online(paho(mosquitto, "debtor", filters)) as again:
            assert await nothing_comes(again)

    play(scenario())


async def take_and_ack(session: Session, count: int) -> list[bytes]:
    got: list[Delivery] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(got) < count:
            batch = await session.receive(count, LINGER_S)
            session.ack(batch)
            got += batch
    return payloads(got)


def test_a_wrong_password_is_said_and_tried_again(
    mosquitto: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        mosquitto.start()
        settings = BrokerSettings.model_validate(
            {"port": mosquitto.port, "username": "shouwang", "password": "wrong"}
        )
        session = PahoSession(settings, [], clock=CLOCK, rng=random.Random(3))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await session.run(_unheard)

    play(scenario())
    assert "check username and password" in caplog.text
    assert "wrong" not in caplog.text


async def _unheard(_: bool) -> None:
    raise AssertionError("a refused link was announced")


def test_back_off_is_spread_over_a_ceiling_that_doubles_to_a_minute() -> None:
    rng = random.Random(1)
    ceilings = [max(back_off_s(failures, rng) for _ in range(500)) for failures in range(1, 10)]
    wanted = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(want * 0.95 < top <= want for want, top in zip(wanted, ceilings, strict=True))


def test_the_password_never_prints() -> None:
    settings = BrokerSettings.model_validate({"username": "edge", "password": "hunter2"})
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.secret() == "hunter2"


def test_what_is_subscribed_for_the_moment_is_not_kept_nor_waits_behind_what_is_unacked(
    party: Party,
) -> None:
    async def scenario() -> None:
        name, root = client_id(party, "sub"), party.root.replace("/", "-")
        answers = topic.answer_topic(root, "e01")
        filters = [party.topic("obs"), answers]
        there = party.connect(client_id(party, "pub"), [], None)
        async with online(party.connect(name, filters, None)):
            pass
        async with online(there):
            await there.publish(answers, b"while away")
            await there.publish(party.topic("obs"), b"kept")
            async with online(party.connect(name, filters, None)) as here:
                assert payloads(await receive(here, 1)) == [b"kept"]
                for number in range(20):
                    await there.publish(party.topic("obs"), b"%d" % number)
                await there.publish(answers, b"now")
                got = await receive(here, 21)
                assert payloads([d for d in got if d.topic == answers]) == [b"now"]
                here.ack(got)

    play(scenario())
