"""The edge and a peer side by side, on the same feed and in the same run."""

import asyncio
import time
from pathlib import Path

from bench.feed import METERS, feed
from bench.peers import tb_gateway
from bench.publisher import Address

PEERS = ("thingsboard-gateway",)


def compared(
    folder: Path, address: Address, rounds: int, ours: tuple[float, float]
) -> dict[str, float]:
    """What the peer did, and how many times that the edge did.

    `ours` are the edge's messages a second and its processor time of a message in µs. A ratio
    above 1 is in the edge's favour; "per core" is messages per second of processor time.

    Raises:
        RuntimeError: the peer cannot be installed, or ended.
        TimeoutError: it did not store all of the feed.
    """
    tb_gateway.set_up()
    messages = feed(rounds, 1, time.time_ns())
    peer = asyncio.run(tb_gateway.measure(folder / "peer", address, messages, rounds * METERS))
    per_s, cpu_us = ours
    return {
        "messages_per_core_s": 1e6 / cpu_us,
        "peer_messages_per_s": peer.messages_per_s,
        "peer_messages_per_core_s": 1e6 / peer.cpu_us_per_message,
        "peer_rss_mb": peer.rss_mb,
        "peer_ratio_wall": per_s / peer.messages_per_s,
        "peer_ratio_per_core": peer.cpu_us_per_message / cpu_us,
    }
