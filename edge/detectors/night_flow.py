"""The least flow of the night through a bulk meter stays above what is usual: something leaks."""

from dataclasses import dataclass
from typing import ClassVar

from edge.completeness import Home
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.night_flow import NIGHTS, NIGHTS_KNOWN
from edge.reading import DAY_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Unit
from edge.rest import Rest


@dataclass(frozen=True, slots=True)
class RisingNightFlow:
    """In three nights in a row the least hour was above the usual, and their mean above the limit.

    The limit is the middle of up to 28 nights and one and a half times their spread, a quarter
    more, one tick or five litres an hour, whichever is most. Nights with a gap are unknown. It
    fails for a leak that was there from the beginning, and looks the same when a home's tap drips
    or a night shift moves in: `riser_balance` tells those apart. It ends with a night that is
    nearer to the usual one than to the limit.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 2
    category: ClassVar[str] = "water"
    tier: ClassVar[Tier] = Tier.GENERAL

    rule: str = "night_flow"

    @classmethod
    def install(cls, unit: Unit) -> tuple["RisingNightFlow", ...]:
        """One rule for a bulk meter."""
        return (cls(),) if unit.bulk else ()

    def observe(self, state: Home, reading: Reading) -> Home:
        """The bulk meter with `reading` in it."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether the last nights were above the limit."""
        meter, night = state.only(), state.night
        if meter is None or night is None or not meter.chain.times_ns:
            return WarmingUp(0.0, NIGHTS_KNOWN)
        over_ns, at_ns = night.state.over_ns, min(now_ns, meter.chain.times_ns[-1])
        if over_ns is None and night.limit_l_per_h() is None:
            return WarmingUp(len(night.state.usual), NIGHTS_KNOWN)
        condition = Condition.GONE if over_ns is None else Condition.HOLDS
        since_ns = active_since_ns if active_since_ns is not None else over_ns or at_ns
        return Status(condition, since_ns, at_ns, meter.interval_ns())

    def rest(self, state: Home) -> Rest | None:
        """Never: a bulk meter is one of many, and asking it costs little."""
        del state
        return None

    def next_due(self, state: Home) -> int | None:
        """Never: only readings can prove a flow."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """The least flow of the last night, against the usual one and the limit."""
        night = state.night
        assert night is not None, self.rule  # noqa: S101  (there was a status, by `evaluate`)
        flows = night.state.flows
        flow = flows[max(flows)] if flows else 0.0
        usual, limit = night.usual_l_per_h() or 0.0, night.limit_l_per_h() or 0.0
        words = {
            "flow": f"{flow:.0f}",
            "usual": f"{usual:.0f}",
            "limit": f"{limit:.0f}",
            "hours": night.hours,
            "at": hhmm(status.at_ns, utc_offset_h),
        }
        zh, en = _SENTENCES[status.condition]
        return Evidence(
            seen={"night_l_per_h": round(flow, 1)},
            usual={"usual_l_per_h": round(usual, 1), "threshold_l_per_h": round(limit, 1)},
            complete_until_ns=status.at_ns,
            delay_s_worst=((NIGHTS + 1) * DAY_NS + 2 * status.interval_ns) / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )


_SENTENCES = {
    Condition.HOLDS: (
        (
            "总表夜间（{hours}）最小流量连续三夜偏高：每小时 {flow} 升，"
            "平时 {usual} 升（上限 {limit} 升），疑似漏水；数据完整至 {at}"
        ),
        (
            "The least night flow ({hours}) of the bulk meter has been high for three nights: "
            "{flow} L/h, usually {usual} (limit {limit}); probably a leak; data until {at}"
        ),
    ),
    Condition.GONE: (
        (
            "总表夜间最小流量已回落：每小时 {flow} 升，平时 {usual} 升（上限 {limit} 升），"
            "数据完整至 {at}"
        ),
        "The least night flow is {flow} L/h, usual again ({usual}, limit {limit}); data until {at}",
    ),
}
