"""A backlog that the broker kept, taken in at full speed: by the edge, and by mosquitto_sub."""

import asyncio
import time
from collections.abc import Iterable
from typing import NamedTuple

import aiomqtt

from bench.edge_process import EDGE, Edge
from bench.feed import FILTER, SITE
from bench.publisher import Address, Publisher


class Drain(NamedTuple):
    """One backlog taken in; `written_bytes` is from the start of the process to its end."""

    per_s: float
    cpu_us: float
    written_bytes: float
    rss_mb: float


async def drain(
    edge: Edge, address: Address, messages: Iterable[tuple[str, bytes]], readings: int
) -> Drain:
    """The edge takes in `messages` that the broker kept while it was away, per reading.

    The time runs from the first commit that is seen, so that the start of the process does
    not count; unless all was committed by then, as happens in very short runs.
    """
    await publish(address, messages)
    started = edge.start()
    first = await edge.until_durable(1)
    last = await edge.until_durable(readings)
    rss_mb = edge.rss_mb()
    if first.readings == last.readings:
        first = started
    done = last.readings - first.readings
    return Drain(
        per_s=done / (last.wall_s - first.wall_s),
        cpu_us=(last.cpu_s - first.cpu_s) / done * 1e6,
        written_bytes=edge.stop() / readings,
        rss_mb=rss_mb,
    )


async def subscribe_edge(edge: Edge, address: Address) -> None:
    """The edge's persistent session is known to the broker, and the edge is away again."""
    async with aiomqtt.Client(
        address.host, address.port, username=address.username, password=address.password
    ) as probe:
        await probe.subscribe(f"sw/1/{SITE}/_edge/{EDGE}/status", qos=1)
        edge.start()
        async for message in probe.messages:
            if isinstance(message.payload, bytes) and b'"up":true' in message.payload:
                break
    edge.stop()


async def subscribe_reference(address: Address) -> None:
    """The broker keeps the feed for mosquitto_sub as well."""
    await _mosquitto_sub(address, "-c", "-E")


async def reference_per_s(address: Address, messages: int) -> float:
    """Messages a second of `mosquitto_sub -q 1` on the backlog kept for it.

    What it takes to start, connect and subscribe is measured by a second call, with a clean
    session that makes the broker forget the first one, and is not counted.
    """
    whole_s = await _mosquitto_sub(address, "-c", "-C", str(messages))
    return messages / (whole_s - await _mosquitto_sub(address, "-E"))


async def publish(address: Address, messages: Iterable[tuple[str, bytes]]) -> None:
    """The broker has confirmed every one of `messages`."""
    publisher = await Publisher.connect(address, "bench-load")
    await publisher.publish(messages)
    await publisher.close()


async def _mosquitto_sub(address: Address, *options: str) -> float:
    """How many seconds mosquitto_sub ran with `options`.

    Raises:
        RuntimeError: it failed.
    """
    began_s = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        "mosquitto_sub", "-h", address.host, "-p", str(address.port), "-u", address.username,
        "-P", address.password, "-i", "bench-reference", "-q", "1", "-t", FILTER, *options,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    if await process.wait() != 0:
        raise RuntimeError(f"mosquitto_sub ended with {process.returncode}")
    return time.perf_counter() - began_s
