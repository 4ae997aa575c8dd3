"""A broker connection over paho-mqtt, driven by the event loop; see `PahoSession`.

paho parses and writes MQTT 3.1.1; this file owns its socket's readiness, the back-off, and
what a message passes through before somebody acks it. Each link gets a client of its own,
so nothing of a dead link is left in the next one; the broker keeps the session.
"""

import asyncio
import logging
import random
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from pydantic import Field, SecretStr, model_validator

from edge import topic
from edge.clock import Clock
from edge.paho_client import PahoClient, trusting
from edge.session import Delivery, NotPublished, OnLink, Will
from edge.settings import DurationS, Settings

log = logging.getLogger(__name__)

# The link's own times are the network's and stay in real seconds on any clock.
_BACKOFF_S_MIN, _BACKOFF_S_MAX = 1.0, 60.0
_STABLE_S = 300.0
_ACCEPT_S = 15.0
_PUBACK_S = 30.0
_MISC_S = 1.0

_QUEUE_MAX = 4_000
_QUEUE_BYTES_MAX = 64 * 2**20
_PACKETS_A_WAKE = 256
_UNCONFIRMED_MAX = 1_000
_UNREADABLE_TOPIC = "\ufffd"


class BrokerSettings(Settings):
    """Where the broker is and who we are to it; the password never prints.

    `tls_ca` (a PEM file) turns TLS on. `keepalive` is how long a silent link may last before
    either side gives it up.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=1883, ge=1, le=65_535)
    client_id: str = Field(default="edge", min_length=1, max_length=23)
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    tls_ca: Path | None = None
    keepalive: DurationS = Field(default=60.0, ge=5.0, le=3_600.0)

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.password is not None and self.password_file is not None:
            raise ValueError("give password or password_file, not both")
        return self

    def secret(self) -> str | None:
        """The password, read from its file when it is kept in one; raises OSError."""
        if self.password_file is not None:
            return self.password_file.read_text("utf-8").strip()
        return None if self.password is None else self.password.get_secret_value()


class _Refused(Exception):  # noqa: N818  (the broker's answer, not a fault of ours)
    """The broker answered, and the answer was no."""


class PahoSession:
    """An `edge.session.Session` on a real broker.

    Messages wait here, unacked, up to 4,000 or 64 MiB; then the socket is not read until
    somebody takes some, and the broker keeps the rest. A reader that stays away for longer
    than the keepalive loses the link, and what it had not acked comes again.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        filters: Sequence[str],
        *,
        clock: Clock,
        rng: random.Random,
        will: Will | None = None,
    ) -> None:
        self._settings = settings
        self._filters = filters
        self._clock = clock
        self._rng = rng
        self._will = will
        self._queue: deque[Delivery] = deque()
        self._queued_bytes = 0
        self._wanted = 1
        self._arrived = asyncio.Event()
        self._link = 0
        self._current: _Link | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection and the subscriptions."""
        link = self._current
        return link is not None and link.accepted and not link.lost.is_set()

    async def run(self, on_link: OnLink) -> None:
        """Connect, and reconnect with full-jitter back-off, until cancelled."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began_s = loop.time()
            try:
                await self._one_link(on_link)
            except (_Refused, OSError, TimeoutError) as error:
                log.warning("broker %s: %s", self._where(), error)
            stable = loop.time() - began_s >= _STABLE_S
            failures = 1 if stable else failures + 1
            await asyncio.sleep(back_off_s(failures, self._rng))

    async def receive(self, limit: int, linger_s: float) -> list[Delivery]:
        """Wait for a first message, then for up to `limit` of them or `linger_s` real seconds."""
        await self._until_queued(1)
        try:
            async with asyncio.timeout(linger_s):
                await self._until_queued(min(limit, _QUEUE_MAX))
        except TimeoutError:
            pass
        taken = [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
        self._queued_bytes -= sum([len(delivery.payload) for delivery in taken])
        if self._current is not None and not self._is_full():
            self._current.resume_reading()
        return taken

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are ours now; all acks leave in one write."""
        if self._current is not None:
            self._current.ack([d.mid for d in deliveries if d.link == self._link and d.mid])

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1 and return once the broker has confirmed.

        Raises:
            NotPublished: the link is down, was lost, or gave no answer in time.
        """
        if self._current is None or not self.connected:
            raise NotPublished(f"no link to the broker at {self._where()}")
        await self._current.publish(topic, payload, retain=retain)

    async def _one_link(self, on_link: OnLink) -> None:
        """Hold one link from its connection to its end."""
        self._link += 1
        # A resumed session delivers before its SUBACK, and these may be acked before it too.
        self._current = link = _Link(self._client())
        try:
            await link.open(self._settings, self._filters)
            log.info("broker %s: connected as %s", self._where(), self._settings.client_id)
            await on_link(True)  # noqa: FBT003  (the contract's own signature)
            await link.lost.wait()
        finally:
            was_up, self._current = link.accepted, None
            link.close()
        if was_up:
            await on_link(False)  # noqa: FBT003  (the contract's own signature)

    def _client(self) -> PahoClient:
        settings = self._settings
        client = PahoClient(settings.client_id, self._take)
        client.max_queued_messages_set(_UNCONFIRMED_MAX)
        client.max_inflight_messages_set(_UNCONFIRMED_MAX)
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.secret())
        if settings.tls_ca is not None:
            client.tls_set_context(trusting(settings.tls_ca))
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=True)
        return client

    def _take(self, topic: bytes, payload: bytes, mid: int, retain: bool) -> None:
        """Queue a message, and read no further when the queue is full."""
        try:
            name = topic.decode()
        except UnicodeDecodeError:
            name = _UNREADABLE_TOPIC
        received_ns = self._clock.now_ns()
        self._queue.append(Delivery(name, payload, retain, received_ns, mid, self._link))
        self._queued_bytes += len(payload)
        if len(self._queue) >= self._wanted:
            self._arrived.set()
        if self._current is not None and self._is_full():
            self._current.stop_reading()

    def _is_full(self) -> bool:
        return len(self._queue) >= _QUEUE_MAX or self._queued_bytes >= _QUEUE_BYTES_MAX

    async def _until_queued(self, count: int) -> None:
        self._wanted = count
        while len(self._queue) < count:
            self._arrived.clear()
            await self._arrived.wait()

    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"


def back_off_s(failures: int, rng: random.Random) -> float:
    """How long to wait after `failures` in a row: any time up to 1 s, 2 s, 4 s ... 60 s."""
    return rng.uniform(0, min(_BACKOFF_S_MAX, _BACKOFF_S_MIN * 2 ** min(failures - 1, 6)))


class _Link:
    """One connection: a paho client whose socket the event loop watches."""

    def __init__(self, client: PahoClient) -> None:
        self.lost = asyncio.Event()
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._reading = False
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

    async def open(self, settings: BrokerSettings, filters: Sequence[str]) -> None:
        """Connect and subscribe.

        Raises:
            OSError, TimeoutError: the network's; no answer.
            _Refused: the broker's.
        """
        await self._connect(settings)
        async with asyncio.timeout(_ACCEPT_S):
            await self._connack
            if filters:
                self._client.subscribe([(pattern, topic.qos(pattern)) for pattern in filters])
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
        return self._suback.done() and self._suback.exception() is None

    def ack(self, mids: Sequence[int]) -> None:
        """Ack QoS 1 messages."""
        self._client.ack_all(mids)

    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """See `PahoSession.publish`."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotPublished(mqtt.error_string(info.rc))
        confirmed = self._loop.create_future()
        self._confirmations[info.mid] = confirmed
        try:
            async with asyncio.timeout(_PUBACK_S):
                await confirmed
        except TimeoutError:
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

    async def _connect(self, settings: BrokerSettings) -> None:
        connecting = asyncio.ensure_future(
            asyncio.to_thread(
                self._client.connect, settings.host, settings.port, int(settings.keepalive)
            )
        )
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            await asyncio.wait([connecting])  # at most paho's 5 s; its socket must not leak
            raise
        self.resume_reading()
        self._write()
        self._loop.call_later(_MISC_S, self._misc)

    def _read(self) -> None:
        """Read what has come, so that a burst costs few turns of the loop."""
        for _ in range(_PACKETS_A_WAKE):
            if not self._reading or self._client.socket() is None:
                return
            self._client.loop_read()
            if not self._client.has_read_ahead:
                return
        self._loop.call_soon(self._read)

    def _write(self) -> None:
        self._client.loop_write()  # asks for another turn itself while bytes are left

    def _misc(self) -> None:
        """Keep the link alive, and end it when the broker has stopped answering."""
        if not self.lost.is_set():
            self._client.loop_misc()
            self._loop.call_later(_MISC_S, self._misc)

    def _on_connect(self, _c: mqtt.Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        answer = _Refused(f"connection refused: {reason}; check username and password")
        _resolve(self._connack, answer if reason.is_failure else None)

    def _on_subscribe(self, _c: mqtt.Client, _u: Any, _m: int, reasons: list[Any], _p: Any) -> None:
        refused = any(reason.is_failure for reason in reasons)
        answer = _Refused("subscription refused; check what this user may read")
        _resolve(self._suback, answer if refused else None)

    def _on_publish(self, _c: mqtt.Client, _u: Any, mid: int, _r: Any, _p: Any) -> None:
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
            _resolve(waiting, _Refused("the link ended before the broker had accepted it"))
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
