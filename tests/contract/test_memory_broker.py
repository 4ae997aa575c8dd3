import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from edge.clock import sleep
from edge.reading import SECOND_NS
from edge.session import Delivery, NotPublished, Will
from simulators.broker import BrokerFaults, MemoryBroker, MemorySession, matches
from simulators.clock import VirtualClock, run

START_NS = 1_464_739_200 * SECOND_NS
Scenario = Callable[[VirtualClock, MemoryBroker], Awaitable[None]]


def play(scenario: Scenario, faults: BrokerFaults | None = None, **limits: int) -> None:
    async def main(clock: VirtualClock) -> None:
        await scenario(clock, MemoryBroker(clock, random.Random(5), faults, **limits))

    run(main, START_NS)


async def _unheard(_: bool) -> None:
    pass


@asynccontextmanager
async def online(session: MemorySession) -> AsyncIterator[MemorySession]:
    up = asyncio.Event()

    async def on_link(connected: bool) -> None:
        if connected:
            up.set()

    running = asyncio.create_task(session.run(on_link))
    await up.wait()
    try:
        yield session
    finally:
        running.cancel()
        await asyncio.wait([running])


def payloads(deliveries: list[Delivery]) -> list[bytes]:
    return [delivery.payload for delivery in deliveries]


@pytest.mark.parametrize(
    ("pattern", "topic", "covered"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/+/c", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/load", False),
        ("+/load", "$SYS/load", False),
        ("$SYS/#", "$SYS/load", True),
        ("a/+", "a/", True),
        ("+", "/a", False),
        ("+/+", "/a", True),
        ("a", "a/b", False),
        ("a/b/#", "a", False),
    ],
)
def test_filters_cover_topics_as_the_standard_says(pattern: str, topic: str, covered: bool) -> None:
    assert matches(pattern, topic) is covered


def test_messages_of_one_publisher_arrive_in_order() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        async with (
            online(broker.session("reader", ["a/#"])) as reader,
            online(broker.session("writer", [])) as writer,
        ):
            for number in range(50):
                await writer.publish("a/b", b"%d" % number)
            assert payloads(await reader.receive(50, 30)) == [b"%d" % n for n in range(50)]

    play(scenario, BrokerFaults(delay_s=2.0))


def test_a_persistent_session_gets_what_was_published_while_it_was_away() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        reader = broker.session("reader", ["a/#"])
        async with online(broker.session("writer", [])) as writer:
            await writer.publish("a/b", b"early")
            async with online(reader):
                assert payloads(await reader.receive(10, 1)) == [b"early"]

    play(scenario)


def test_what_was_not_acked_comes_again_after_a_reconnect_and_acked_does_not() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        async with online(broker.session("writer", [])) as writer:
            async with online(broker.session("reader", ["a"])) as reader:
                for text in (b"one", b"two", b"three"):
                    await writer.publish("a", text)
                first, *_rest = await reader.receive(3, 1)
                reader.ack([first])
            async with online(broker.session("reader", ["a"])) as reader:
                assert payloads(await reader.receive(3, 1)) == [b"two", b"three"]
        assert broker.counts.redelivered == 2

    play(scenario)


def test_an_ack_for_an_ended_link_does_nothing() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        async with (
            online(broker.session("writer", [])) as writer,
            online(broker.session("reader", ["a"])) as reader,
        ):
            await writer.publish("a", b"kept")
            before = await reader.receive(1, 1)
            broker.cut("reader")
            again = await reader.receive(1, 1)
            reader.ack(before)
            assert (payloads(again), broker.held("reader")) == ([b"kept"], 1)
            reader.ack(again)
            assert broker.held("reader") == 0

    play(scenario)


def test_a_retained_message_greets_a_new_subscriber_until_it_is_emptied() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        async with online(broker.session("writer", [])) as writer:
            await writer.publish("s/1", b"up", retain=True)
            async with online(broker.session("first", ["s/+"])) as first:
                (greeting,) = await first.receive(1, 1)
                assert (greeting.payload, greeting.retain) == (b"up", True)
            await writer.publish("s/1", b"", retain=True)
            async with online(broker.session("second", ["s/+"])) as second:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(60):
                        await second.receive(1, 1)

    play(scenario)


def test_a_will_is_published_when_the_link_dies_and_not_after_a_good_bye() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        will = Will("s/edge", b"down")
        async with online(broker.session("polite", [], will)):
            pass
        assert broker.retained == {}
        async with online(broker.session("killed", [], will)):
            broker.cut("killed")
        assert broker.retained == {"s/edge": b"down"}

    play(scenario)


def test_a_second_session_of_one_client_id_ends_the_first() -> None:
    async def scenario(clock: VirtualClock, broker: MemoryBroker) -> None:
        first = broker.session("twin", [])
        running = asyncio.create_task(first.run(_unheard))
        await sleep(clock, 1)
        second = broker.session("twin", [])
        broker.attach(second)
        assert not first.connected
        running.cancel()

    play(scenario)


def test_without_a_link_a_publish_is_refused_and_the_link_mends_itself() -> None:
    async def scenario(clock: VirtualClock, broker: MemoryBroker) -> None:
        links: list[bool] = []

        async def on_link(up: bool) -> None:
            links.append(up)

        session = broker.session("writer", [])
        running = asyncio.create_task(session.run(on_link))
        await sleep(clock, 1)
        broker.stop()
        with pytest.raises(NotPublished):
            await session.publish("a", b"x")
        await sleep(clock, 600)
        broker.start()
        await sleep(clock, 120)
        assert links == [True, False, True]
        running.cancel()

    play(scenario)


def test_a_full_subscriber_refuses_the_publish_instead_of_shedding() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        broker.session("sleeper", ["a"])
        async with online(broker.session("writer", [])) as writer:
            for _n in range(3):
                await writer.publish("a", b"x")
            with pytest.raises(NotPublished, match="queue is full"):
                await writer.publish("a", b"x")
        assert (broker.held("sleeper"), broker.counts.refused_full) == (3, 1)

    play(scenario, queue_limit=3)


def test_a_client_holds_no_more_unacked_messages_than_the_limit() -> None:
    async def scenario(_: VirtualClock, broker: MemoryBroker) -> None:
        async with (
            online(broker.session("writer", [])) as writer,
            online(broker.session("reader", ["a"])) as reader,
        ):
            for number in range(5):
                await writer.publish("a", b"%d" % number)
            batch = await reader.receive(5, 10)
            assert payloads(batch) == [b"0", b"1"]
            reader.ack(batch)
            assert payloads(await reader.receive(5, 10)) == [b"2", b"3"]

    play(scenario, inflight_limit=2)


@pytest.mark.parametrize("seed", range(5))
def test_under_all_faults_a_patient_publisher_and_reader_lose_nothing(seed: int) -> None:
    faults = BrokerFaults(link_life_s=120, duplicate=0.2, delay_s=3.0, reject=0.2)

    async def publish_all(clock: VirtualClock, writer: MemorySession) -> None:
        for number in range(300):
            while True:
                try:
                    await writer.publish("a", b"%d" % number)
                    break
                except NotPublished:
                    await sleep(clock, 5)

    async def main(clock: VirtualClock) -> list[int]:
        broker = MemoryBroker(clock, random.Random(seed), faults)
        seen: list[int] = []
        async with (
            online(broker.session("writer", [])) as writer,
            online(broker.session("reader", ["a"])) as reader,
        ):
            publishing = asyncio.create_task(publish_all(clock, writer))
            while len(set(seen)) < 300:
                batch = await reader.receive(20, 1)
                seen += [int(delivery.payload) for delivery in batch]
                reader.ack(batch)
            await publishing
        assert broker.counts.links_lost > 0
        assert broker.counts.duplicated > 0
        return seen

    seen = run(main, START_NS)
    assert list(dict.fromkeys(seen)) == list(range(300))
    assert seen == run(main, START_NS)
