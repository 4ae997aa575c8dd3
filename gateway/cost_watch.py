"""An alarm at 80 % of a channel's cap, and another when it is reached.

Each is one finding for each channel and period, so it is told once, by the plan of its tier,
over whatever channels are left; it is over when the next period begins.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.channels.catalog import kinds
from alerts.cost import MICROS, WARN_SHARE, Period
from edge.clock import Clock
from edge.reading import Evidence, Finding, FindingState, Tier, Timeliness, finding_id
from gateway.clearing import cleared
from gateway.db.costs import Spent
from gateway.db.engine import reading
from gateway.db.incidents import lasting, latest_finding
from gateway.engine import Engine
from gateway.own_findings import take_own
from gateway.rounds import LOOK_S, look_around

log = logging.getLogger(__name__)

_ZH: Mapping[Period, str] = {Period.DAY: "本日", Period.MONTH: "本月"}


@dataclass(frozen=True, slots=True)
class _Level:
    """From which share of a cap on which rule speaks, how urgently and in which words."""

    share: float
    rule: str
    tier: Tier
    zh: str
    en: str


_LEVELS = (
    _Level(
        WARN_SHARE, "message_cost_high", Tier.GENERAL,
        "{zh}{period_zh}费用已达上限的 {percent} %（{spent:.2f} / {cap:.2f} {currency}），"
        "请核对或调整上限",
        "{en} has cost {percent} % of this {period}'s cap ({spent:.2f} of {cap:.2f} {currency}); "
        "look why, or raise it",
    ),
    _Level(
        1.0, "message_cost_reached", Tier.IMPORTANT,
        "{zh}{period_zh}费用已达上限（{cap:.2f} {currency}），此后除紧急外改走其他渠道",
        "{en} has reached this {period}'s cap ({cap:.2f} {currency}); only urgent messages go over "
        "it from now on",
    ),
)  # fmt: skip
COST_RULES = tuple(level.rule for level in _LEVELS)
"""The rules that speak of what messages cost."""


class CostWatch:
    """Raises and clears the findings about what messages cost."""

    def __init__(
        self, engine: Engine, *, site: str, clock: Clock, leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._engine = engine
        self._site = site
        self._clock = clock
        self._leads = leads

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        await look_around(self.look, "costs", self._clock)

    def look(self, now_ns: int) -> None:
        """Say what has been reached by `now_ns`, and what is over."""
        costs = self._engine.book.budgets.costs
        if not (costs.of and self._leads()):
            return
        with reading(self._engine.database) as connection:
            spent = costs.spent(connection, now_ns)
            standing = {each.finding_id for each in lasting(connection, COST_RULES)}
        for each in spent:
            for level in _LEVELS:
                if each.share >= level.share and self._id(each, level) not in standing:
                    self._take(self._raised(each, level, now_ns), now_ns)
        current = {self._id(each, level) for each in spent for level in _LEVELS}
        for over in sorted(standing - current):
            self._clear(over, now_ns)

    def _id(self, spent: Spent, level: _Level) -> str:
        return finding_id(level.rule, self._subject(spent), spent.since_ns)

    def _subject(self, spent: Spent) -> str:
        return f"{self._site}/{spent.channel}-{spent.period}"

    def _raised(self, spent: Spent, level: _Level, now_ns: int) -> Finding:
        kind = kinds()[spent.channel]
        tariff = self._engine.book.budgets.costs.of[spent.channel]
        words = {
            "zh": kind.zh, "en": kind.en, "period": spent.period.value,
            "period_zh": _ZH[spent.period], "percent": round(100 * spent.share),
            "spent": spent.micros / MICROS, "cap": (spent.cap_micros or 0) / MICROS,
            "currency": tariff.currency,
        }  # fmt: skip
        return Finding(
            id=self._id(spent, level),
            revision=0,
            rule=level.rule,
            rule_version=1,
            subject=self._subject(spent),
            category="cost",
            tier=level.tier,
            state=FindingState.RAISED,
            since_ns=spent.since_ns,
            at_ns=now_ns,
            timeliness=Timeliness.LIVE,
            evidence=Evidence(
                seen={"spent": spent.micros / MICROS},
                usual={"cap": (spent.cap_micros or 0) / MICROS},
                complete_until_ns=now_ns,
                delay_s_worst=LOOK_S,
                sentence_zh=level.zh.format_map(words),
                sentence_en=level.en.format_map(words),
            ),
        )

    def _clear(self, known: str, now_ns: int) -> None:
        with reading(self._engine.database) as connection:
            last = latest_finding(connection, known)
        over = cleared(
            last,
            now_ns,
            sentence_zh="新的计费周期已开始，渠道恢复正常使用",
            sentence_en="A new period has begun; the channel is used as before",
        )
        self._take(over, now_ns)

    def _take(self, finding: Finding, now_ns: int) -> None:
        log.warning("%s", finding.evidence.sentence_en)
        take_own(self._engine, finding, now_ns)
