"""The gateway's sign of life to the outside: sent only when a self-audit found all well.

Its absence is the alarm, raised by whoever listens; no word of it may read like one.
"""

import logging
from typing import Protocol

import httpx
import msgspec

from edge.reading import SECOND_NS
from edge.session import NotPublished
from edge.topic import PREFIX
from gateway.engine import Engine
from gateway.heartbeat_settings import HeartbeatSettings
from gateway.self_audit import LOOK_S, Audit

log = logging.getLogger(__name__)

BELIEVED_NS = int(3 * LOOK_S * SECOND_NS)
"""For how long one heartbeat may be believed: a silence of three minutes is noticed."""
_TIMEOUT_S = 10.0


class Publisher(Protocol):
    """What leaves a message at the broker."""

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """The broker has confirmed it; raises NotPublished."""
        ...


def words(site: str, node: str, *, recovered: bool) -> dict[str, str]:
    """What a heartbeat says to a person who reads it."""
    if recovered:
        return {
            "zh": f"守望网关 {site}/{node} 恢复正常，无需处理",
            "en": f"Shouwang gateway {site}/{node} is well again; nothing to do",
        }
    return {
        "zh": f"守望网关 {site}/{node} 自检正常",
        "en": f"Shouwang gateway {site}/{node} is well",
    }


def status_topic(site: str, node: str) -> str:
    """Where the broker keeps the last heartbeat of a gateway."""
    return f"{PREFIX}/{site}/_gateway/{node}/status"


class Heartbeat:
    """Sends one heartbeat for each audit that found all well.

    What fails is counted and not tried again: the next minute brings the next.
    """

    def __init__(
        self, engine: Engine, settings: HeartbeatSettings, broker: Publisher, *, site: str
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._broker = broker
        self._site = site
        self._node = engine.node or "gateway"
        self._was_well = True
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)

    async def hear(self, audit: Audit) -> None:
        """The audit was made; the world hears of it if all is well."""
        if not audit.sound:
            self._was_well = False
            self._engine.counts["heartbeat", "withheld"] += 1
            return
        told = words(self._site, self._node, recovered=not self._was_well)
        self._was_well = True
        if self._settings.url is not None:
            await self._call(self._settings.url.get_secret_value(), told)
        if self._settings.mqtt:
            await self._publish(told, audit.at_ns)

    async def aclose(self) -> None:
        """Nothing more is sent."""
        await self._http.aclose()

    async def _call(self, url: str, told: dict[str, str]) -> None:
        try:
            answer = await self._http.post(url, content="\n".join(told.values()).encode())
            sent = answer.is_success
        except httpx.HTTPError as error:
            log.warning("no heartbeat by HTTP: %s", type(error).__name__)
            sent = False
        self._engine.counts["heartbeat", "called" if sent else "not_called"] += 1

    async def _publish(self, told: dict[str, str], at_ns: int) -> None:
        statement = {"v": 1, "up": True, "at_ns": at_ns, "until_ns": at_ns + BELIEVED_NS, **told}
        topic = status_topic(self._site, self._node)
        try:
            await self._broker.publish(topic, msgspec.json.encode(statement), retain=True)
        except NotPublished as error:
            log.warning("no heartbeat by MQTT: %s", error)
            self._engine.counts["heartbeat", "not_published"] += 1
            return
        self._engine.counts["heartbeat", "published"] += 1
