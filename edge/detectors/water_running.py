"""Water runs fast for hours: a tap left running, perhaps by somebody who fell, or a burst pipe."""

from dataclasses import dataclass, replace
from typing import ClassVar

from edge.completeness import Home
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.flow import fast_for_ns, fast_since_ns, fastest_l_per_h, volume_l
from edge.leeway import Bounds
from edge.meter import Meter
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Unit
from edge.rest import Rest

_GAP_NS = 90 * MINUTE_NS
BURST_NS = 30 * MINUTE_NS
KNOWN_NS = 2 * DAY_NS
"""So much of a home must be known before its largest hour says what is too much."""
_MUCH = 2.0


@dataclass(frozen=True, slots=True)
class WaterRunning:
    """In every interval since then water ran at the rate or above, for the whole span.

    A flow may begin within the first interval and end within the last: these count for as long as
    a steady one took for what ran in them.

    `learned` asks for twice the home's largest hour of the last four days besides, so that a
    home that fills a pool is not told of each week. Gaps of more than 90 minutes leave it unknown.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 2
    category: ClassVar[str] = "water"
    tunes: ClassVar[Bounds] = Bounds(2.0)

    rule: str
    tier: Tier
    span_ns: int
    l_per_h: float
    learned: bool = False

    @classmethod
    def install(cls, unit: Unit) -> tuple["WaterRunning", ...]:
        """A running tap and a burst pipe; a resident living alone may lie under the tap."""
        terms = unit.leaks
        if terms is None:
            return ()
        alone = "alone" in unit.care
        tier = Tier.URGENT if alone else Tier.IMPORTANT
        span_ns = int(terms.running_s * SECOND_NS)
        return (
            cls("water_running", tier, span_ns, terms.running_l_per_h),
            cls("water_burst", Tier.URGENT, BURST_NS, terms.burst_l_per_h, learned=True),
        )

    def scaled(self, scale: float) -> "WaterRunning":
        """The rule that lets water run for longer."""
        return replace(self, span_ns=int(self.span_ns * scale))

    def observe(self, state: Home, reading: Reading) -> Home:
        """The home with `reading` in its meters."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether water has run fast, up to the watermark, for long enough."""
        meter = state.only()
        if meter is None or len(meter.chain.times_ns) < 2:  # noqa: PLR2004  (a rate needs two)
            return WarmingUp(0.0, 1.0)
        at_ns, interval_ns = min(now_ns, meter.chain.times_ns[-1]), meter.interval_ns()
        since_ns = fast_since_ns(meter.chain, self.l_per_h, _GAP_NS)
        if active_since_ns is not None:
            goes_on = since_ns <= active_since_ns
            if not goes_on and meter.chain.times_ns[-1] - meter.chain.times_ns[-2] > _GAP_NS:
                return Status(Condition.UNKNOWN, active_since_ns, at_ns, interval_ns)
            condition = Condition.HOLDS if goes_on else Condition.GONE
            return Status(condition, active_since_ns, at_ns, interval_ns)
        enough = self._lasts(meter, since_ns, at_ns) and not self._is_usual(meter, since_ns, at_ns)
        if enough and meter.faults.during(since_ns, at_ns):
            return Status(Condition.UNKNOWN, since_ns, at_ns, interval_ns)
        return Status(Condition.HOLDS if enough else Condition.GONE, since_ns, at_ns, interval_ns)

    def rest(self, state: Home) -> Rest | None:
        """It cannot have run for the span before that is over."""
        meter = state.only()
        if meter is None or not meter.chain.times_ns:
            return None
        since_ns = fast_since_ns(meter.chain, self.l_per_h, _GAP_NS)
        return Rest(meter, meter.course, since_ns + self.span_ns)

    def next_due(self, state: Home) -> int | None:
        """Never: only a reading can prove that water ran."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """How much ran, in how long."""
        meter = state.only()
        assert meter is not None, self.rule  # noqa: S101  (there was a status, by `evaluate`)
        span_h = (status.at_ns - status.since_ns) / HOUR_NS
        total_l = volume_l(meter.chain, status.since_ns)
        words = {
            "since": hhmm(status.since_ns, utc_offset_h),
            "at": hhmm(status.at_ns, utc_offset_h),
            "span_h": f"{span_h:.1f}",
            "total_l": f"{total_l:g}",
            "l_per_h": f"{self.l_per_h:g}",
        }
        zh, en = _SENTENCES[status.condition]
        return Evidence(
            seen={"span_h": round(span_h, 3), "volume_l": total_l},
            usual={"threshold_l_per_h": self.l_per_h, "span_h": self.span_ns / HOUR_NS},
            complete_until_ns=status.at_ns,
            delay_s_worst=(self.span_ns + 2 * status.interval_ns) / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )

    def _lasts(self, meter: Meter, since_ns: int, at_ns: int) -> bool:
        """Whether it has run for the span; of a burst, that nobody waits to be sure of it."""
        if at_ns - since_ns < self.span_ns:
            return False
        return self.learned or fast_for_ns(meter.chain, since_ns) >= self.span_ns

    def _is_usual(self, meter: Meter, since_ns: int, at_ns: int) -> bool:
        """Whether the home has drawn about as much before, or is not known well enough."""
        if not self.learned:
            return False
        known_ns = since_ns - meter.chain.times_ns[0]
        rate = volume_l(meter.chain, since_ns) * HOUR_NS / (at_ns - since_ns)
        return known_ns < KNOWN_NS or rate < _MUCH * fastest_l_per_h(meter.chain, since_ns)


_SENTENCES = {
    Condition.HOLDS: (
        (
            "自 {since} 起 {span_h} 小时不停大量用水（共 {total_l} 升，"
            "每小时不低于 {l_per_h} 升），可能水龙头未关、有人跌倒或水管破裂；数据完整至 {at}"
        ),
        (
            "Water has run fast for {span_h} h since {since} ({total_l} L, never below {l_per_h} "
            "L/h): a tap left open, somebody fallen, or a burst pipe; data complete until {at}"
        ),
    ),
    Condition.GONE: (
        "大量用水已停止或减小（{at}），此前自 {since} 起，共约 {total_l} 升",
        "The water has stopped or slowed (by {at}); it had run since {since}, about {total_l} L",
    ),
}
_SENTENCES[Condition.UNKNOWN] = _SENTENCES[Condition.HOLDS]
