"""The held table and its release: a full disk, a reached limit, pushes, times of earlier starts."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from edge import topic, wire
from edge.fold import Fold
from edge.health import Health
from edge.held import Held
from edge.holding import OUTSIDE_MAX, Holding, TooMuchHeldError
from edge.journal import Journal, JournalFull, JournalSettings, open_journal
from edge.machine import SteadyClock
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, SECOND_NS, Kind
from edge.registry import Registry
from edge.session import Delivery, OnLink
from edge.timekeeper import ClockSettings, Timekeeper
from edge.timekeeping import Answer
from edge.topic import DeviceTopic, Verb

NOW_NS = 1_790_000_000 * SECOND_NS
PLACE = DeviceTopic("s01", "b01", "u0101", Kind.WATER, "wm-0101", Verb.OBS)
REGISTRY = {
    "version": 1,
    "site": "s01",
    "unit": [{"code": "u0101", "building": "b01"}],
    "device": [{"id": "wm-0101", "kind": "water", "unit": "u0101"}],
}


class Desk:
    """A machine that started an hour ago, and whose time nobody knows but the test."""

    boot = "boot-2"

    def count_ns(self) -> int:
        return HOUR_NS

    def wall_ns(self) -> int:
        return 0

    def error_ns(self) -> int | None:
        return None


class Mute:
    """A session that hears nothing and whose publishes go nowhere."""

    connected = True
    queued = 0

    async def run(self, on_link: OnLink) -> None:
        raise NotImplementedError(on_link)

    async def receive(self, limit: int, linger_s: float) -> list[Delivery]:
        raise NotImplementedError(limit, linger_s)

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        raise NotImplementedError(deliveries)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.published = (topic, payload, retain)


class Bench:
    """The parts around one journal."""

    def __init__(self, folder: Path, *, bytes_max: int = 10**6) -> None:
        self.health = Health()
        self.journal = open_journal(
            JournalSettings(path=folder / "journal.db"),
            fresh_epoch="e", now_ns=NOW_NS, health=self.health,
        )  # fmt: skip
        clock = SteadyClock(Desk())
        self.time = Timekeeper(ClockSettings(), Mute(), ("s01", "e01"), clock, self.health)
        pipeline = Pipeline(Registry.parse(REGISTRY, Path("registry.toml")))
        self.fold = Fold(self.journal, pipeline, self.health)
        limits = ClockSettings.model_construct(held_bytes=bytes_max)
        self.holding = Holding(limits, self.journal, self.fold, self.time, self.health)
        self.acked: list[Delivery] = []

    def take(self, deliveries: Sequence[Delivery]) -> None:
        self.holding.take(deliveries, self.acked.extend)

    async def know(self) -> None:
        """Let the gateway be asked, and answer."""
        await self.time._ask()
        asked_ns = self.time.now_ns()
        answer = Answer(1, asked_ns, NOW_NS)
        payload = f'{{"v":1,"asked":{answer.asked},"at_ns":{answer.at_ns}}}'.encode()
        self.time.hear(
            Delivery("answer", payload, retain=False, received_ns=asked_ns, mid=0, link=1)
        )
        assert self.time.trusted

    def received_ns(self) -> list[int]:
        entries = [stored.entry for stored in self.journal.replay_from(0)]
        messages = [m for entry in entries for m in getattr(entry, "messages", ())]
        return [message.readings[0].received_ns for message in messages]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


def deliveries(*seqs: int, steady_ns: int = HOUR_NS) -> list[Delivery]:
    found = []
    for seq in seqs:
        record = wire.Record(n="water.total", u="m3", v=seq / 1_000, r=0.001)
        at_s = (NOW_NS - HOUR_NS) / SECOND_NS + seq
        payload = wire.encode(wire.Message(dev="wm-0101", boot=1, seq=seq, t=at_s, e=(record,)))
        found.append(
            Delivery(
                topic.device_topic(PLACE),
                payload,
                retain=False,
                received_ns=steady_ns,
                mid=seq,
                link=1,
            )
        )
    return found


async def opened(bench: Bench) -> None:
    await bench.know()
    await bench.holding.open(lambda: False)


def held(journal: Journal) -> int:
    ((count,),) = journal.read("SELECT count(*) FROM held", ())
    return int(count)


def test_what_is_pushed_is_on_the_disk_when_it_is_answered(bench: Bench) -> None:
    taken = bench.holding.take_pushed(deliveries(1)[0])
    assert (taken.messages, taken.letters, held(bench.journal)) == ([], [], 1)
    asyncio.run(opened(bench))
    assert bench.received_ns() == [NOW_NS]
    assert len(bench.holding.take_pushed(deliveries(2)[0]).messages) == 1


def test_at_the_limit_a_push_is_refused_and_a_delivery_is_not_acked(tmp_path: Path) -> None:
    bench = Bench(tmp_path, bytes_max=10)
    bench.take(deliveries(1))
    with pytest.raises(JournalFull, match="held_bytes"):
        bench.holding.take_pushed(deliveries(2)[0])
    bench.take(deliveries(3))
    bench.holding._bytes_max = 10**6  # as while what is held is let in: the broker's goes first
    with pytest.raises(JournalFull, match="held_bytes"):
        bench.holding.take_pushed(deliveries(2)[0])
    assert [each.mid for each in bench.acked] == [1]
    assert bench.health.counted("held_refused") == 3
    with pytest.raises(TooMuchHeldError):
        bench.take(deliveries(4) * OUTSIDE_MAX)
    asyncio.run(opened(bench))
    assert [each.mid for each in bench.acked] == [1, 3]
    assert len(bench.received_ns()) == 2
    bench.journal.close()


def test_what_was_retained_is_so_still_when_it_is_let_in(bench: Bench) -> None:
    bench.take([each._replace(retain=True) for each in deliveries(1)])
    assert held(bench.journal) == len(bench.acked) == 1
    asyncio.run(opened(bench))
    assert bench.health.counted("retained_ignored") == 1
    assert bench.received_ns() == []


def test_bad_input_is_held_too_and_becomes_a_dead_letter_with_its_true_time(bench: Bench) -> None:
    (sound,) = deliveries(1)
    bad = sound._replace(topic="any", payload=b"\xff", received_ns=HOUR_NS - SECOND_NS)
    bench.take([bad, sound])
    asyncio.run(opened(bench))
    letters = bench.journal.read("SELECT reason, received_ns FROM dead_letter", ())
    assert letters == [("unknown_topic", NOW_NS - SECOND_NS)]


def test_a_disk_that_is_full_in_the_middle_of_a_release_costs_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seqs = range(1, 601)
    bench.take(deliveries(*seqs))
    attempts = failing_every_second(bench.journal.append)
    monkeypatch.setattr(bench.journal, "append", attempts)
    monkeypatch.setattr("edge.disk_room.RETRY_S", 0.0)
    asyncio.run(opened(bench))
    assert len(bench.received_ns()) == len(seqs)
    assert held(bench.journal) == 0
    assert bench.health.counted("journal_full") > 0


def failing_every_second(append: Callable[..., int]) -> Callable[..., int]:
    calls = 0

    def attempt(*entries: object, **options: object) -> int:
        nonlocal calls
        calls += 1
        if calls % 2:
            raise JournalFull("no room")
        return append(*entries, **options)

    return attempt


def test_rows_of_earlier_starts_get_the_latest_time_they_can_have_had(bench: Bench) -> None:
    """Three starts, of which the middle one was placed before its release was killed."""
    for boot, counts_s in {"boot-0": (10, 40), "boot-1": (20, 30), "boot-2": (5,)}.items():
        earlier = Held(bench.journal, boot)
        for count_s in counts_s:
            earlier.keep(deliveries(count_s, steady_ns=count_s * SECOND_NS))
    known_ns = NOW_NS - 5_000 * SECOND_NS
    with bench.journal.transaction() as connection:
        connection.execute("INSERT INTO placed VALUES ('boot-1', ?, 1)", (known_ns,))
    present = Held(bench.journal, "boot-2")
    present.place(NOW_NS - HOUR_NS, NOW_NS)
    page = present.page(10)
    assert page is not None
    start_s = NOW_NS // SECOND_NS - 3_600
    known_s = known_ns // SECOND_NS
    assert [each.received_ns // SECOND_NS for each in page.deliveries] == [
        known_s + 20 - 30, known_s + 20, known_s + 20, known_s + 30, start_s + 5,
    ]  # fmt: skip
    assert page.late == 2


def test_a_start_that_ended_before_this_process_is_bounded_by_its_beginning(bench: Bench) -> None:
    Held(bench.journal, "boot-1").keep(deliveries(1, steady_ns=99 * SECOND_NS))
    present = Held(bench.journal, "boot-2")
    present.place(NOW_NS - HOUR_NS, NOW_NS - SECOND_NS)
    page = present.page(10)
    assert page is not None
    assert [each.received_ns for each in page.deliveries] == [NOW_NS - SECOND_NS]


def test_the_count_of_what_is_held_survives_a_restart_and_ends_at_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.take(deliveries(1, 2, 3))
    bench.holding.measure()
    before = bench.health.snapshot()["held_bytes"]
    bench.journal.close()
    bench = Bench(tmp_path)
    bench.holding.measure()
    assert bench.health.snapshot()["held_deliveries"] == 3
    assert bench.health.snapshot()["held_bytes"] == before
    asyncio.run(opened(bench))
    bench.holding.measure()
    assert bench.health.snapshot()["held_deliveries"] == bench.health.snapshot()["held_bytes"] == 0
    bench.journal.close()
