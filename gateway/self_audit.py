"""Once a minute the gateway asks itself whether every alert still has somewhere to go.

What would stand still is set going again and counted. What cannot be mended here, a provider
that takes nothing or a step long overdue, becomes an incident of its own when it lasts.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

import sqlalchemy as sa
from msgspec import Struct, structs

from edge.clock import Clock, sleep
from edge.reading import (
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)
from gateway.db import faults
from gateway.db.engine import reading, writing
from gateway.db.faults import Fault
from gateway.db.incidents import lasting, latest_finding
from gateway.engine import Conflict, Engine, announce
from gateway.health import Vitals
from gateway.own_findings import take_own

log = logging.getLogger(__name__)

RULE = "self_audit"
CATEGORY = "gateway"
OWN = "_audit"
"""Stands where an edge's name would in what the gateway finds in itself; no edge is called so."""
LOOK_S = 60.0
BROKER = "broker"
"""The reason of a gateway that no edge can reach."""
DATABASE = "database"
"""The reason of a gateway whose database, or the disk under it, has refused since the last look."""
REFUSED = "waited_for_database"
"""What every part counts that has to wait until the database can be written again."""
LASTING = 2
"""Looks in a row that must find the same before it is said, or said to be over."""


class Audit(Struct, frozen=True):
    """What one look found: faults by kind, all mended, and why alerts may not go out."""

    at_ns: int
    mended: dict[str, int]
    reasons: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether alerts go out, and nothing had to be mended."""
        return not (self.mended or self.reasons)


_DUMB = (
    "告警可能发不出去（{why}），请改用电话值守，并检查短信、网络和通道",
    (
        "Alerts may not reach anybody ({why}); go by telephone, and check the modem, the network "
        "and the channels"
    ),
)
_SPEAKS = (
    "通道已恢复正常，无需处理",
    "Messages go out again; nothing needs to be done",
)
_DEAF = (
    "网关与消息服务器断开，收不到任何边缘站的告警，各户情况未知，请人工查看，并检查网络和消息服务器",
    (
        "The gateway has no link to the broker and hears of no alarm; nothing is known of any "
        "home; look after them by hand, and check the network and the broker"
    ),
)
_FULL = (
    "网关写不进数据库，收不下也发不出告警，请改用电话值守，并检查磁盘空间和数据库",
    (
        "The gateway cannot write its database, so it takes no alarm and sends none; go by "
        "telephone, and check the disk's room and the database"
    ),
)
_SENTENCES: Mapping[tuple[str, ...], tuple[str, str]] = MappingProxyType(
    {(BROKER,): _DEAF, (DATABASE,): _FULL}
)
_HEARS = (
    "网关与消息服务器已恢复连接，断开期间的告警会标为迟到补发",
    "The gateway is linked to the broker again; alarms of the time between come late, and say so",
)

OnAudit = Callable[[Audit], Awaitable[None]]


class SelfAudit:
    """One gateway's look at itself; `last` is what it found, None before the first."""

    def __init__(
        self,
        engine: Engine,
        vitals: Callable[[], Vitals],
        *,
        site: str,
        clock: Clock,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self.last: Audit | None = None
        self.listeners: list[OnAudit] = []
        self._engine = engine
        self._vitals = vitals
        self._site = site
        self._clock = clock
        self._leads = leads
        self._bad = 0
        self._good = 0
        self._refusals = 0

    async def run(self) -> None:
        """Look once a minute, until cancelled; listeners hear of each look that could be made."""
        while True:
            await sleep(self._clock, LOOK_S)
            try:
                found = self.look(self._clock.now_ns())
            except (sa.exc.OperationalError, sa.exc.IntegrityError, Conflict) as error:
                self._engine.counts["audit", "not_made"] += 1
                log.warning("the gateway could not look at itself: %s", error)
                continue
            for told in self.listeners:
                await told(found)

    def look(self, now_ns: int) -> Audit:
        """What is found is mended, counted, and raised when it lasts."""
        mended = self._mend(now_ns)
        found = Audit(now_ns, dict(mended), (*_reasons(self._vitals()), *self._refused()))
        self.last = found
        self._engine.counts["audit", "sound" if found.sound else "unsound"] += 1
        self._bad = self._bad + 1 if found.reasons else 0
        self._good = 0 if found.reasons else self._good + 1
        if self._leads():
            self._say(found, now_ns)
        return found

    def _mend(self, now_ns: int) -> Counter[str]:
        mended: Counter[str] = Counter()
        with reading(self._engine.database) as connection:
            suspects = [fault for fault in Fault if self._find(connection, fault, now_ns)]
        if not suspects:
            return mended
        with writing(self._engine.database) as connection:
            for fault in suspects:
                ids = self._find(connection, fault, now_ns)
                faults.mend(connection, fault, ids, now_ns)
                mended[fault.value] = len(ids)
                self._engine.counts["audit_mended", fault.value] += len(ids)
        log.error("set going again: %s", dict(mended))
        announce(self._engine, frozenset())
        return mended

    def _refused(self) -> tuple[str, ...]:
        """Whether any part had to wait for the database since the last look."""
        counts = self._engine.counts.items()
        before, self._refusals = self._refusals, sum(n for (_, how), n in counts if how == REFUSED)
        return (DATABASE,) if self._refusals > before else ()

    def _find(self, connection: sa.Connection, fault: Fault, now_ns: int) -> Sequence[object]:
        # Where an hour of the clock is a second, leases are as many times as long.
        lease_ns_max = int(faults.LEASE_NS_MAX * max(1.0, self._clock.speed))
        return faults.find(connection, fault, now_ns, lease_ns_max)

    def _say(self, found: Audit, now_ns: int) -> None:
        standing = self._standing()
        if self._bad == LASTING and standing is None:
            self._take(raised(self._site, found.reasons, now_ns), now_ns)
        elif self._good == LASTING and standing is not None:
            self._take(cleared(standing, now_ns), now_ns)

    def _standing(self) -> Finding | None:
        """The last statement of the trouble that is not over yet."""
        with reading(self._engine.database) as connection:
            known = max(lasting(connection, [RULE]), key=attrgetter("opened_ns"), default=None)
            return None if known is None else latest_finding(connection, known.finding_id)

    def _take(self, finding: Finding, now_ns: int) -> None:
        log.error("%s", finding.evidence.sentence_en)
        take_own(self._engine, finding, now_ns, OWN)


def _reasons(vitals: Vitals) -> tuple[str, ...]:
    """Why what is owed to people may not go out, or what they should hear of may not come in."""
    deaf = (BROKER,) if vitals.is_deaf else ()
    if vitals.can_notify:
        return deaf
    overdue_s = vitals.overdue_ns // SECOND_NS
    told = [f"channel {name}" for name in vitals.failing]
    told += [f"overdue {overdue_s} s"] if vitals.is_overdue else []
    return (*(told or ["engine"]), *deaf)


def raised(site: str, reasons: tuple[str, ...], now_ns: int) -> Finding:
    """The finding that alerts may not reach anybody, or us."""
    since_ns = now_ns - int((LASTING - 1) * LOOK_S * SECOND_NS)
    subject = f"{site}/{CATEGORY}"
    why = ", ".join(reasons)
    zh, en = (each.format(why=why) for each in _SENTENCES.get(reasons, _DUMB))
    return Finding(
        id=finding_id(RULE, subject, since_ns),
        revision=0,
        rule=RULE,
        rule_version=1,
        subject=subject,
        category=CATEGORY,
        tier=Tier.URGENT,
        state=FindingState.RAISED,
        since_ns=since_ns,
        at_ns=now_ns,
        timeliness=Timeliness.LIVE,
        evidence=Evidence(
            seen={"reasons": why[:200]},
            usual={},
            complete_until_ns=now_ns,
            delay_s_worst=LASTING * LOOK_S,
            sentence_zh=zh,
            sentence_en=en,
        ),
    )


def cleared(last: Finding, now_ns: int) -> Finding:
    """The same, over."""
    zh, en = _HEARS if last.evidence.seen.get("reasons") == BROKER else _SPEAKS
    evidence = structs.replace(last.evidence, seen={}, sentence_zh=zh, sentence_en=en)
    return structs.replace(
        last, revision=last.revision + 1, state=FindingState.CLEARED, at_ns=now_ns,
        evidence=evidence,
    )  # fmt: skip
