"""A broker that breaks the rules on purpose: as little of MQTT 3.1.1 as a session needs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from edge.broker import BrokerSettings

_CONNACK = bytes([0x20, 2, 0, 0])
_PINGRESP = bytes([0xD0, 0])
_FILTER_EXTRA = 3  # two bytes of length before it, one of QoS behind it


def granted(_: list[str]) -> bytes:
    """A SUBACK's codes that grant everything at QoS 1."""
    return bytes([1] * len(_))


@dataclass
class OddBroker:
    """What it does with whom: `confirms` PUBLISHes, `codes` the subscriptions.

    After the first subscription it says `nonsense`, once.
    """

    codes: Callable[[list[str]], bytes] = granted
    confirms: bool = True
    nonsense: bytes = b""
    links: int = 0
    published: int = 0
    port: int = field(default=0, init=False)

    @property
    def settings(self) -> BrokerSettings:
        """Where it is."""
        return BrokerSettings(host="127.0.0.1", port=self.port, client_id="c")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.links += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head, body = await _packet(reader)
                writer.write(self._answer(head, body))
                await writer.drain()
        writer.close()

    def _answer(self, head: int, body: bytes) -> bytes:
        match head & 0xF0:
            case 0x10:
                return _CONNACK
            case 0x80:
                codes = self.codes(_filters(body[2:]))
                said, self.nonsense = self.nonsense, b""
                return bytes([0x90, 2 + len(codes)]) + body[:2] + codes + said
            case 0xC0:
                return _PINGRESP
            case 0x30:
                self.published += 1
                mid_at = 2 + int.from_bytes(body[:2])
                confirmed = bytes([0x40, 2]) + body[mid_at : mid_at + 2]
                return confirmed if self.confirms else b""
        return b""


@asynccontextmanager
async def odd_broker(broker: OddBroker) -> AsyncIterator[OddBroker]:
    """`broker`, listening on a port of its own."""
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    async with server:
        yield broker


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readexactly(1))[0]
    length, shift = 0, 0
    while True:
        (digit,) = await reader.readexactly(1)
        length |= (digit & 0x7F) << shift
        if digit < 0x80:
            return head, await reader.readexactly(length)
        shift += 7


def _filters(body: bytes) -> list[str]:
    found = []
    while body:
        length = int.from_bytes(body[:2])
        found.append(body[2 : 2 + length].decode())
        body = body[length + _FILTER_EXTRA :]
    return found
