"""A broker connection over paho-mqtt, driven by the event loop; see `PahoSession`.

This file owns the back-off and what a message passes through before somebody acks it. Each
link (`edge.broker_link`) gets a client and a framing of its own, so nothing of a dead link
is left in the next one; the broker keeps the session.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from edge.address import HostName
from edge.broker_link import Link, Refused
from edge.clock import Clock
from edge.mqtt_frames import Frames, fitting, mids_of, payload_bytes
from edge.paho_client import PahoClient, trusting
from edge.session import Delivery, NotPublished, OnLink, Will
from edge.settings import DurationS, Settings

log = logging.getLogger(__name__)

# The link's own times are the network's and stay in real seconds on any clock.
_BACKOFF_S_MIN, _BACKOFF_S_MAX = 1.0, 60.0
_STABLE_S = 300.0
_SHORT_LINKS_TOLD = 3

_QUEUE_MAX = 8_000
_QUEUE_BYTES_MAX = 64 * 2**20
_GIVEN_BYTES = 2**20
"""With so much payload a batch is full, however few the messages: each may hold many readings."""
_UNCONFIRMED_MAX = 1_000


class BrokerSettings(Settings):
    """Where the broker is and who we are to it; the password never prints.

    `tls_ca` (a PEM file) turns TLS on. `keepalive` is how long a silent link may last before
    either side gives it up.
    """

    host: HostName = Field(default="127.0.0.1", min_length=1)
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


class PahoSession:
    """An `edge.session.Session` on a real broker.

    Messages wait here, unacked, up to 8,000 or 64 MiB and what one more read (256 KiB)
    brings; then the socket is not read until somebody takes some, and the broker keeps the
    rest. A reader that stays away for longer
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
        self._current: Link | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection and the subscriptions."""
        link = self._current
        return link is not None and link.accepted and not link.lost.is_set()

    @property
    def certificate_until_ns(self) -> int | None:
        """See `edge.certificate.Certified`."""
        return None if self._current is None else self._current.certificate_until_ns

    @property
    def queued(self) -> int:
        """How many messages have come and wait to be received."""
        return len(self._queue)

    async def run(self, on_link: OnLink) -> None:
        """Connect, and reconnect with full-jitter back-off, until cancelled."""
        loop = asyncio.get_running_loop()
        failures = short = 0
        while True:
            began_s = loop.time()
            try:
                await self._one_link(on_link)
                short += 1
            except (Refused, OSError, TimeoutError) as error:
                remedy = "trying again; check that it runs, and [broker] host, port and password"
                log.warning("broker %s: %s; %s", self._where(), error or "no answer", remedy)
            if loop.time() - began_s >= _STABLE_S:
                failures = short = 0
            failures += 1
            if short == _SHORT_LINKS_TOLD:
                self._suspect_a_twin()
            await asyncio.sleep(back_off_s(failures, self._rng))

    async def receive(self, limit: int, linger_s: float) -> list[Delivery]:
        """Wait for a first message, then for up to `limit` of them or `linger_s` real seconds."""
        await self._until_queued(1)
        try:
            async with asyncio.timeout(linger_s):
                await self._until_queued(min(limit, _QUEUE_MAX))
        except TimeoutError:
            pass
        taken = self._take_out(limit)
        self._queued_bytes -= payload_bytes(taken)
        if self._current is not None and not self._is_full():
            self._current.resume_reading()
        return taken

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are ours now; all acks leave in one write."""
        if self._current is not None:
            self._current.ack(mids_of(self._link, deliveries))

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
        self._current = link = Link(
            self._client(), Frames(self._link), self._clock.now_ns, self._take
        )
        try:
            where = (self._settings.host, self._settings.port)
            await link.open(where, int(self._settings.keepalive), self._filters)
            log.info("broker %s: connected as %s", self._where(), self._settings.client_id)
            await on_link(True)  # noqa: FBT003  (the contract's own signature)
            await link.lost.wait()
        finally:
            was_up, self._current = link.accepted, None
            link.close()
            # They come again, and a full queue would leave the next link's SUBACK unread.
            self._queue.clear()
            self._queued_bytes = 0
        if was_up:
            await on_link(False)  # noqa: FBT003  (the contract's own signature)

    def _suspect_a_twin(self) -> None:
        """Nothing in MQTT 3.1.1 says so: the broker hangs up on the older of two."""
        log.warning(
            "broker %s: %d links ended within minutes of their beginning; look for"
            ' another client with the id "%s", such as a copy of this machine',
            self._where(), _SHORT_LINKS_TOLD, self._settings.client_id,
        )  # fmt: skip

    def _client(self) -> PahoClient:
        settings = self._settings
        client = PahoClient(settings.client_id)
        client.max_queued_messages_set(_UNCONFIRMED_MAX)
        client.max_inflight_messages_set(_UNCONFIRMED_MAX)
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.secret())
        if settings.tls_ca is not None:
            client.tls_set_context(trusting(settings.tls_ca))
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=True)
        return client

    def _take(self, deliveries: list[Delivery]) -> None:
        """Queue what has come, and read no further when the queue is full."""
        self._queue.extend(deliveries)
        self._queued_bytes += payload_bytes(deliveries)
        if self._is_enough():
            self._arrived.set()
        if self._current is not None and self._is_full():
            self._current.stop_reading()

    def _take_out(self, limit: int) -> list[Delivery]:
        count = fitting(self._queue, limit, _GIVEN_BYTES)
        if count < len(self._queue):
            return [self._queue.popleft() for _ in range(count)]
        taken = list(self._queue)
        self._queue.clear()
        return taken

    def _is_full(self) -> bool:
        return len(self._queue) >= _QUEUE_MAX or self._queued_bytes >= _QUEUE_BYTES_MAX

    def _is_enough(self) -> bool:
        return len(self._queue) >= self._wanted or self._queued_bytes >= _GIVEN_BYTES

    async def _until_queued(self, count: int) -> None:
        self._wanted = count
        while not self._is_enough():
            self._arrived.clear()
            await self._arrived.wait()

    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"


def back_off_s(failures: int, rng: random.Random) -> float:
    """How long to wait after `failures` in a row: any time up to 1 s, 2 s, 4 s ... 60 s."""
    return rng.uniform(0, min(_BACKOFF_S_MAX, _BACKOFF_S_MIN * 2 ** min(failures - 1, 6)))
