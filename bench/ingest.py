"""`shouwang bench ingest`: how fast the edge makes readings durable and judges them.

One run measures the edge and mosquitto_sub on the same feed, kept by the same private
mosquitto in two persistent sessions, one after the other. The edge commits with
`synchronous=FULL` and runs detection on all homes. Ratios are what to compare; absolute
figures are this machine's, today.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import aiomqtt
import numpy as np

from bench.edge_process import EDGE, Edge
from bench.feed import FILTER, METERS, SITE, feed, still_feed
from bench.publisher import Address, Publisher
from edge.reading import SECOND_NS
from tests.servers.brokers import mosquitto_in

BATCH = 24
PACE_PER_S = 500
"""Messages a second while latency is measured: far below saturation, far above a real estate."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured.

    A message holds one reading, in the figures named `batch` 24 of them. `ratio` is
    `messages_per_s` to `reference_messages_per_s`, which is mosquitto_sub on the same feed.
    `p50_ms` and `p99_ms` run from the publish of the message that completes twelve hours
    without use to the arrival of the finding at a subscriber, at 500 messages a second.
    """

    messages_per_s: float
    readings_per_s: float
    batch_readings_per_s: float
    reference_messages_per_s: float
    ratio: float
    rss_mb: float
    bytes_written_per_reading: float
    batch_bytes_written_per_reading: float
    cpu_us_per_message: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Drain:
    """One backlog taken in: seconds on the wall, processor seconds, bytes written, peak RSS."""

    wall_s: float
    cpu_s: float
    written_bytes: int
    rss_mb: float


async def drain(edge: Edge, address: Address, messages: Iterator[tuple[str, bytes]],
                readings: int) -> Drain:  # fmt: skip
    """The edge takes in a backlog that the broker kept for it while it was away."""
    await _publish(address, messages)
    edge.start()
    await edge.until_durable(1)
    before, cpu_s, written, done = (
        time.perf_counter(),
        edge.cpu_s(),
        edge.written_bytes(),
        edge.durable(),
    )
    await edge.until_durable(readings)
    wall_s = time.perf_counter() - before
    share = readings / (readings - done)
    result = Drain(wall_s * share, (edge.cpu_s() - cpu_s) * share,
                   int((edge.written_bytes() - written) * share), edge.rss_mb())  # fmt: skip
    edge.stop()
    return result


async def subscribe_edge(edge: Edge, address: Address) -> None:
    """The edge's persistent session is known to the broker, and the edge is away again."""
    async with _client(address, "bench-probe") as probe:
        await probe.subscribe(f"sw/1/{SITE}/_edge/{EDGE}/status", qos=1)
        edge.start()
        await _until(probe, b'"up":true')
    edge.stop()


async def reference(address: Address, messages: int) -> float:
    """Messages a second of `mosquitto_sub -q 1` on the backlog kept for it."""
    before = time.perf_counter()
    process = await _subscriber(address, "-c", "-C", str(messages))
    if await process.wait() != 0:
        raise RuntimeError("mosquitto_sub failed")
    return messages / (time.perf_counter() - before)


async def latencies_ms(edge: Edge, address: Address, now_ns: int) -> list[float]:
    """From publishing a message to the arrival of the finding that it completes, per home."""
    hours = list(still_feed(now_ns, 13))
    sent: dict[str, float] = {}
    arrived: dict[str, float] = {}
    edge.start()
    async with _client(address, "bench-gateway") as gateway:
        await gateway.subscribe(f"sw/1/{SITE}/_finding/{EDGE}", qos=1)
        for hour in hours[:-1]:
            await _publish(address, iter(hour))
        await edge.until_durable(METERS * (len(hours) - 1))
        listening = asyncio.create_task(_arrivals(gateway, arrived))
        await _publish_paced(address, hours[-1], sent)
        await asyncio.wait_for(listening, 60)
    edge.stop()
    return [(arrived[unit] - moment) * 1_000 for unit, moment in sent.items()]


async def run(folder: Path, address: Address, messages: int, say: Say) -> Figures:
    """All figures, from one run on one broker."""
    rounds = messages // METERS
    now_ns = time.time_ns() // SECOND_NS * SECOND_NS
    single, batch = Edge(folder / "single", address), Edge(folder / "batch", address)
    still = Edge(folder / "still", address)
    await subscribe_edge(single, address)
    await (await _subscriber(address, "-c", "-E")).wait()
    say(f"{messages:,} messages of one reading")
    one = await drain(single, address, feed(rounds, 1, now_ns), messages)
    say("the same feed to mosquitto_sub")
    reference_per_s = await reference(address, messages)
    await (await _subscriber(address, "-E")).wait()  # a clean session: the broker forgets it
    say(f"{messages // 10:,} messages of {BATCH} readings")
    readings = messages // 10 // METERS * METERS * BATCH
    many = await drain(batch, address, feed(rounds // 10, BATCH, now_ns), readings)
    say(f"latency at {PACE_PER_S} messages a second")
    delays = await latencies_ms(still, address, now_ns)
    per_s = messages / one.wall_s
    return Figures(
        messages_per_s=per_s,
        readings_per_s=per_s,
        batch_readings_per_s=readings / many.wall_s,
        reference_messages_per_s=reference_per_s,
        ratio=per_s / reference_per_s,
        rss_mb=max(one.rss_mb, many.rss_mb),
        bytes_written_per_reading=one.written_bytes / messages,
        batch_bytes_written_per_reading=many.written_bytes / readings,
        cpu_us_per_message=one.cpu_s / messages * 1e6,
        p50_ms=float(np.percentile(delays, 50)),
        p99_ms=float(np.percentile(delays, 99)),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its figures: 0 measured, 1 failed, 2 usage."""
    parser = argparse.ArgumentParser("shouwang bench ingest", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    parser.add_argument("--messages", type=int, default=60_000, help="length of the feed")
    args = parser.parse_args(argv)
    say: Say = (lambda _: None) if args.json else print
    with tempfile.TemporaryDirectory(prefix="shouwang-bench-") as name:
        broker = mosquitto_in(Path(name))
        broker.start()
        address = Address(broker.host, broker.port, broker.username, broker.password)
        try:
            figures = asyncio.run(run(Path(name), address, args.messages, say))
        finally:
            broker.kill()
    if args.json:
        print(json.dumps({key: round(value, 3) for key, value in asdict(figures).items()}))
    else:
        for key, value in asdict(figures).items():
            print(f"{key:34} {value:12,.2f}")
    return 0


async def _publish(
    address: Address, messages: Iterator[tuple[str, bytes]], window: int = 500
) -> None:
    publisher = await Publisher.connect(address, "bench-load")
    await publisher.publish(messages, window)
    await publisher.close()


async def _publish_paced(address: Address, messages: list[tuple[str, bytes]],
                         sent: dict[str, float]) -> None:  # fmt: skip
    publisher = await Publisher.connect(address, "bench-load")
    for topic, payload in messages:
        sent[topic.split("/")[4]] = time.perf_counter()
        await publisher.publish([(topic, payload)])
        await asyncio.sleep(1 / PACE_PER_S)
    await publisher.close()


def _client(address: Address, client_id: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        address.host, address.port, username=address.username, password=address.password,
        identifier=client_id,
    )  # fmt: skip


async def _subscriber(address: Address, *options: str) -> asyncio.subprocess.Process:
    command = [
        "mosquitto_sub", "-h", address.host, "-p", str(address.port), "-u", address.username,
        "-P", address.password, "-i", "bench-reference", "-q", "1", "-t", FILTER, *options,
    ]  # fmt: skip
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)


async def _until(client: aiomqtt.Client, part: bytes) -> None:
    async for message in client.messages:
        if isinstance(message.payload, bytes) and part in message.payload:
            return


async def _arrivals(client: aiomqtt.Client, arrived: dict[str, float]) -> None:
    """Note when each home's finding comes, and acknowledge it as a gateway would."""
    async for message in client.messages:
        assert isinstance(message.payload, bytes)
        now_s, body = time.perf_counter(), json.loads(message.payload)
        arrived.setdefault(body["finding"]["subject"].rpartition("/")[2], now_s)
        ack = json.dumps({"v": 1, "epoch": body["epoch"], "upto": body["seq"]})
        await client.publish(f"sw/1/{SITE}/_ack/{EDGE}", ack, qos=1)
        if len(arrived) == METERS:
            return
