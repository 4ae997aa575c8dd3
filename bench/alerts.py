"""`shouwang bench alerts`: from a finding to a person, beside Debian's Alertmanager.

A real gateway process (mosquitto, SQLite with every commit on disk) and a real Alertmanager are
given the same conditions, one after the other, and tell the same webhook sink. Every figure was
measured in this run; ratios are what to compare between machines.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.alert_sink import Sink
from bench.alert_table import table
from bench.alert_trial import Killed, Steady, Storm, kill, steadily, storm
from bench.gateway_process import Gateway
from bench.peers.alertmanager import BY_BUILDING, EACH, Alertmanager
from bench.publisher import Address
from tests.servers.brokers import mosquitto_in

_STORM_WAIT, _KILL_WAIT = "1s", "5s"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured; `am_` is Alertmanager's.

    Attributes:
        p50_ms: median time from the publish of an urgent finding to its webhook, at 50 a second.
        p99_ms: the same; 99 of 100 come sooner. Alertmanager's: from its POST, `group_wait: 0s`,
            each alert a group of its own.
        cpu_ms: processor time of the process for one of these findings; other work on the machine
            disturbs it less than it does the latency.
        rss_mb: resident memory with `open_incidents` of them open.
        storm: conditions of one storm over 50 buildings, one in a hundred of them urgent.
        storm_accounted: of these, incidents in the database, each with its message or the time
            at which it is told (alerts that a webhook named).
        storm_s: from the first publish until all of them are (until the last webhook).
        storm_cpu_s: processor time of the process meanwhile.
        storm_told: of these, named by a webhook within two minutes after that.
        storm_told_s: from the first publish until the last of them was. Lesser incidents settle
            for 15 s on purpose, so that their cause may come first, and gather for 15 s more.
        storm_told_cpu_s: processor time of the process meanwhile.
        storm_messages: webhooks to all workers in that time.
        storm_singles: of these, messages about one urgent incident, which wait for nothing.
        storm_per_worker_minute: the most of all other messages that one worker got in a minute.
        storm_urgent_p99_ms: from the publish of an urgent one to its webhook, 99 of 100.
        waiting_lost: of 50 conditions, those never told when kill -9 fell before they were told.
        waiting_repeated: of these, those told more than once.
        told_repeated: of 50 conditions that had been told when kill -9 fell, those told again
            when their source tells them again after the restart.
    """

    p50_ms: float
    p99_ms: float
    cpu_ms: float
    am_p50_ms: float
    am_p99_ms: float
    am_cpu_ms: float
    open_incidents: int
    rss_mb: float
    am_rss_mb: float
    storm: int
    storm_accounted: int
    storm_s: float
    storm_cpu_s: float
    storm_told: int
    storm_told_s: float
    storm_told_cpu_s: float
    storm_messages: int
    storm_singles: int
    storm_per_worker_minute: int
    storm_urgent_p99_ms: float
    am_storm_accounted: int
    am_storm_s: float
    am_storm_cpu_s: float
    am_storm_messages: int
    am_storm_urgent_p99_ms: float
    waiting_lost: int
    waiting_repeated: int
    told_repeated: int
    am_waiting_lost: int
    am_waiting_repeated: int
    am_told_repeated: int


@dataclass(frozen=True, slots=True)
class Size:
    """How many conditions come at a steady pace, and how many at once."""

    steady: int
    storm: int


async def run(folder: Path, address: Address, size: Size) -> Figures:
    """The figures of one run."""
    sink = Sink()
    async with sink.serving() as hook:
        gateways = [Gateway(folder / name, address, hook) for name in ("each", "storm", "kill")]
        ours = await _gateways(gateways, sink, size)
        theirs = await _alertmanager(folder, hook, sink, size)
    return _figures(size, ours, theirs)


Measured = tuple[Steady, Storm, Killed]


async def _gateways(gateways: Sequence[Gateway], sink: Sink, size: Size) -> Measured:
    """A fresh one for each, since what a worker was told lately bounds what they are told next."""
    each, many, mortal = gateways
    async with each.running():
        measured = await steadily(each, sink, size.steady)
    async with many.running():
        stormed = await storm(many, sink, size.storm)
        stormed = stormed.accounting(len(many.incidents() & stormed.names))
    async with mortal.running():
        return measured, stormed, await kill(mortal, sink)


async def _alertmanager(folder: Path, hook: str, sink: Sink, size: Size) -> Measured:
    """Three of them, one after the other, since grouping is a setting of the process."""
    async with Alertmanager(folder / "am-each", hook, EACH, "0s").running() as each:
        measured = await steadily(each, sink, size.steady)
    async with Alertmanager(folder / "am-storm", hook, BY_BUILDING, _STORM_WAIT).running() as many:
        stormed = await storm(many, sink, size.storm)
    async with Alertmanager(folder / "am-kill", hook, BY_BUILDING, _KILL_WAIT).running() as mortal:
        return measured, stormed, await kill(mortal, sink)


def _figures(size: Size, ours: Measured, theirs: Measured) -> Figures:
    steady, stormed, killed = ours
    their_steady, their_storm, their_kill = theirs
    return Figures(
        p50_ms=steady.p50_ms,
        p99_ms=steady.p99_ms,
        cpu_ms=steady.cpu_ms,
        am_p50_ms=their_steady.p50_ms,
        am_p99_ms=their_steady.p99_ms,
        am_cpu_ms=their_steady.cpu_ms,
        open_incidents=size.steady,
        rss_mb=steady.rss_mb,
        am_rss_mb=their_steady.rss_mb,
        storm=size.storm,
        storm_accounted=stormed.accounted,
        storm_s=stormed.taken_s,
        storm_cpu_s=stormed.cpu_s,
        storm_told=stormed.told,
        storm_told_s=stormed.told_s,
        storm_told_cpu_s=stormed.told_cpu_s,
        storm_messages=stormed.messages,
        storm_singles=stormed.singles,
        storm_per_worker_minute=stormed.per_worker_minute,
        storm_urgent_p99_ms=stormed.urgent_p99_ms,
        am_storm_accounted=their_storm.accounted,
        am_storm_s=their_storm.told_s,
        am_storm_cpu_s=their_storm.told_cpu_s,
        am_storm_messages=their_storm.messages,
        am_storm_urgent_p99_ms=their_storm.urgent_p99_ms,
        waiting_lost=killed.waiting_lost,
        waiting_repeated=killed.waiting_repeated,
        told_repeated=killed.told_repeated,
        am_waiting_lost=their_kill.waiting_lost,
        am_waiting_repeated=their_kill.waiting_repeated,
        am_told_repeated=their_kill.told_repeated,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print: 0 nothing of ours was lost, 1 something was, 2 usage."""
    args = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="shouwang-bench-") as name:
        broker = mosquitto_in(Path(name))
        broker.start()
        address = Address(broker.host, broker.port, broker.username, broker.password)
        try:
            figures = asyncio.run(run(Path(name), address, Size(args.findings, args.storm)))
        finally:
            broker.kill()
    told = asdict(figures)
    if args.markdown:
        print(table(told))
    elif args.json:
        print(json.dumps({key: round(value, 2) for key, value in told.items()}))
    else:
        for key, value in told.items():
            print(f"{key:28} {value:12,.2f}")
    return 1 if figures.waiting_lost or figures.storm_accounted < figures.storm else 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("shouwang bench alerts", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    parser.add_argument("--markdown", action="store_true", help="print the table of the docs")
    parser.add_argument("--findings", type=int, default=500, help="at 50 a second; default 500")
    parser.add_argument("--storm", type=int, default=5_000, help="at once; default 5,000")
    return parser.parse_args(argv)
