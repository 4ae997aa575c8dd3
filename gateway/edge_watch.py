"""An edge that is down is one incident: while it lasts, nobody can know how its homes are.

The gateway finds this itself, since the edge cannot. It judges only while it listens, so that
its own outage is nobody's; what it has found is in the database and survives its restarts.
"""

import logging
from collections.abc import Callable

import sqlalchemy as sa

from alerts.incident import Incident
from edge.clock import Clock
from edge.reading import (
    HOUR_NS,
    MINUTE_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)
from gateway.clearing import cleared
from gateway.db.engine import reading
from gateway.db.incidents import lasting, latest_finding
from gateway.engine import Engine
from gateway.health import EdgeView, Link, edges_of
from gateway.own_findings import take_own
from gateway.rounds import LOOK_S, look_around

log = logging.getLogger(__name__)

RULE = "edge_down"
GRACE_NS = 5 * MINUTE_NS
"""For how long an edge must be away before it is an outage."""
BACK_NS = 2 * GRACE_NS
"""For how long it must be back before the outage is over: one that flaps is one outage."""


class EdgeWatch:
    """Raises one finding for each outage of an edge, and clears it when the edge is back."""

    def __init__(
        self,
        engine: Engine,
        connected: Callable[[], bool],
        *,
        site: str,
        clock: Clock,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._engine = engine
        self._connected = connected
        self._site = site
        self._clock = clock
        self._leads = leads
        self._listening_ns: int | None = None
        self._back_ns: dict[str, int] = {}

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        await look_around(self.look, "the edges", self._clock)

    def look(self, now_ns: int) -> None:
        """Say what has changed of any edge by `now_ns`."""
        if not self._connected():
            self._listening_ns = None
            self._back_ns.clear()
            return
        if self._listening_ns is None or self._listening_ns > now_ns:
            self._listening_ns = now_ns
        with reading(self._engine.database) as connection:
            edges = edges_of(connection, now_ns)
            standing = _standing(connection)
        for edge in edges:
            self._judge(edge, standing.get(f"{self._site}/{edge.edge}"), now_ns)

    def _judge(self, edge: EdgeView, known: Incident | None, now_ns: int) -> None:
        if edge.state is Link.UP:
            back_ns = self._back_ns.setdefault(edge.edge, now_ns)
            if known is not None and now_ns - back_ns >= BACK_NS:
                self._clear(known, edge.edge, now_ns)
            return
        self._back_ns.pop(edge.edge, None)
        listening_ns = now_ns if self._listening_ns is None else self._listening_ns
        since_ns = edge.at_ns or listening_ns
        if known is None and now_ns - max(since_ns, listening_ns) >= GRACE_NS:
            self._take(self._raised(edge.edge, since_ns, now_ns), now_ns)

    def _raised(self, edge: str, since_ns: int, now_ns: int) -> Finding:
        subject = f"{self._site}/{edge}"
        since = f"{self._engine.book.local(since_ns):%H:%M}"
        return Finding(
            id=finding_id(RULE, subject, since_ns),
            revision=0,
            rule=RULE,
            rule_version=1,
            subject=subject,
            category="device",
            tier=Tier.IMPORTANT,
            state=FindingState.RAISED,
            since_ns=since_ns,
            at_ns=now_ns,
            timeliness=Timeliness.LIVE,
            evidence=Evidence(
                seen={"silence_h": round((now_ns - since_ns) / HOUR_NS, 3)},
                usual={},
                complete_until_ns=since_ns,
                delay_s_worst=(GRACE_NS + LOOK_S * SECOND_NS) / SECOND_NS,
                sentence_zh=f"边缘站 {edge} 自 {since} 起离线，其下各户此后的情况未知，请人工查看",
                sentence_en=f"Edge {edge} is down since {since}; nothing is known of its homes "
                "from then on; look after them by hand",
            ),
        )

    def _clear(self, known: Incident, edge: str, now_ns: int) -> None:
        with reading(self._engine.database) as connection:
            last = latest_finding(connection, known.finding_id)
        down_h = (self._back_ns[edge] - last.since_ns) / HOUR_NS
        over = cleared(
            last,
            now_ns,
            seen={"silence_h": round(down_h, 3)},
            sentence_zh=f"边缘站 {edge} 已恢复，此前离线 {down_h:.1f} 小时",
            sentence_en=f"Edge {edge} is up again after {down_h:.1f} h",
        )
        self._take(over, now_ns)

    def _take(self, finding: Finding, now_ns: int) -> None:
        if not self._leads():
            return  # another gateway says it, or we do when we lead
        log.warning("%s", finding.evidence.sentence_en)
        take_own(self._engine, finding, now_ns)


def _standing(connection: sa.Connection) -> dict[str, Incident]:
    """The incidents of edges that are down as far as is known, by subject, whoever closed them."""
    return {each.subject: each for each in lasting(connection, [RULE])}
