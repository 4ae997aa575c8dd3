"""One finding for a mediator where several homes of a building report the same.

It is over when fewer than five have within two weeks. It says how many they are at least.
"""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType

import sqlalchemy as sa

from alerts.incident import Incident
from edge.clock import Clock
from edge.crowd import at_least
from edge.reading import DAY_NS, Evidence, Finding, FindingState, Tier, Timeliness, finding_id
from gateway.clearing import cleared
from gateway.db.engine import reading, writing
from gateway.db.incidents import lasting, latest_finding
from gateway.engine import Engine
from gateway.neighbours import reports
from gateway.neighbours.reports import HOMES_MIN, WITHIN_NS, Many, Topic
from gateway.own_findings import take_own
from gateway.rounds import LOOK_S, look_around

log = logging.getLogger(__name__)

WORDS: Mapping[Topic, tuple[str, str]] = MappingProxyType(
    {
        Topic.NOISE: ("噪声", "noise"),
        Topic.LEAK: ("渗漏水", "water from above"),
        Topic.PARKING: ("停车", "parking"),
        Topic.CLUTTER: ("楼道堆物", "things left in the stairs"),
        Topic.QUARREL: ("争吵", "quarrels"),
    }
)
"""What each topic is called, in zh and en."""
_RULES: Mapping[Topic, str] = MappingProxyType({each: f"reports_{each.value}" for each in Topic})
_DAYS = WITHIN_NS // DAY_NS


class NeighbourWatch:
    """Raises and clears the findings about what homes report."""

    def __init__(
        self, engine: Engine, *, clock: Clock, leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._leads = leads

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        await look_around(self.look, "what homes report", self._clock)

    def look(self, now_ns: int) -> None:
        """Say what has become common by `now_ns`, and what no longer is; forget what is old."""
        if not self._leads():
            return
        with writing(self._engine.database) as connection:
            reports.forget(connection, now_ns)
        with reading(self._engine.database) as connection:
            common = {
                (_RULES[each.topic], each.building): each
                for each in reports.many(connection, now_ns)
            }
            standing = _standing(connection)
        for key in sorted(common.keys() - standing.keys()):
            self._take(_raised(common[key], now_ns), now_ns)
        for key in sorted(standing.keys() - common.keys()):
            self._clear(standing[key], now_ns)

    def _clear(self, known: Incident, now_ns: int) -> None:
        with reading(self._engine.database) as connection:
            last = latest_finding(connection, known.finding_id)
        over = cleared(
            last,
            now_ns,
            sentence_zh=f"近 {_DAYS} 天反映的住户已不足 {HOMES_MIN} 户",
            sentence_en=f"Fewer than {HOMES_MIN} homes have reported it within {_DAYS} days",
        )
        self._take(over, now_ns)

    def _take(self, finding: Finding, now_ns: int) -> None:
        log.info("%s: %s", finding.subject, finding.evidence.sentence_en)
        take_own(self._engine, finding, now_ns)


def _raised(found: Many, now_ns: int) -> Finding:
    zh, en = WORDS[found.topic]
    homes = at_least(found.homes)
    return Finding(
        id=finding_id(_RULES[found.topic], found.building, now_ns),
        revision=0,
        rule=_RULES[found.topic],
        rule_version=1,
        subject=found.building,
        category="dispute",
        tier=Tier.GENERAL,
        state=FindingState.RAISED,
        since_ns=now_ns,
        at_ns=now_ns,
        timeliness=Timeliness.LIVE,
        evidence=Evidence(
            seen={"homes_min": float(homes)},
            usual={"homes_told": float(HOMES_MIN)},
            complete_until_ns=now_ns,
            delay_s_worst=LOOK_S,
            sentence_zh=f"近 {_DAYS} 天该楼至少 {homes} 户反映{zh}问题，请调解员了解",
            sentence_en=f"At least {homes} homes here have reported {en} within {_DAYS} days",
        ),
    )


def _standing(connection: sa.Connection) -> dict[tuple[str, str], Incident]:
    """The incidents whose condition holds as far as is known, by rule and building."""
    found = lasting(connection, _RULES.values())
    return {(each.rule, each.subject): each for each in found}
