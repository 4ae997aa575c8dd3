"""Water runs in a home without a pause, day and night: something leaks.

A cistern or a tap that drips never stops; a household does, at the latest at night.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from edge.completeness import Home
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.flow import is_gapless, last_pause_ns, slowest_l_per_h, volume_l
from edge.leeway import Bounds
from edge.meter import Meter
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Unit
from edge.rest import Rest

PAUSE_NS = 30 * MINUTE_NS
_SPAN_NS = 2 * HOUR_NS
_LONGEST_NS = 72 * HOUR_NS
"""What a meter remembers, less a day of margin."""


@dataclass(frozen=True, slots=True)
class LeakSlow:
    """The register did not stand still for half an hour, or one interval, within the window.

    Fails where the meter is too coarse to show a drip, and where somebody uses water in every
    hour of the day. A gap of more than two intervals in the window leaves it unknown. It ends
    with the first pause.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 1
    category: ClassVar[str] = "water"
    tier: ClassVar[Tier] = Tier.GENERAL
    tunes: ClassVar[Bounds] = Bounds(2.0)

    window_ns: int
    rule: str = "leak_slow"

    @classmethod
    def install(cls, unit: Unit) -> tuple["LeakSlow", ...]:
        """One rule for a home that has terms for leaks."""
        return (cls(int(unit.leaks.window_s * SECOND_NS)),) if unit.leaks else ()

    def scaled(self, scale: float) -> "LeakSlow":
        """The rule with a longer window."""
        longest_ns = max(self.window_ns, _LONGEST_NS)
        return replace(self, window_ns=min(int(self.window_ns * scale), longest_ns))

    def observe(self, state: Home, reading: Reading) -> Home:
        """The home with `reading` in its meters."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether water ran through the whole window without a pause."""
        meter = state.only()
        if meter is None or not meter.chain.times_ns:
            return WarmingUp(0.0, self.window_ns / SECOND_NS)
        at_ns, interval_ns = meter.chain.times_ns[-1], meter.interval_ns()
        start_ns = at_ns - self.window_ns
        since_ns = start_ns if active_since_ns is None else active_since_ns
        seen_ns = at_ns - meter.chain.times_ns[0]
        if active_since_ns is None and seen_ns < self.window_ns:
            return WarmingUp(seen_ns / SECOND_NS, self.window_ns / SECOND_NS)
        if last_pause_ns(meter.chain, _pause_ns(meter), since_ns) is not None:
            return Status(Condition.GONE, since_ns, min(now_ns, at_ns), interval_ns)
        gap_ns = max(2 * interval_ns, HOUR_NS)
        known = is_gapless(meter.chain, start_ns, gap_ns)
        if not known or meter.faults.during(start_ns, at_ns):
            return Status(Condition.UNKNOWN, since_ns, at_ns, interval_ns)
        return Status(Condition.HOLDS, since_ns, at_ns, interval_ns)

    def rest(self, state: Home) -> Rest | None:
        """A pause stays within the window for as long as the window is."""
        meter = state.only()
        if meter is None or not meter.chain.times_ns:
            return None
        oldest_ns = meter.chain.times_ns[-1] - self.window_ns
        pause_ns = last_pause_ns(meter.chain, _pause_ns(meter), oldest_ns)
        if pause_ns is None:
            return None
        return Rest(meter, meter.course, pause_ns + self.window_ns)

    def next_due(self, state: Home) -> int | None:
        """Never: only a reading can prove that water ran."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """How much ran, and how much of it runs by itself."""
        meter = state.only()
        assert meter is not None, self.rule  # noqa: S101  (there was a status, by `evaluate`)
        start_ns = status.at_ns - self.window_ns
        slowest = round(slowest_l_per_h(meter.chain, start_ns, _SPAN_NS), 1)
        window_h, total_l = self.window_ns / HOUR_NS, volume_l(meter.chain, start_ns)
        words = {
            "window_h": f"{window_h:g}",
            "slowest": f"{slowest:g}",
            "total_l": f"{total_l:g}",
            "at": hhmm(status.at_ns, utc_offset_h),
        }
        zh, en = _SENTENCES[status.condition]
        return Evidence(
            seen={"slowest_l_per_h": slowest, "volume_l": total_l},
            usual={"pause_min": _pause_ns(meter) / MINUTE_NS, "window_h": window_h},
            complete_until_ns=status.at_ns,
            delay_s_worst=(self.window_ns + 2 * status.interval_ns) / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )


def _pause_ns(meter: Meter) -> int:
    """One interval is the shortest pause that a meter can show; half an hour at least."""
    return max(PAUSE_NS, meter.interval_ns() * 9 // 10)


_SENTENCES = {
    Condition.HOLDS: (
        (
            "连续 {window_h} 小时用水从未停过（最少时每小时 {slowest} 升，共 {total_l} 升），"
            "疑似漏水；数据完整至 {at}"
        ),
        (
            "Water ran for {window_h} h without a pause ({slowest} L/h at the least, {total_l} L "
            "in all): probably a leak; data complete until {at}"
        ),
    ),
    Condition.GONE: (
        "用水出现停顿，数据完整至 {at}，不再像持续漏水",
        "The register has stood still again (data until {at}): no steady leak any more",
    ),
}
_SENTENCES[Condition.UNKNOWN] = _SENTENCES[Condition.HOLDS]
