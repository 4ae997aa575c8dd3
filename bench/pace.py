"""Messages at a pace: how long a finding takes, and what a trickle costs to store."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from itertools import chain

import aiomqtt

from bench.backlog import publish
from bench.edge_process import EDGE, Edge
from bench.feed import SITE, Message, feed, mixed_feed, still_feed
from bench.publisher import Address, Publisher

ALL_PER_S = 500
MIXED_PER_S = 2_000
TRICKLE_PER_S = 3
_MIXED_STILL = 200
_MIXED_ROUNDS = 24
_STILL_HOURS = 13
_GIVE_UP_S = 60.0
_SLICE_S = 0.01


async def all_findings_ms(edge: Edge, address: Address, now_ns: int) -> list[float]:
    """From publishing a message to the arrival of its finding, when every message makes one.

    Every home's thirteenth hourly message with a register that stands still completes twelve
    hours without use; these messages are published at 500 a second.
    """
    *before, last = still_feed(now_ns, _STILL_HOURS)
    return await _latencies_ms(edge, address, list(chain(*before)), last, ALL_PER_S)


async def mixed_ms(edge: Edge, address: Address, now_ns: int) -> list[float]:
    """The same at 2,000 messages a second, of which one in a hundred completes the hours."""
    before, last = mixed_feed(now_ns, _MIXED_STILL, _MIXED_ROUNDS)
    return await _latencies_ms(edge, address, before, last, MIXED_PER_S)


async def trickle_bytes(edge: Edge, address: Address, now_ns: int, duration_s: float) -> float:
    """Bytes written per reading when messages of one reading come by chance, three a second.

    The copy of the write-ahead log into the file is not in it: it comes once in 16 MB.
    """
    count = max(1, round(duration_s * TRICKLE_PER_S))
    first, *messages = list(feed(1, 1, now_ns))[: count + 1]
    edge.start()
    await publish(address, [first])
    await edge.until_durable(1)
    written, rng = edge.written_bytes(), random.Random(1)
    for message in messages:
        await asyncio.sleep(rng.expovariate(TRICKLE_PER_S))
        await publish(address, [message])
    await edge.until_durable(1 + count)
    written = edge.written_bytes() - written
    edge.stop()
    return written / count


async def _latencies_ms(
    edge: Edge,
    address: Address,
    before: Sequence[Message],
    paced: Sequence[Message],
    per_s: int,
) -> list[float]:
    """What `paced` takes, once the edge has `before`; for the homes of `before`."""
    homes = {_home(topic) for topic, _ in before}
    edge.start()
    async with aiomqtt.Client(
        address.host, address.port, username=address.username, password=address.password
    ) as gateway:
        await gateway.subscribe(f"sw/1/{SITE}/_finding/{EDGE}", qos=1)
        await publish(address, before)
        await edge.until_durable(len(before))
        listening = asyncio.create_task(_arrivals(gateway, homes))
        sent = await _publish_paced(address, paced, per_s)
        arrived = await asyncio.wait_for(listening, _GIVE_UP_S)
    edge.stop()
    return [(arrived[home] - sent[home]) * 1_000 for home in homes]


async def _publish_paced(
    address: Address, messages: Sequence[Message], per_s: int
) -> dict[str, float]:
    """When each home's last message was published; a hundred times a second some are."""
    sent = {}
    publisher = await Publisher.connect(address, "bench-load")
    began_s, slice_ = time.perf_counter(), max(1, round(per_s * _SLICE_S))
    for number in range(0, len(messages), slice_):
        await asyncio.sleep(max(0.0, began_s + number / per_s - time.perf_counter()))
        now_s, some = time.perf_counter(), messages[number : number + slice_]
        sent.update({_home(topic): now_s for topic, _ in some})
        await publisher.publish(some)
    await publisher.close()
    return sent


async def _arrivals(gateway: aiomqtt.Client, homes: set[str]) -> dict[str, float]:
    """When the first finding of each of `homes` came; all are acknowledged as a gateway would."""
    arrived: dict[str, float] = {}
    async for message in gateway.messages:
        assert isinstance(message.payload, bytes)
        now_s, body = time.perf_counter(), json.loads(message.payload)
        arrived.setdefault(body["finding"]["subject"].split("/")[2], now_s)
        ack = json.dumps({"v": 1, "epoch": body["epoch"], "upto": body["seq"]})
        await gateway.publish(f"sw/1/{SITE}/_ack/{EDGE}", ack, qos=1)
        if homes <= arrived.keys():
            break
    return arrived


def _home(topic: str) -> str:
    return topic.split("/")[4]
