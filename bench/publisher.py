"""A load source: QoS 1 publishing from raw sockets, with a window of unconfirmed messages.

Client libraries are the bottleneck of a load test before the broker is, and
`mosquitto_pub -l -q 1` stops early past 65,535 lines; so packets are built here.
MQTT 3.1.1, sections 3.1 (CONNECT), 3.3 (PUBLISH), 3.4 (PUBACK).
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

_CONNACK_BYTES = 4
_PUBACK_BYTES = 4
_MIDS = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker listens, and as whom to log in."""

    host: str
    port: int
    username: str
    password: str


def _text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(kind: int, body: bytes) -> bytes:
    length, head = len(body), bytearray([kind])
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(head) + body


def connect_packet(client_id: str, address: Address, *, clean: bool = True) -> bytes:
    """A CONNECT with user name and password, keep-alive off."""
    flags = 0xC0 | (0x02 if clean else 0)
    head = _text("MQTT") + bytes([4, flags, 0, 0])
    body = head + _text(client_id) + _text(address.username) + _text(address.password)
    return _packet(0x10, body)


def publish_packet(topic: str, payload: bytes, mid: int) -> bytes:
    """A QoS 1 PUBLISH, not retained."""
    return _packet(0x32, _text(topic) + mid.to_bytes(2, "big") + payload)


class Publisher:
    """One connection that publishes as fast as its window of unconfirmed messages allows."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._sent = self._confirmed = 0
        self._rest = b""

    @classmethod
    async def connect(cls, address: Address, client_id: str) -> "Publisher":
        """A publisher whose CONNECT the broker has accepted.

        Raises:
            ConnectionRefusedError: the broker refused user, password or client id.
        """
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(connect_packet(client_id, address))
        if (await reader.readexactly(_CONNACK_BYTES))[3] != 0:
            raise ConnectionRefusedError("the broker refused the load source")
        return cls(reader, writer)

    async def publish(self, messages: Iterable[tuple[str, bytes]], window: int = 500) -> int:
        """Publish all; return how many, once the broker has confirmed every one."""
        before = self._confirmed
        for topic, payload in messages:
            while self._sent - self._confirmed >= window:
                await self._confirmations()
            self._sent += 1
            self._writer.write(publish_packet(topic, payload, (self._sent - 1) % _MIDS + 1))
        while self._confirmed < self._sent:
            await self._confirmations()
        return self._confirmed - before

    async def _confirmations(self) -> None:
        await self._writer.drain()
        chunk = self._rest + await self._reader.read(65_536)
        if chunk == self._rest:
            raise ConnectionResetError("the broker closed the connection of the load source")
        whole, rest = divmod(len(chunk), _PUBACK_BYTES)
        self._confirmed += whole
        self._rest = chunk[len(chunk) - rest :]

    async def close(self) -> None:
        """Leave politely."""
        self._writer.write(bytes([0xE0, 0]))
        await self._writer.drain()
        self._writer.close()
        await self._writer.wait_closed()
