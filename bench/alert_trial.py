"""What both sides are put through: a steady pace, a storm, and kill -9."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from bench.alert_load import Condition, conditions
from bench.alert_sink import Arrival, Sink
from bench.process_use import cpu_s, rss_mb
from edge.reading import Tier
from tests.servers.process import Server

PER_S = 50
KILLED = 50
_WARM = 20
_PATIENCE_S = 900.0
_AFTER_KILL_S = 30.0
_WATCH_S = 130.0
_POLL_S = 0.2
_NOTED_S = 2.0
"""In so long a call that was answered is over on both sides."""
_BATCH = 50
_MINUTE_S = 60.0


class Side(Protocol):
    """What is measured: it takes conditions and tells the sink of them."""

    server: Server

    async def tell(self, found: Sequence[Condition]) -> None:
        """It, or the broker before it, has taken `found`."""
        ...

    def holds(self, names: frozenset[str]) -> bool:
        """Whether it has all of `names` on its books."""
        ...


@dataclass(frozen=True, slots=True)
class Steady:
    """How soon conditions were told of that came at a steady pace, and what that took.

    `cpu_ms` is processor time for each, `rss_mb` resident memory at the end.
    """

    p50_ms: float
    p99_ms: float
    cpu_ms: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Storm:
    """What became of very many conditions at once; `names` are theirs.

    `taken_s` is until all were on the side's books, which took `cpu_s` of processor time; `told_s`
    until the last of those `told` was, for the first time, which took `told_cpu_s`. `singles` are
    the messages about one urgent condition each, `per_worker_minute` the most others that a worker
    got in a minute.
    """

    names: frozenset[str]
    accounted: int
    taken_s: float
    cpu_s: float
    told: int
    told_s: float
    told_cpu_s: float
    messages: int
    singles: int
    per_worker_minute: int
    urgent_p99_ms: float

    def accounting(self, accounted: int) -> "Storm":
        """The same, with what the side's own records account for."""
        return replace(self, accounted=accounted)


@dataclass(frozen=True, slots=True)
class Killed:
    """What kill -9 did to conditions that waited, and to conditions that were told."""

    waiting_lost: int
    waiting_repeated: int
    told_repeated: int


async def steadily(side: Side, sink: Sink, count: int) -> Steady:
    """`count` urgent conditions, `PER_S` a second, after a few that warm the side up.

    Raises:
        TimeoutError: not all of them were told.
    """
    warm = _found("warm", _WARM)
    await side.tell(warm)
    await _all_told(sink, warm)
    told_s: dict[str, float] = {}
    began_s, before_s = time.perf_counter(), _cpu_s(side)
    found = _found("steady", count)
    for number, condition in enumerate(found):
        await asyncio.sleep(max(0.0, began_s + number / PER_S - time.perf_counter()))
        told_s[condition.name] = time.perf_counter()
        await side.tell([condition])
    await _all_told(sink, found)
    arrived_s = sink.first_s()
    p50_ms, p99_ms = _percentiles_ms([arrived_s[name] - at_s for name, at_s in told_s.items()])
    return Steady(p50_ms, p99_ms, (_cpu_s(side) - before_s) / count * 1_000, _rss_mb(side))


async def storm(side: Side, sink: Sink, count: int) -> Storm:
    """`count` conditions as fast as they are taken, watched until all are told or for a while."""
    found, before = conditions("storm", count, time.time_ns()), len(sink.arrivals)
    told_s: dict[str, float] = {}
    began_s, before_s = time.perf_counter(), _cpu_s(side)
    for first in range(0, count, _BATCH):
        batch = found[first : first + _BATCH]
        told_s |= dict.fromkeys((each.name for each in batch), time.perf_counter())
        await side.tell(batch)
    taken_s = await _taken_s(side, _names(found)) - began_s
    cpu_s = _cpu_s(side) - before_s
    await sink.until_told(_names(found), _WATCH_S, before)
    told_cpu_s = _cpu_s(side) - before_s
    arrivals, first_s = sink.arrivals[before:], sink.first_s(before)
    urgent = frozenset(each.name for each in found if each.finding.tier is Tier.URGENT)
    others = [each for each in arrivals if len(each.names) != 1 or not each.names <= urgent]
    return Storm(
        names=_names(found),
        accounted=len(first_s.keys() & _names(found)),
        taken_s=taken_s,
        cpu_s=cpu_s,
        told=len(first_s.keys() & _names(found)),
        told_s=max(first_s.values(), default=began_s) - began_s,
        told_cpu_s=told_cpu_s,
        messages=len(arrivals),
        singles=len(arrivals) - len(others),
        per_worker_minute=_most_in_a_minute(others),
        urgent_p99_ms=_percentiles_ms([first_s[n] - told_s[n] for n in urgent & first_s.keys()])[1],
    )


async def kill(side: Side, sink: Sink) -> Killed:
    """kill -9 as soon as conditions are taken, and again once they are told and told again."""
    found, before = _found("waiting", KILLED), len(sink.arrivals)
    await side.tell(found)
    side.server.kill()
    side.server.start()
    await sink.until_told(_names(found), _AFTER_KILL_S, before)
    times = sink.times(before)
    lost = len(_names(found) - times.keys())
    repeated = sum(times[name] > 1 for name in _names(found))
    told = _found("told", KILLED)
    await side.tell(told)
    await sink.until_told(_names(told), _AFTER_KILL_S, before)
    await asyncio.sleep(_NOTED_S)
    side.server.kill()
    after = len(sink.arrivals)
    side.server.start()
    await side.tell(told)
    await asyncio.sleep(_AFTER_KILL_S)
    return Killed(lost, repeated, len(sink.times(after).keys() & _names(told)))


def _cpu_s(side: Side) -> float:
    assert side.server.process
    return cpu_s(side.server.process.pid)


def _rss_mb(side: Side) -> float:
    assert side.server.process
    return rss_mb(side.server.process.pid)


def _found(story: str, count: int) -> list[Condition]:
    return conditions(story, count, time.time_ns(), Tier.URGENT)


def _names(found: Sequence[Condition]) -> frozenset[str]:
    return frozenset(each.name for each in found)


async def _all_told(sink: Sink, found: Sequence[Condition]) -> None:
    if not await sink.until_told(_names(found), _PATIENCE_S):
        raise TimeoutError("not every condition was told of")


async def _taken_s(side: Side, names: frozenset[str]) -> float:
    """When all of `names` were seen on the side's books.

    Raises:
        TimeoutError: they are not, after a quarter of an hour.
    """
    async with asyncio.timeout(_PATIENCE_S):
        while not side.holds(names):  # noqa: ASYNC110  (another process's file)
            await asyncio.sleep(_POLL_S)
    return time.perf_counter()


def _percentiles_ms(waits_s: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile; nothing that was never told has any."""
    if not waits_s:
        return float("nan"), float("nan")
    p50_s, p99_s = np.percentile(waits_s, (50, 99))
    return float(p50_s) * 1_000, float(p99_s) * 1_000


def _most_in_a_minute(arrivals: Sequence[Arrival]) -> int:
    """The most webhooks that one path got within any sixty seconds."""
    times_s: defaultdict[str, list[float]] = defaultdict(list)
    for arrival in arrivals:
        times_s[arrival.path].append(arrival.at_s)
    most: Counter[str] = Counter()
    for path, at_s in times_s.items():
        ends = np.searchsorted(at_s, np.array(at_s) + _MINUTE_S)
        most[path] = int((ends - np.arange(len(at_s))).max())
    return max(most.values(), default=0)
