"""A certificate that is about to end is an incident 30 days before, and more urgent at 7 and at 1.

One for each end: what several edges and the gateway rest on is said once. Judged by what each
says of its own link while it is heard; over once nobody's last word is of that end any more.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from msgspec import structs

from edge.certificate import Certified
from edge.clock import Clock
from edge.reading import (
    DAY_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)
from edge.session import Session
from gateway.clearing import cleared
from gateway.db.engine import reading
from gateway.db.incidents import lasting, latest_finding
from gateway.engine import Engine
from gateway.health import EdgeView, Link, edges_of
from gateway.own_findings import take_own
from gateway.rounds import LOOK_S, look_around

log = logging.getLogger(__name__)

RULE = "certificate_ends"
LEAD_NS = 30 * DAY_NS
_STAGES = ((DAY_NS, Tier.URGENT), (7 * DAY_NS, Tier.IMPORTANT), (LEAD_NS, Tier.GENERAL))
_TOLD = "broker_certificate_until_s"
_UNIX_S_MIN, _UNIX_S_MAX = 10**9, 2**33  # what says less or more is no time
_NAMED_MAX = 3
_ENDS = (
    (
        "消息服务器的证书（或其签发机构的证书）{day} 到期，剩 {days} 天，到期后{zh}将收发不了告警；"
        "请更换证书并重启消息服务器"
    ),
    (
        "The broker's certificate, or its authority's, ends on {day}, in {days} days; from then on "
        "{en} will be cut off from every alarm; renew it, and restart the broker"
    ),
)
_RENEWED = (
    "即将到期的证书已更换，无需处理",
    "The certificate that was about to end has been replaced; nothing needs to be done",
)


class CertificateWatch:
    """Raises, worsens and clears one finding for each end of a certificate that is near."""

    def __init__(
        self,
        engine: Engine,
        session: Session,
        *,
        site: str,
        clock: Clock,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._engine = engine
        self._session = session
        self._site = site
        self._clock = clock
        self._leads = leads

    @property
    def own_until_ns(self) -> int | None:
        """When the first certificate of the gateway's own link ends, as far as it has one."""
        return self._session.certificate_until_ns if isinstance(self._session, Certified) else None

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        await look_around(self.look, "the certificates", self._clock)

    def look(self, now_ns: int) -> None:
        """Say what is near its end by `now_ns`, and what has been replaced.

        A gateway without a link says nothing: it does not know its own, and hears of no other.
        """
        if not (self._session.connected and self._leads()):
            return
        with reading(self._engine.database) as connection:
            edges = edges_of(connection, now_ns)
            standing = _standing(connection)
        for until_ns, by in self._met(edges).items():
            self._judge(until_ns, by, standing.get(self._id(until_ns)), now_ns)
        told = {self.own_until_ns, *map(_until_ns, edges)}
        for last in standing.values():
            if last.since_ns + LEAD_NS not in told:
                zh, en = _RENEWED
                self._take(cleared(last, now_ns, sentence_zh=zh, sentence_en=en), now_ns)

    def _met(self, edges: Sequence[EdgeView]) -> Mapping[int, list[str]]:
        """Who rests on what ends when; "" is the gateway. Only of those who are heard now."""
        met: dict[int, list[str]] = {}
        words = [("", self.own_until_ns)]
        words += [(each.edge, _until_ns(each)) for each in edges if each.state is Link.UP]
        for name, until_ns in words:
            if until_ns is not None:
                met.setdefault(until_ns, []).append(name)
        return met

    def _judge(self, until_ns: int, by: list[str], last: Finding | None, now_ns: int) -> None:
        left_ns = until_ns - now_ns
        tier = next((tier for within_ns, tier in _STAGES if left_ns <= within_ns), None)
        if tier is None or (last is not None and last.tier <= tier):
            return
        first = self._raised(until_ns, tier, by, now_ns)
        if last is None:
            self._take(first, now_ns)
        else:
            revision = last.revision + 1
            self._take(
                structs.replace(first, revision=revision, state=FindingState.UPDATED), now_ns
            )

    def _id(self, until_ns: int) -> str:
        return finding_id(RULE, self._subject(), until_ns - LEAD_NS)

    def _subject(self) -> str:
        return f"{self._site}/certificate"

    def _raised(self, until_ns: int, tier: Tier, by: list[str], now_ns: int) -> Finding:
        days = max(0, (until_ns - now_ns) // DAY_NS)
        zh, en = _whose(by)
        words = {
            "day": f"{self._engine.book.local(until_ns):%Y-%m-%d}", "days": days, "zh": zh, "en": en
        }  # fmt: skip
        return Finding(
            id=self._id(until_ns),
            revision=0,
            rule=RULE,
            rule_version=1,
            subject=self._subject(),
            category="gateway",
            tier=tier,
            state=FindingState.RAISED,
            since_ns=until_ns - LEAD_NS,
            at_ns=now_ns,
            timeliness=Timeliness.LIVE,
            evidence=Evidence(
                seen={"days_left": days},
                usual={},
                complete_until_ns=now_ns,
                delay_s_worst=LOOK_S,
                sentence_zh=_ENDS[0].format_map(words),
                sentence_en=_ENDS[1].format_map(words),
            ),
        )

    def _take(self, finding: Finding, now_ns: int) -> None:
        log.warning("%s", finding.evidence.sentence_en)
        take_own(self._engine, finding, now_ns)


def _until_ns(edge: EdgeView) -> int | None:
    """What the edge last said of its link; None where it said nothing that can be."""
    told = edge.health.get(_TOLD)
    if not isinstance(told, int | float) or not _UNIX_S_MIN < told < _UNIX_S_MAX:
        return None
    return int(told) * SECOND_NS


def _whose(by: list[str]) -> tuple[str, str]:
    """The first three of those who rest on it, and how many they are, in both languages."""
    zh = "、".join(f"边缘站 {name}" if name else "网关" for name in by[:_NAMED_MAX])
    en = ", ".join(f"edge {name}" if name else "the gateway" for name in by[:_NAMED_MAX])
    more = len(by) - _NAMED_MAX
    return (f"{zh}等 {len(by)} 处", f"{en} and {more} more") if more > 0 else (zh, en)


def _standing(connection: sa.Connection) -> dict[str, Finding]:
    """The last statements of what is not over yet, by finding, whoever closed their incidents."""
    known = [each.finding_id for each in lasting(connection, [RULE])]
    return {each: latest_finding(connection, each) for each in known}
