"""Messages at a pace: how long a finding takes, and what a lone message costs to store."""

import asyncio
import json
import time

import aiomqtt

from bench.backlog import publish
from bench.edge_process import EDGE, Edge
from bench.feed import METERS, SITE, feed, still_feed
from bench.publisher import Address, Publisher

PACE_PER_S = 500
TRICKLE = 30
TRICKLE_PER_S = 10
_STILL_HOURS = 13
_GIVE_UP_S = 60.0


async def latencies_ms(edge: Edge, address: Address, now_ns: int) -> list[float]:
    """From publishing a message to the arrival of the finding that it completes, per home.

    Every home's thirteenth hourly message with a register that stands still completes twelve
    hours without use; these messages are published at 500 a second.
    """
    *before, last = still_feed(now_ns, _STILL_HOURS)
    edge.start()
    async with aiomqtt.Client(
        address.host, address.port, username=address.username, password=address.password
    ) as gateway:
        await gateway.subscribe(f"sw/1/{SITE}/_finding/{EDGE}", qos=1)
        for hour in before:
            await publish(address, hour)
        await edge.until_durable(METERS * len(before))
        listening = asyncio.create_task(_arrivals(gateway))
        sent = await _publish_paced(address, last)
        arrived = await asyncio.wait_for(listening, _GIVE_UP_S)
    edge.stop()
    return [(arrived[unit] - moment_s) * 1_000 for unit, moment_s in sent.items()]


async def trickle_bytes(edge: Edge, address: Address, now_ns: int) -> float:
    """Bytes written per reading when every message comes alone, and so commits alone.

    The copy of the write-ahead log into the file is not in it: it comes once in 16 MB.
    """
    messages = list(feed(1, 1, now_ns))
    edge.start()
    await publish(address, messages[:1])
    await edge.until_durable(1)
    written = edge.written_bytes()
    for count, message in enumerate(messages[1 : TRICKLE + 1], 2):
        await asyncio.sleep(1 / TRICKLE_PER_S)
        await publish(address, [message])
        await edge.until_durable(count)
    written = edge.written_bytes() - written
    edge.stop()
    return written / TRICKLE


async def _publish_paced(address: Address, messages: list[tuple[str, bytes]]) -> dict[str, float]:
    """When each home's message was published."""
    sent = {}
    publisher = await Publisher.connect(address, "bench-load")
    began_s = time.perf_counter()
    for number, (topic, payload) in enumerate(messages):
        await asyncio.sleep(began_s + number / PACE_PER_S - time.perf_counter())
        sent[topic.split("/")[4]] = time.perf_counter()
        await publisher.publish([(topic, payload)])
    await publisher.close()
    return sent


async def _arrivals(gateway: aiomqtt.Client) -> dict[str, float]:
    """When each home's finding came; each is acknowledged as a gateway would."""
    arrived: dict[str, float] = {}
    async for message in gateway.messages:
        assert isinstance(message.payload, bytes)
        now_s, body = time.perf_counter(), json.loads(message.payload)
        arrived.setdefault(body["finding"]["subject"].rpartition("/")[2], now_s)
        ack = json.dumps({"v": 1, "epoch": body["epoch"], "upto": body["seq"]})
        await gateway.publish(f"sw/1/{SITE}/_ack/{EDGE}", ack, qos=1)
        if len(arrived) == METERS:
            break
    return arrived
