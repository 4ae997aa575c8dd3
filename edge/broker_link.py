"""One connection to a broker: from its CONNECT to its loss, driven by the event loop.

paho speaks for us and keeps the link alive; messages are framed by `edge.mqtt_frames` and go
round it. The socket's readiness, and what waits for an answer of the broker, is kept here.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

from edge.certificate import valid_until_ns
from edge.mqtt_frames import FrameError, Frames
from edge.paho_client import PahoClient
from edge.session import Delivery, NotPublished
from edge.topic import qos

log = logging.getLogger(__name__)

# The link's own times are the network's and stay in real seconds on any clock.
_ACCEPT_S = 15.0
_PUBACK_S = 30.0
_OVERDUE_MAX = 20
"""Confirmations missed in a row, after which the link is given up: what is not confirmed keeps its
place in paho's window for as long as the link lasts, and a full window lets nothing out."""
_MISC_S = 1.0

Take = Callable[[list[Delivery]], None]


class Refused(Exception):  # noqa: N818  (the broker's answer, not a fault of ours)
    """The broker answered, and the answer was no."""


class Link:
    """One connection: a paho client whose socket the event loop watches.

    `take` gets the messages as they come, in order, as many at a time as one read brought.
    `certificate_until_ns` is when the first certificate that it rests on ends; None without TLS.
    """

    def __init__(
        self, client: PahoClient, frames: Frames, now_ns: Callable[[], int], take: Take
    ) -> None:
        self.lost = asyncio.Event()
        self.certificate_until_ns: int | None = None
        self._client = client
        self._frames = frames
        self._now_ns = now_ns
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._reading = False
        self._overdue = 0
        self._filters: Sequence[str] = ()
        self._connack: asyncio.Future[None] = self._loop.create_future()
        self._suback: asyncio.Future[None] = self._loop.create_future()
        self._confirmations: dict[int, asyncio.Future[None]] = {}
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_socket_register_write = self._on_want_write
        client.on_socket_unregister_write = self._on_written
        client.on_socket_close = self._on_socket_close

    async def open(self, where: tuple[str, int], keepalive_s: int, filters: Sequence[str]) -> None:
        """Connect to the host and port `where`, and subscribe.

        Raises:
            OSError, TimeoutError: the network's; no answer.
            Refused: the broker's.
        """
        self._filters = filters
        await self._connect(where, keepalive_s)
        async with asyncio.timeout(_ACCEPT_S):
            await self._connack
            if filters:
                self._client.subscribe([(pattern, qos(pattern)) for pattern in filters])
            else:
                _resolve(self._suback, None)
            await self._suback

    def close(self) -> None:
        """Drop the link without a word: the will then tells of every end, clean or not."""
        sock = self._client.socket()
        self._client.on_socket_close = None  # paho calls it once more when it is collected
        self._client.on_socket_unregister_write = None
        if sock is not None:
            self._unwatch(sock)
            sock.close()
        self._end()

    @property
    def accepted(self) -> bool:
        """Whether the broker has accepted connection and subscriptions; lost later or not."""
        answered = self._suback.done() and not self._suback.cancelled()
        return answered and self._suback.exception() is None

    def ack(self, mids: Sequence[int]) -> None:
        """Ack QoS 1 messages."""
        self._client.ack_all(mids)

    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """See `edge.session.Session.publish`."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotPublished(mqtt.error_string(info.rc))
        confirmed = self._loop.create_future()
        self._confirmations[info.mid] = confirmed
        try:
            async with asyncio.timeout(_PUBACK_S):
                await confirmed
        except TimeoutError:
            self._miss()
            raise NotPublished(f"no confirmation within {_PUBACK_S:.0f} s") from None
        finally:
            self._confirmations.pop(info.mid, None)

    def resume_reading(self) -> None:
        """Read the socket, from the beginning or after `stop_reading`."""
        sock = self._client.socket()
        if sock is not None and not self._reading:
            self._reading = True
            self._loop.add_reader(sock, self._read)
            self._loop.call_soon(self._read)  # bytes may wait that the socket no longer shows

    def stop_reading(self) -> None:
        """Leave the rest to the broker."""
        sock = self._client.socket()
        self._reading = False
        if sock is not None:
            self._loop.remove_reader(sock)

    async def _connect(self, where: tuple[str, int], keepalive_s: int) -> None:
        connecting = asyncio.ensure_future(
            asyncio.to_thread(self._client.connect, *where, keepalive_s)
        )
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            await asyncio.wait([connecting])  # at most paho's 5 s; its socket must not leak
            raise
        self.certificate_until_ns = valid_until_ns(self._client.socket())
        self.resume_reading()
        self._write()
        self._loop.call_later(_MISC_S, self._misc)

    def _read(self) -> None:
        """Take one chunk; a chunk a turn of the loop leaves room for everybody else."""
        if not self._reading:
            return
        try:
            arrived = self._frames.feed(self._client.read(), self._now_ns())
        except (OSError, FrameError) as error:
            log.warning("the link is lost: %s", error)
            self.stop_reading()
            self._end()
            return
        self._take(arrived.deliveries)
        self._client.handle(arrived.others)
        if self._client.holds_more:
            self._loop.call_soon(self._read)

    def _write(self) -> None:
        self._client.loop_write()  # asks for another turn itself while bytes are left

    def _misc(self) -> None:
        """Keep the link alive, and end it when the broker has stopped answering."""
        if not self.lost.is_set():
            self._client.loop_misc()
            self._loop.call_later(_MISC_S, self._misc)

    def _on_connect(self, _c: mqtt.Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        answer = Refused(f"connection refused: {reason}; check username and password")
        _resolve(self._connack, answer if reason.is_failure else None)

    def _miss(self) -> None:
        self._overdue += 1
        if self._overdue >= _OVERDUE_MAX:
            log.warning("the link is given up: the broker confirms nothing")
            self.stop_reading()
            self._end()

    def _on_subscribe(self, _c: mqtt.Client, _u: Any, _m: int, reasons: list[Any], _p: Any) -> None:
        answers = zip(self._filters, reasons, strict=False)  # a broker may answer anything
        refused = [pattern for pattern, reason in answers if reason.is_failure]
        answer = Refused(
            f"subscription refused: {', '.join(refused) or 'in part'}; let this user read that"
        )
        _resolve(self._suback, answer if refused or len(reasons) != len(self._filters) else None)

    def _on_publish(self, _c: mqtt.Client, _u: Any, mid: int, _r: Any, _p: Any) -> None:
        self._overdue = 0
        confirmed = self._confirmations.get(mid)
        if confirmed is not None:
            _resolve(confirmed, None)

    def _on_disconnect(self, *_: Any) -> None:
        self._end()

    def _on_want_write(self, _c: mqtt.Client, _u: Any, sock: Any) -> None:
        if threading.get_ident() == self._thread:
            self._loop.add_writer(sock, self._write)

    def _on_written(self, _c: mqtt.Client, _u: Any, sock: Any) -> None:
        if threading.get_ident() == self._thread:
            self._loop.remove_writer(sock)

    def _on_socket_close(self, _c: mqtt.Client, _u: Any, sock: Any) -> None:
        if threading.get_ident() == self._thread:
            self._unwatch(sock)

    def _unwatch(self, sock: Any) -> None:
        self._reading = False
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _end(self) -> None:
        self.lost.set()
        for waiting in (self._connack, self._suback):
            _resolve(waiting, Refused("the link ended before the broker had accepted it"))
        for confirmed in self._confirmations.values():
            _resolve(confirmed, NotPublished("the link was lost before the confirmation"))


def _resolve(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        future.exception()  # retrieved here: nobody may be waiting for it
