"""Several gateways on one database, SQLite's and PostgreSQL's: one leads, the dead are buried."""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from edge.outbox import Envelope
from edge.reading import SECOND_NS
from gateway.db.engine import connect, upgrade
from gateway.db.sole import end_leases
from gateway.engine import Engine
from gateway.member import Member, NameTakenError
from gateway.peers import BEAT_S, DEAD_NS
from simulators import clock as virtual
from simulators.clock import VirtualClock
from tests.unit.gateway.test_engine import NOW, a_book, a_finding


@pytest.fixture(params=["sqlite", "postgres"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        database = connect(f"sqlite:///{tmp_path / 'gateway.db'}")
    else:
        database = connect(request.getfixturevalue("fresh_database")())
    upgrade(database)
    yield database
    database.dispose()


class Pair:
    """Gateways `a` and `b` in virtual time, as far as their standing goes."""

    def __init__(self, database: sa.Engine, clock: VirtualClock) -> None:
        self.database, self.clock = database, clock

    def member(self, name: str, epoch: str = "1") -> tuple[Member, Engine]:
        engine = Engine(self.database, a_book(), random.Random(1), node=name)
        return Member(engine, self.clock, name=name, epoch=epoch), engine

    async def both(self) -> tuple[Member, Member]:
        first, second = self.member("a")[0], self.member("b")[0]
        await first.join()
        await second.join()
        return first, second

    async def beats(self, *members: Member, times: int = 1) -> None:
        for _ in range(times):
            await asyncio.sleep(BEAT_S)
            for member in members:
                member.beat()


def play(database: sa.Engine, story: Callable[[Pair], object]) -> None:
    async def main(clock: VirtualClock) -> None:
        outcome = story(Pair(database, clock))
        assert asyncio.iscoroutine(outcome)
        await outcome

    virtual.run(main, NOW)


def test_of_two_gateways_the_first_leads_until_it_dies(database: sa.Engine) -> None:
    async def story(pair: Pair) -> None:
        a, b = await pair.both()
        await pair.beats(a, b, times=5)
        assert (a.leads, b.leads) == (True, False)
        died_ns = pair.clock.monotonic_ns()
        while not b.leads:
            await pair.beats(b)
        assert DEAD_NS <= pair.clock.monotonic_ns() - died_ns <= DEAD_NS + 2 * BEAT_S * SECOND_NS
        assert not a.leads, "it stepped down before anybody else stepped up"
        a.beat()
        await pair.beats(a, b)
        assert (a.leads, b.leads) == (False, True)

    play(database, story)


def test_what_a_dead_gateway_was_sending_is_claimed_by_the_other_under_the_same_id(
    database: sa.Engine,
) -> None:
    async def story(pair: Pair) -> None:
        (a, its), (b, ours) = pair.member("a"), pair.member("b")
        await a.join()
        await b.join()
        its.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), pair.clock.now_ns())
        half_sent = its.claim(pair.clock.now_ns(), 9)
        assert half_sent
        await pair.beats(b, times=2)
        assert ours.claim(pair.clock.now_ns(), 9) == [], "its sender lives, as far as we know"
        heard: list[frozenset[str]] = []
        ours.changes.append(heard.append)
        await pair.beats(b, times=5)
        again = ours.claim(pair.clock.now_ns(), 9)
        assert {c.out.idempotency_id for c in again} == {c.out.idempotency_id for c in half_sent}
        assert heard, "the dispatcher was woken"
        assert ours.counts["lease", "taken_over"] == len(half_sent)
        assert end_leases(database, pair.clock.now_ns()) in {0, len(again)}

    play(database, story)


def test_a_gateway_hears_of_what_another_committed(database: sa.Engine) -> None:
    async def story(pair: Pair) -> None:
        (a, its), (b, ours) = pair.member("a"), pair.member("b")
        await a.join()
        await b.join()
        a.beat()
        heard: list[frozenset[str]] = []
        ours.changes.append(heard.append)
        its.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), pair.clock.now_ns())
        await pair.beats(a, b)
        assert heard == [frozenset({f"i{a_finding().id}"})]
        await pair.beats(a, b)
        assert len(heard) == 1, "nothing has happened since"

    play(database, story)


def test_a_second_process_under_a_living_name_is_refused(database: sa.Engine) -> None:
    async def story(pair: Pair) -> None:
        a, _ = pair.member("a")
        await a.join()
        living = asyncio.create_task(a.run())
        with pytest.raises(NameTakenError, match='name "a"; give each its own'):
            await pair.member("a", epoch="2")[0].join()
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)

    play(database, story)


def test_a_restarted_gateway_takes_its_name_and_its_messages_back(database: sa.Engine) -> None:
    async def story(pair: Pair) -> None:
        before, its = pair.member("a")
        await before.join()
        its.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), pair.clock.now_ns())
        half_sent = its.claim(pair.clock.now_ns(), 9)
        after, ours = pair.member("a", epoch="2")
        await after.join()
        assert after.leads
        assert len(ours.claim(pair.clock.now_ns(), 9)) == len(half_sent)
        with pytest.raises(NameTakenError):
            before.beat()

    play(database, story)


def test_a_gateway_that_stops_leaves_its_lead_and_its_messages_at_once(
    database: sa.Engine,
) -> None:
    async def story(pair: Pair) -> None:
        (a, its), (b, ours) = pair.member("a"), pair.member("b")
        await a.join()
        await b.join()
        its.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), pair.clock.now_ns())
        half_sent = its.claim(pair.clock.now_ns(), 9)
        running = asyncio.create_task(a.run())
        await pair.beats(b)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await pair.beats(b)
        assert b.leads
        assert len(ours.claim(pair.clock.now_ns(), 9)) == len(half_sent)

    play(database, story)
