"""Which messages share a commit, in virtual time."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import pytest

from edge import gather
from edge.clock import sleep
from edge.gather import ENOUGH, FULL, Gathering, is_urgent
from edge.reading import SECOND_NS
from edge.session import Delivery
from simulators.broker import MemoryBroker
from simulators.clock import VirtualClock, run

START_NS = 1_780_000_000 * SECOND_NS
LINGER_S = 10.0
CALM = "sw/1/s01/b01/u0101/water/wm-0101/obs"
ALARM = "sw/1/s01/b01/u0101/sos/sos-1/evt"


class Bench:
    """A gathering whose batches are noted with the second at which they were given out."""

    def __init__(self, clock: VirtualClock, inflight: int) -> None:
        self.clock = clock
        broker = MemoryBroker(clock, random.Random(1), inflight_limit=inflight)
        self.session = broker.session("edge", ["#"])
        self._device = broker.session("device", [])
        self.sessions = (self.session, self._device)
        self.gathering = Gathering(self.session, LINGER_S, clock)
        self.batches: list[tuple[float, list[bytes]]] = []

    async def gather(self) -> None:
        while True:
            self.note(await self.gathering.batch())

    def note(self, deliveries: Sequence[Delivery]) -> None:
        at_s = round(self.clock.monotonic_ns() / SECOND_NS, 2)
        self.session.ack(deliveries)
        self.batches.append((at_s, [delivery.payload for delivery in deliveries]))

    async def say(self, *payloads: bytes, topic: str = CALM) -> None:
        for payload in payloads:
            await self._device.publish(topic, payload)

    async def play(self, story: Callable[["Bench"], Awaitable[None]]) -> None:
        links = [each.run(_unheard) for each in self.sessions]
        tasks = [asyncio.ensure_future(part) for part in (*links, self.gather())]
        await sleep(self.clock, 1.0)
        await story(self)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _unheard(_: bool) -> None:
    pass


def batches(
    story: Callable[[Bench], Awaitable[None]], inflight: int = 1_000
) -> list[tuple[float, list[bytes]]]:
    async def main(clock: VirtualClock) -> list[tuple[float, list[bytes]]]:
        bench = Bench(clock, inflight)
        await bench.play(story)
        return bench.batches

    return run(main, START_NS)


def sizes(given: list[tuple[float, list[bytes]]]) -> list[tuple[float, int]]:
    return [(at_s, len(payloads)) for at_s, payloads in given]


def test_a_lone_reading_waits_for_the_linger() -> None:
    async def story(bench: Bench) -> None:
        await bench.say(b"1")
        await sleep(bench.clock, 20)

    assert batches(story) == [(11.0, [b"1"])]


def test_a_trickle_shares_one_commit() -> None:
    async def story(bench: Bench) -> None:
        for number in range(25):
            await bench.say(b"%d" % number)
            await sleep(bench.clock, 0.4)
        await sleep(bench.clock, 20)

    assert batches(story) == [(11.0, [b"%d" % number for number in range(25)])]


def test_enough_readings_wait_no_longer() -> None:
    async def story(bench: Bench) -> None:
        for _ in range(ENOUGH):
            await bench.say(b"1")
            await sleep(bench.clock, 0.07)

    assert batches(story) == [(9.94, [b"1"] * ENOUGH)]


def test_a_burst_is_given_out_after_fifty_milliseconds() -> None:
    async def story(bench: Bench) -> None:
        await bench.say(*[b"1"] * 5)
        await sleep(bench.clock, 1)

    assert sizes(batches(story)) == [(1.05, 5)]


def test_an_alarm_takes_the_waiting_readings_along() -> None:
    async def story(bench: Bench) -> None:
        await bench.say(b"calm")
        await sleep(bench.clock, 3)
        await bench.say(b"alarm", topic=ALARM)
        await sleep(bench.clock, 1)

    assert batches(story) == [(4.05, [b"calm", b"alarm"])]


def test_a_broker_that_allows_few_unacked_messages_is_not_kept_waiting_by_a_backlog() -> None:
    async def story(bench: Bench) -> None:
        await bench.say(*[b"1"] * 100)
        await sleep(bench.clock, 2)

    given = sizes(batches(story, inflight=20))
    assert sum(size for _, size in given) == 100
    assert given[-1][0] < 1.5


def test_a_backlog_is_given_out_in_full_batches() -> None:
    async def story(bench: Bench) -> None:
        await bench.say(*[b"1"] * (2 * FULL + 7))
        await sleep(bench.clock, 1)

    assert [size for _, size in sizes(batches(story, inflight=10_000))] == [FULL, FULL, 7]


def test_of_a_backlog_the_next_batch_is_there_before_the_last() -> None:
    async def main(clock: VirtualClock) -> list[tuple[int, bool]]:
        bench = Bench(clock, inflight=10_000)
        linked = [asyncio.ensure_future(each.run(_unheard)) for each in bench.sessions]
        await sleep(clock, 1.0)
        await bench.say(*[b"1"] * (2 * FULL + 7))
        await sleep(clock, 1.0)
        given = [(len(await bench.gathering.batch()), bench.gathering.more()) for _ in range(3)]
        for each in linked:
            each.cancel()
        await asyncio.gather(*linked, return_exceptions=True)
        return given

    assert run(main, START_NS) == [(FULL, True), (FULL, False), (7, False)]


def test_what_waits_can_be_released_at_once_and_later_messages_are_not_lost() -> None:
    async def story(bench: Bench) -> None:
        await bench.say(b"1")
        await sleep(bench.clock, 2)
        bench.note(bench.gathering.release())
        assert bench.gathering.release() == []
        await bench.say(b"2")
        await sleep(bench.clock, 20)

    assert [payloads for _, payloads in batches(story)] == [[b"1"], [b"2"]]


@pytest.mark.parametrize(
    ("topic", "urgent"),
    [
        (CALM, False),
        (CALM.replace("obs", "hist"), False),
        (CALM.replace("obs", "evt"), True),
        (CALM.replace("water", "elec"), False),
        *((CALM.replace("water", kind), True)
          for kind in ("sos", "smoke", "gas", "leak", "lift", "door", "face")),
        ("sw/1/s01/_ack/e01", True),
        ("zigbee2mqtt/sos-button", True),
        ("\ufffd", True),
    ],
)  # fmt: skip
def test_only_regular_readings_of_patient_kinds_may_wait(topic: str, urgent: bool) -> None:
    came = Delivery(topic, b"", retain=False, received_ns=0, mid=1, link=1)
    assert is_urgent(came, lambda _: False) is urgent
    assert is_urgent(came, lambda _: True)


def test_no_kind_is_patient_by_accident() -> None:
    assert {kind.value for kind in gather._PATIENT_KINDS} == {
        "water", "elec", "heat", "cam", "plug", "env"
    }  # fmt: skip
