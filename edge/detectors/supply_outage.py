"""A whole riser or building uses no water: the supply is out.

It is one finding for all of its homes. While it lasts, nobody can know how their residents
are, so it says how many homes that live under watch it hides.
"""

from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.reading import HOUR_NS, SECOND_NS, Evidence, Reading, Tier
from edge.supply import HOMES_MIN, Supply


@dataclass(frozen=True, slots=True)
class SupplyOutage:
    """At least five homes that used water within a day all stand still for too long.

    Too long is one and a half times the second-longest pause that they together made on one of
    the last fourteen days, from three hours up to two hours less than the shortest welfare window
    that holds; a routine stands for ten hours.
    """

    watches: ClassVar[type] = Supply
    version: ClassVar[int] = 2
    category: ClassVar[str] = "supply"
    tier: ClassVar[Tier] = Tier.IMPORTANT

    rule: str = "supply_outage"

    @classmethod
    def install(cls) -> tuple["SupplyOutage", ...]:
        """One rule for every supply."""
        return (cls(),)

    def observe(self, state: Supply, reading: Reading) -> Supply:
        """The same supply: it is told of its homes' readings by their homes."""
        del reading
        return state

    def evaluate(
        self, state: Supply, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether the supply is out, as far as its homes are known."""
        outage = state.outage
        if active_since_ns is not None and (outage is None or outage.start_ns != active_since_ns):
            return Status(
                Condition.GONE, active_since_ns, state.ended_ns(active_since_ns, now_ns), 0
            )
        if outage is None:
            return WarmingUp(len(state.state.last_use_ns), HOMES_MIN)
        standing = state.standing(outage.start_ns, now_ns)
        interval_ns = standing.interval_ns if standing else 0
        return Status(Condition.HOLDS, outage.start_ns, outage.proven_ns, interval_ns)

    def next_due(self, state: Supply) -> int | None:
        """Never: only readings can prove that no water was used."""
        del state
        return None

    def evidence(self, state: Supply, status: Status, utc_offset_h: float) -> Evidence:
        """How many homes stand still since when, and how many watched homes that hides."""
        standing = state.standing(status.since_ns, status.at_ns)
        span_h = (status.at_ns - status.since_ns) / HOUR_NS
        limit_ns = state.enough_ns()
        zh, en = _SENTENCES[status.condition]
        homes = standing.homes if standing else 0
        words = {
            "homes": homes,
            "hidden": state.hidden,
            "span_h": f"{span_h:.1f}",
            "limit_h": f"{limit_ns / HOUR_NS:.1f}",
            "since": hhmm(status.since_ns, utc_offset_h),
            "until": hhmm(status.at_ns, utc_offset_h),
        }
        return Evidence(
            seen={
                "homes": homes,
                "hidden_homes": state.hidden,
                "span_h": round(span_h, 3),
            },
            usual={"limit_h": round(limit_ns / HOUR_NS, 2)},
            complete_until_ns=status.at_ns,
            delay_s_worst=(limit_ns + 2 * status.interval_ns) / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )


_SENTENCES = {
    Condition.HOLDS: (
        (
            "{homes} 户自 {since} 起全部未用水，已 {span_h} 小时（通常不超过 {limit_h} 小时），"
            "疑似停水，数据完整至 {until}；停水期间 {hidden} 户独居住户的情况未知"
        ),
        (
            "None of {homes} homes has used water since {since}, for {span_h} h (usual limit "
            "{limit_h} h): the supply seems to be out; data complete until {until}; meanwhile "
            "nothing is known of {hidden} homes with a resident living alone"
        ),
    ),
    Condition.GONE: (
        "已恢复供水或有住户用水（{until}），停水约 {span_h} 小时；{hidden} 户独居住户自此重新计时",
        (
            "Water is used again (by {until}) after {span_h} h; the {hidden} homes with a resident "
            "living alone are judged afresh from here"
        ),
    ),
}
