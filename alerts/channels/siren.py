"""Sirens, lamps and screens on site, over MQTT: the way that needs no phone network.

The broker's confirmation proves nothing, since it also confirms what its access rules then
drop; so the device itself must answer. It is told on `PREFIX/ID/show`, keeps the message's
id, does nothing twice, and answers that id on `PREFIX/ID/shown`.
"""

import asyncio
import re
import ssl

import aiomqtt
import msgspec
from pydantic import Field

from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.catalog import ChannelSettings, Kind
from edge.broker import BrokerSettings
from edge.settings import DurationS

_ADDRESS = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_TEXT_LENGTH = 500


class SirenSettings(ChannelSettings):
    """The broker, the topics' first part, and how long a device may take to answer."""

    broker: BrokerSettings
    prefix: str = Field(default="sw/1/_siren", pattern=r"^[^\s+#]{1,100}[^\s+#/]$")
    timeout: DurationS = Field(default=5.0, gt=0, le=60)


class SirenChannel:
    """Tells one device at a time, each over a connection of its own."""

    name = "siren"

    def __init__(self, settings: SirenSettings) -> None:
        self._settings = settings

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Tell the device; DELIVERED only when it says that it shows this very message."""
        del now_ns
        if not _ADDRESS.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, f"no device's id: write {KIND.hint}")
        try:
            async with self._client(out) as client:
                return await self._tell(client, out)
        except (aiomqtt.MqttError, OSError) as error:
            return Verdict(Outcome.TEMPORARY, f"no talk with the broker: {error}")

    async def aclose(self) -> None:
        """Nothing is held between messages."""

    async def _tell(self, client: aiomqtt.Client, out: Outgoing) -> Verdict:
        topic = f"{self._settings.prefix}/{out.address}"
        await client.subscribe(f"{topic}/shown", qos=1)
        await client.publish(f"{topic}/show", _message(out), qos=1)
        try:
            async with asyncio.timeout(self._settings.timeout):
                async for answer in client.messages:
                    if not answer.retain and _names(answer.payload, out.idempotency_id):
                        return Verdict(Outcome.DELIVERED, "the device shows it")
        except (TimeoutError, aiomqtt.MqttError):
            pass
        return Verdict(Outcome.UNKNOWN, "the broker has it; the device has not answered")

    def _client(self, out: Outgoing) -> aiomqtt.Client:
        broker = self._settings.broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            identifier=f"{broker.client_id}-{out.idempotency_id[-8:]}",
            username=broker.username,
            password=broker.secret(),
            tls_context=ssl.create_default_context(cafile=broker.tls_ca) if broker.tls_ca else None,
            timeout=self._settings.timeout,
            keepalive=int(broker.keepalive),
        )


def _message(out: Outgoing) -> bytes:
    data = out.payload.get("data")
    tier = data.get("tier") if isinstance(data, dict) else None
    said = {"v": 1, "id": out.idempotency_id, "tier": tier, "text": out.text[:_TEXT_LENGTH]}
    return msgspec.json.encode(said)


def _names(payload: object, idempotency_id: str) -> bool:
    try:
        answer = msgspec.json.decode(payload if isinstance(payload, bytes) else b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("id") == idempotency_id


KIND = Kind(
    name="siren",
    zh="现场声光",
    en="Siren",
    settings=SirenSettings,
    make=SirenChannel,
    address=_ADDRESS,
    hint="the device's id in its topics",
)
