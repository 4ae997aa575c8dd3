"""What the edge says of itself: that it is up or down, and once a minute how it is.

Both may be missed, since the next one says it again. Before it looks at itself it makes room
in the journal.
"""

import logging
from functools import partial

import msgspec

from edge import topic
from edge.certificate import Certified
from edge.clock import sleep
from edge.disk_room import when_room
from edge.edge_settings import EdgeSettings
from edge.fold import Fold
from edge.health import Health
from edge.holding import Holding
from edge.journal import Journal
from edge.outbox import Outbox
from edge.reading import MINUTE_NS, SECOND_NS
from edge.ring import prune, used_bytes
from edge.session import NotPublished, Session, Will
from edge.timekeeper import Timekeeper
from edge.uptimes import turn

log = logging.getLogger(__name__)

REPORT_S = 60.0
UPTIMES_NS = 10 * MINUTE_NS


def last_will(settings: EdgeSettings, boot: int) -> Will:
    """What the broker says for an edge that is cut off."""
    return Will(topic.status_topic(settings.site, settings.edge), _status(boot, up=False))


class Report:
    """One edge's status and health, published over `session`."""

    def __init__(  # noqa: PLR0913  (it looks at every part; wired once by the agent)
        self,
        settings: EdgeSettings,
        journal: Journal,
        session: Session,
        *,
        fold: Fold,
        holding: Holding,
        outbox: Outbox,
        clock: Timekeeper,
        health: Health,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._session = session
        self._fold = fold
        self._holding = holding
        self._outbox = outbox
        self._clock = clock
        self._health = health
        self._status_topic = topic.status_topic(settings.site, settings.edge)
        self._told_ns: int | None = None
        self._rounds = 0
        self._health_topic = topic.health_topic(settings.site, settings.edge)

    async def run(self) -> None:
        """Once a minute: room made in the journal, and the state of the edge published."""
        while True:
            now_ns = self._clock.now_ns()
            await when_room(self._clock, self._health, self._fold.settle_rest)
            if self._holding.opened.is_set():
                await when_room(self._clock, self._health, partial(self._prune, now_ns))
            self._measure(now_ns)
            if self._session.connected:
                await self._publish(self._health_topic, self._health_report(now_ns))
            await self._tell_uptimes(now_ns)
            await sleep(self._clock, REPORT_S)

    async def _tell_uptimes(self, now_ns: int) -> None:
        """Every ten minutes, today and one of the days before: what was missed is told again."""
        if not (self._session.connected and self._holding.opened.is_set()):
            return
        if self._told_ns is not None and now_ns - self._told_ns < UPTIMES_NS:
            return
        to = topic.uptime_topic(self._settings.site, self._settings.edge)
        for days_ago in turn(self._rounds):
            for page in self._fold.uptimes().pages(self._settings.edge, now_ns, days_ago):
                await self._publish(to, page)
        self._told_ns, self._rounds = now_ns, self._rounds + 1

    async def say(self, *, up: bool) -> None:
        """Let the broker hold that the edge is `up`, or that it went down as it should."""
        await self._publish(self._status_topic, _status(self._journal.boot, up=up), retain=True)

    async def _publish(self, to: str, payload: bytes, *, retain: bool = False) -> None:
        try:
            await self._session.publish(to, payload, retain=retain)
        except NotPublished as error:
            self._health.count("publishes_failed")
            log.info("%s: %s", to, error)

    def _prune(self, now_ns: int) -> None:
        prune(
            self._journal, self._settings.journal, self._health,
            now_ns=now_ns, forwarded=self._settings.influx is not None,
        )  # fmt: skip

    def _measure(self, now_ns: int) -> None:
        gauge, journal = self._health.gauge, self._journal
        self._clock.measure()
        self._holding.measure()
        gauge("boot", journal.boot)
        link = self._session
        if isinstance(link, Certified) and link.certificate_until_ns is not None:
            gauge("broker_certificate_until_s", link.certificate_until_ns / SECOND_NS)
        gauge("journal_position", journal.last)
        gauge("journal_bytes", used_bytes(journal))
        gauge("findings_unacked", self._outbox.count_unacked())
        oldest = self._outbox.unacked(1)
        age_ns = max(0, now_ns - oldest[0].finding.at_ns) if oldest else 0
        gauge("finding_oldest_unacked_s", age_ns / SECOND_NS)

    def _health_report(self, now_ns: int) -> bytes:
        """Every metric of this process, the pipeline's counts, bad clocks, and who floods."""
        report = {"v": 1, "at_ns": now_ns, "edge": self._settings.edge}
        return msgspec.json.encode(self._health.snapshot() | report | self._fold.shown(now_ns))


def _status(boot: int, *, up: bool) -> bytes:
    return msgspec.json.encode({"up": up, "boot": boot})
