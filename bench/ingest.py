"""`shouwang bench ingest`: how fast the edge makes readings durable and judges them.

One run measures the edge and mosquitto_sub on the same feed, kept by the same private
mosquitto in two persistent sessions, one after the other and three times over: either takes
it in within a second, and a second may be a bad one. The edge commits with
`synchronous=FULL` and runs detection on all homes. Ratios are what to compare; absolute
figures are this machine's, today.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from bench.backlog import (
    Drain,
    Reference,
    drain,
    reference,
    subscribe_edge,
    subscribe_reference,
)
from bench.edge_process import Edge
from bench.feed import METERS, feed, registry_text
from bench.pace import (
    ALL_PER_S,
    MIXED_PER_S,
    TRICKLE_PER_S,
    all_findings_ms,
    mixed_ms,
    trickle_bytes,
)
from bench.peers.compare import ALL, PEERS, compared, wanted
from bench.publisher import Address
from edge import compiled
from tests.servers.brokers import mosquitto_in

BATCH = 24
BATCH_SHARE = 10
"""There are that many times fewer messages in the feed of batches."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured.

    Attributes:
        messages_per_s: messages of one reading, from the broker's backlog into the journal.
        readings_per_s: readings in these messages: the same number.
        batch_readings_per_s: readings, when a message holds 24 of them.
        reference_messages_per_s: `mosquitto_sub -q 1` on the same feed, start-up not counted.
        ratio: `messages_per_s` to `reference_messages_per_s`.
        cpu_us_per_message: processor time of the edge for a message of one reading.
        reference_cpu_us_per_message: the same of mosquitto_sub, without its start.
        cpu_ratio: messages a second of processor time, to those of mosquitto_sub; other work on
            the machine disturbs it less than it does `ratio`.
        rss_mb: the edge's largest resident size, in MB, in either backlog.
        bytes_written_per_reading: bytes given to storage from the start of the process to its
            end, with its checkpoint, when a backlog of messages of one reading is taken in.
        batch_bytes_written_per_reading: the same, when a message holds 24 readings.
        bytes_written_per_reading_trickle: the same without start and end, when messages of one
            reading come by chance, three a second, and share commits by the linger of 20 s.
        p50_ms: median time from the publish of the message that completes twelve hours without
            use to the arrival of the finding at a subscriber, at 500 messages a second.
        p99_ms: the same; 99 of 100 findings come sooner.
        mixed_p50_ms: as `p50_ms`, at 2,000 messages a second of which one in a hundred makes one.
        mixed_p99_ms: the same; 99 of 100 findings come sooner.
    """

    messages_per_s: float
    readings_per_s: float
    batch_readings_per_s: float
    reference_messages_per_s: float
    ratio: float
    cpu_us_per_message: float
    reference_cpu_us_per_message: float
    cpu_ratio: float
    rss_mb: float
    bytes_written_per_reading: float
    batch_bytes_written_per_reading: float
    bytes_written_per_reading_trickle: float
    p50_ms: float
    p99_ms: float
    mixed_p50_ms: float
    mixed_p99_ms: float


class Plan(NamedTuple):
    """How many messages of one reading, from how many meters, how long the trickle lasts, and how
    often the edge and mosquitto_sub take their turns."""

    messages: int
    devices: int
    trickle_s: float
    turns: int

    @property
    def rounds(self) -> int:
        """How many messages every meter sends."""
        return max(1, self.messages // self.devices)


async def run(folder: Path, address: Address, plan: Plan, say: Say) -> Figures:
    """All figures, from one run on one broker."""
    now_ns, rounds, devices = time.time_ns(), plan.rounds, plan.devices
    batch = _of_backlogs(folder / "batch", address, devices)
    trickle, still, mixed = (Edge(folder / name, address) for name in ("trickle", "still", "mixed"))
    turns = []
    for turn in range(plan.turns):
        single = _of_backlogs(folder / f"single{turn}", address, devices)
        turns.append(await _turn(single, address, plan, now_ns, say))
    ones, others = [one for one, _ in turns], [other for _, other in turns]
    batch_rounds = max(1, rounds // BATCH_SHARE)
    say(f"{batch_rounds * devices:,} messages of {BATCH} readings")
    readings = batch_rounds * devices * BATCH
    many = await drain(batch, address, feed(batch_rounds, BATCH, now_ns, devices), readings)
    say(f"{TRICKLE_PER_S} messages a second for {plan.trickle_s:.0f} s")
    trickle_b = await trickle_bytes(trickle, address, now_ns, plan.trickle_s)
    say(f"findings at {ALL_PER_S} messages a second, one for every message")
    all_ms = await all_findings_ms(still, address, now_ns)
    say(f"findings at {MIXED_PER_S} messages a second, one for every hundredth")
    some_ms = await mixed_ms(mixed, address, now_ns)
    return Figures(
        messages_per_s=median(one.per_s for one in ones),
        readings_per_s=median(one.per_s for one in ones),
        batch_readings_per_s=many.per_s,
        reference_messages_per_s=median(other.per_s for other in others),
        ratio=median(one.per_s / other.per_s for one, other in turns),
        cpu_us_per_message=median(one.cpu_us for one in ones),
        reference_cpu_us_per_message=median(other.cpu_us for other in others),
        cpu_ratio=median(other.cpu_us / one.cpu_us for one, other in turns),
        rss_mb=max(*(one.rss_mb for one in ones), many.rss_mb),
        bytes_written_per_reading=median(one.written_bytes for one in ones),
        batch_bytes_written_per_reading=many.written_bytes,
        bytes_written_per_reading_trickle=trickle_b,
        p50_ms=float(np.percentile(all_ms, 50)),
        p99_ms=float(np.percentile(all_ms, 99)),
        mixed_p50_ms=float(np.percentile(some_ms, 50)),
        mixed_p99_ms=float(np.percentile(some_ms, 99)),
    )


def _of_backlogs(folder: Path, address: Address, devices: int) -> Edge:
    """An edge whose last messages do not wait: they may be few, which is no part of its rate."""
    journal = 'linger = "50 ms"\n'
    return Edge(folder, address, registry=registry_text(devices), journal=journal)


async def _turn(
    edge: Edge, address: Address, plan: Plan, now_ns: int, say: Say
) -> tuple[Drain, Reference]:
    """The backlog of single readings to a fresh `edge`, and then to mosquitto_sub."""
    messages = plan.rounds * plan.devices
    await subscribe_edge(edge, address)
    await subscribe_reference(address)
    say(f"{messages:,} messages of one reading")
    one = await drain(edge, address, feed(plan.rounds, 1, now_ns, plan.devices), messages)
    say("the same feed to mosquitto_sub")
    return one, await reference(address, messages)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its figures: 0 measured, 1 failed, 2 usage."""
    args = _arguments(argv)
    say: Say = (lambda _: None) if args.json else print
    with tempfile.TemporaryDirectory(prefix="shouwang-bench-") as name:
        broker = mosquitto_in(Path(name))
        broker.start()
        address = Address(broker.host, broker.port, broker.username, broker.password)
        plan = Plan(args.messages, args.devices, args.trickle_s, args.turns)
        try:
            figures = asyncio.run(run(Path(name), address, plan, say))
            ours = (figures.messages_per_s, figures.cpu_us_per_message)
            peers = wanted(args.peer)
            beside = compared(Path(name), address, plan.rounds, ours, peers) if peers else {}
        finally:
            broker.kill()
    told = asdict(figures) | beside | {"compiled": float(compiled.check())}
    if args.json:
        print(json.dumps({key: round(value, 3) for key, value in told.items()}))
    else:
        for key, value in told.items():
            print(f"{key:34} {value:12,.2f}")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("shouwang bench ingest", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    text = "length of the feed; below 20,000 starting up tells in the ratio"
    parser.add_argument("--messages", type=int, default=60_000, help=text)
    text = "measure that peer on the same feed too, installed when it is not there; may be repeated"
    parser.add_argument("--peer", action="append", default=[], choices=(*PEERS, ALL), help=text)
    parser.add_argument("--devices", type=int, default=METERS, help="meters in the backlogs")
    parser.add_argument("--trickle-s", type=float, default=60.0, help="how long the trickle lasts")
    text = "how often the edge and mosquitto_sub take in the backlog; the medians are told"
    parser.add_argument("--turns", type=int, default=3, choices=range(1, 10), help=text)
    return parser.parse_args(argv)
