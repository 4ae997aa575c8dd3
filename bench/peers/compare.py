"""The edge and its peers one after the other, on the same feed and in the same run."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from bench.feed import METERS, Message, feed
from bench.peers import node_red, tb_gateway
from bench.peers.peer import PeerFigures, set_up
from bench.publisher import Address

Measure = Callable[[Path, Address, Iterable[Message], int], Awaitable[PeerFigures]]

PEERS: Mapping[str, Mapping[str, Measure]] = MappingProxyType(
    {
        tb_gateway.NAME: {"thingsboard_gateway": tb_gateway.measure},
        node_red.NAME: {
            "node_red": partial(node_red.measure, gathers=False),
            "node_red_gathered": partial(node_red.measure, gathers=True),
        },
    }
)
"""Every peer, and each way in which it is run, by the name that its figures bear."""
ALL = "all"


def wanted(named: Sequence[str]) -> tuple[str, ...]:
    """The peers that were `named` on the command line, each once."""
    return tuple(PEERS) if ALL in named else tuple(dict.fromkeys(named))


def compared(
    folder: Path,
    address: Address,
    rounds: int,
    ours: tuple[float, float],
    peers: Sequence[str] = (tb_gateway.NAME,),
) -> dict[str, float]:
    """What each peer did, and how many times that the edge did; `peer_...` is of the fastest.

    `ours` are the edge's messages a second and its processor time of a message in µs. A ratio
    above 1 is in the edge's favour; "per core" is messages per second of processor time.

    Raises:
        RuntimeError: a peer cannot be installed, or ended.
        TimeoutError: it did not store all of the feed.
    """
    for peer in peers:
        set_up(peer)
    ways = {name: way for peer in peers for name, way in PEERS[peer].items()}
    each = {name: _measured(way, folder / name, address, rounds) for name, way in ways.items()}
    told = {"messages_per_core_s": 1e6 / ours[1]}
    for name, figures in each.items():
        told |= {f"{name}_{key}": value for key, value in _beside(figures, ours).items()}
    fastest = max(each.values(), key=lambda figures: figures.messages_per_s)
    return told | {f"peer_{key}": value for key, value in _beside(fastest, ours).items()}


def _measured(way: Measure, folder: Path, address: Address, rounds: int) -> PeerFigures:
    async def run() -> PeerFigures:
        return await way(folder, address, feed(rounds, 1, time.time_ns()), rounds * METERS)

    return asyncio.run(run())


def _beside(peer: PeerFigures, ours: tuple[float, float]) -> dict[str, float]:
    per_s, cpu_us = ours
    return {
        "messages_per_s": peer.messages_per_s,
        "messages_per_core_s": 1e6 / peer.cpu_us_per_message,
        "rss_mb": peer.rss_mb,
        "ratio_wall": per_s / peer.messages_per_s,
        "ratio_per_core": peer.cpu_us_per_message / cpu_us,
    }
