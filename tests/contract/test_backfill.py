"""InfluxDB is back after days: news go first, the backlog follows, and nobody is held up."""

import asyncio
import random
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise
from statistics import quantiles

from edge.clock import Clock, SystemClock, sleep
from edge.forwarder import LINES_A_WRITE, Forwarder, Source
from edge.health import Health
from edge.history import Span
from edge.influx import Sink, sink
from edge.influx_answer import Answer, Verdict
from edge.influx_history import InfluxHistory
from edge.journal import INFLUX, Journal
from edge.outbox import Outbox
from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS
from simulators.clock import VirtualClock, run
from tests.contract.forwarding import (
    REGISTRY,
    WatchedHealth,
    health,
    influx,
    influx2,
    journal,
    v1,
    v2,
)
from tests.contract.readings import NOW_NS, admitted, reading
from tests.servers.databases import query
from tests.servers.influx_v2 import Influx2, parsed
from tests.servers.process import Server

__all__ = ["health", "influx", "influx2", "journal"]

DAYS, PER_MINUTE, PER_S = 3, 5, 400
BACKLOG = DAYS * DAY_NS // MINUTE_NS * PER_MINUTE


class Slow:
    """A sink that takes a tenth of a second a write, and notes when what was stored."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stored: dict[int, float] = {}
        self.writes: list[tuple[float, int]] = []

    async def write(self, lines: Sequence[str]) -> Answer:
        await sleep(self._clock, 0.1)
        now_s = self._clock.monotonic_ns() / SECOND_NS
        self.writes.append((now_s, len(lines)))
        for line in lines:
            (name, _, _), fields = parsed(line)
            if name == "reading":
                self.stored.setdefault(int(fields["seq"]), now_s)
        return Answer(Verdict.STORED, "204")

    async def aclose(self) -> None:
        pass


def fill(journal: Journal) -> None:
    """Three days of readings that nobody has forwarded, an entry a minute."""
    entries = []
    for minute in range(BACKLOG // PER_MINUTE):
        at_ns, first = NOW_NS + minute * MINUTE_NS, minute * PER_MINUTE
        made = [reading(seq, at_ns=at_ns) for seq in range(first, first + PER_MINUTE)]
        entries.append(admitted(*made))
    journal.append(entries)


def forwarder(journal: Journal, health: Health, to: Sink, clock: Clock, per_s: int) -> Forwarder:
    source = Source("e01", journal, Outbox(journal, forwarded=True), REGISTRY)
    return Forwarder(
        source, to, backfill_per_s=per_s, clock=clock, rng=random.Random(3), health=health
    )


def test_news_pass_a_backlog_of_days_and_the_backlog_keeps_its_pace(
    journal: Journal, health: WatchedHealth
) -> None:
    fill(journal)
    waits_s: list[float] = []

    async def main(clock: VirtualClock) -> Slow:
        to = Slow(clock)
        walking = asyncio.create_task(forwarder(journal, health, to, clock, PER_S).run())
        began_s = clock.monotonic_ns() / SECOND_NS
        for seq in range(BACKLOG, BACKLOG + 40):
            appended_s = clock.monotonic_ns() / SECOND_NS
            journal.append([admitted(reading(seq))])
            await sleep(clock, 1.0)
            while seq not in to.stored:
                await sleep(clock, 0.1)
            waits_s.append(to.stored[seq] - appended_s)
            assert health.snapshot()["influx_backlog_entries"] != 0
        await sleep(clock, BACKLOG / PER_S)
        walking.cancel()
        await asyncio.wait([walking])
        ended_s = max(to.stored.values())
        assert ended_s - began_s >= (BACKLOG - 500 * PER_MINUTE) / PER_S * 0.9
        return to

    to = run(main, NOW_NS + DAYS * DAY_NS)
    assert set(to.stored) == set(range(BACKLOG + 40))
    assert quantiles(waits_s, n=100)[98] < 2.0
    assert max(count for _, count in to.writes) < LINES_A_WRITE + PER_MINUTE
    assert journal.position(INFLUX) == journal.last
    assert health.snapshot()["influx_lag_entries"] == 0


def test_a_second_outage_within_the_backlog_loses_nothing(
    journal: Journal, health: WatchedHealth
) -> None:
    fill(journal)

    async def main(clock: VirtualClock) -> Slow:
        to = Slow(clock)
        walker = forwarder(journal, health, to, clock, PER_S)
        for _ in range(3):
            for _ in range(8):
                await walker.forward()
                await sleep(clock, 1.0)
            seqs = range(BACKLOG + 10_000 + journal.last * 10, 10**9)
            journal.append(
                [admitted(reading(seq)) for seq, _ in zip(seqs, range(700), strict=False)]
            )
        while journal.position(INFLUX) < journal.last:
            await walker.forward()
            await sleep(clock, 1.0)
        return to

    to = run(main, NOW_NS)
    assert len(to.stored) == BACKLOG + 3 * 700


def test_whoever_asks_meanwhile_is_told_what_is_still_to_come(
    influx2: Influx2, journal: Journal, health: WatchedHealth
) -> None:
    fill(journal)

    async def main() -> list[Span]:
        to = sink(v2(influx2))
        walker = forwarder(journal, health, to, SystemClock(), 1)
        await walker.forward()
        await to.aclose()
        history = InfluxHistory(v2(influx2))
        missing = await asyncio.to_thread(history.missing)
        history.close()
        return missing

    ((first_ns, last_ns),) = asyncio.run(main())
    newest_500_ns = NOW_NS + (BACKLOG // PER_MINUTE - 500) * MINUTE_NS
    assert first_ns == NOW_NS + SECOND_NS
    assert last_ns == newest_500_ns + SECOND_NS


def test_a_backlog_in_a_real_influxdb_leaves_the_loop_free_and_memory_flat(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    fill(journal)

    async def main() -> list[float]:
        to = sink(v1(influx))
        loop = asyncio.get_running_loop()
        walker = forwarder(journal, health, to, SystemClock(), 1_000_000)
        beats: list[float] = []

        async def beat() -> None:
            while True:
                beats.append(loop.time())
                await asyncio.sleep(0.005)

        beating = asyncio.create_task(beat())
        while journal.position(INFLUX) < journal.last:
            await walker.forward()
        beating.cancel()
        await to.aclose()
        return [later - earlier for earlier, later in pairwise(beats)]

    tracemalloc.start()
    gaps_s = asyncio.run(main())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert quantiles(gaps_s, n=100)[98] < 0.5
    assert peak < 32 * 2**20
    counted = query(influx, 'SELECT count(value) FROM "reading"').json()
    assert counted["results"][0]["series"][0]["values"][0][1] == BACKLOG
