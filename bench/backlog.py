"""A backlog that the broker kept, taken in at full speed: by the edge, and by mosquitto_sub."""

import asyncio
import resource
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


class Reference(NamedTuple):
    """One backlog taken in by mosquitto_sub."""

    per_s: float
    cpu_us: float


async def reference(address: Address, messages: int) -> Reference:
    """What `mosquitto_sub -q 1` makes of the backlog kept for it, per message.

    What it takes to start, connect and subscribe is measured by a second call, with a clean
    session that makes the broker forget the first one, and is not counted.
    """
    whole = await _mosquitto_sub(address, "-c", "-C", str(messages))
    start = await _mosquitto_sub(address, "-E")
    cpu_us = (whole.cpu_s - start.cpu_s) / messages * 1e6
    return Reference(messages / (whole.wall_s - start.wall_s), cpu_us)


async def publish(address: Address, messages: Iterable[tuple[str, bytes]]) -> None:
    """The broker has confirmed every one of `messages`."""
    publisher = await Publisher.connect(address, "bench-load")
    await publisher.publish(messages)
    await publisher.close()


class _Ran(NamedTuple):
    wall_s: float
    cpu_s: float


async def _mosquitto_sub(address: Address, *options: str) -> _Ran:
    """How long mosquitto_sub ran with `options`, and its processor time.

    Raises:
        RuntimeError: it failed.
    """
    began_s, before = time.perf_counter(), _children_cpu_s()
    process = await asyncio.create_subprocess_exec(
        "mosquitto_sub", "-h", address.host, "-p", str(address.port), "-u", address.username,
        "-P", address.password, "-i", "bench-reference", "-q", "1", "-t", FILTER, *options,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    if await process.wait() != 0:
        raise RuntimeError(f"mosquitto_sub ended with {process.returncode}")
    return _Ran(time.perf_counter() - began_s, _children_cpu_s() - before)


def _children_cpu_s() -> float:
    """Processor time of every child that has ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
