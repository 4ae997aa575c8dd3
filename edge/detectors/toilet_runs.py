"""A toilet fills itself again and again: its cistern leaks."""

from dataclasses import dataclass, replace
from typing import ClassVar

from edge.completeness import Home
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.flow import is_gapless
from edge.leeway import Bounds
from edge.meter import Meter
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Evidence, Reading, Tier
from edge.refills import INTERVAL_NS_MAX, ROW_BEGUN_NS_MAX, Row, rows
from edge.registry import Unit
from edge.rest import Rest

_KNOWN_NS = 3 * DAY_NS
_TICK_ML_MAX = 1_000
APART_NS = DAY_NS // 2
"""So long a row must last, or so long after it another like it must begin."""


@dataclass(frozen=True, slots=True)
class ToiletRuns:
    """Twice in three days refills in a row, alike and evenly apart for three hours; both alike.

    Half a day lies between the beginnings of the two, or one row lasts as long.

    Told apart from `leak_slow` by the pauses between them. It needs a register of one litre every
    20 minutes or sooner, and fails where refills are further apart than two hours or many of them
    fall among what people draw. A water softener or an ice maker may look the same. It ends with a
    day that is wholly known and has no such row.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 2
    category: ClassVar[str] = "water"
    tier: ClassVar[Tier] = Tier.GENERAL
    tunes: ClassVar[Bounds] = Bounds(1.5)

    rule: str = "toilet_runs"
    apart_ns: int = APART_NS

    @classmethod
    def install(cls, unit: Unit) -> tuple["ToiletRuns", ...]:
        """One rule for a home that has terms for leaks."""
        return (cls(),) if unit.leaks else ()

    def scaled(self, scale: float) -> "ToiletRuns":
        """The rule that asks for rows that last longer, or lie further apart."""
        return replace(self, apart_ns=int(self.apart_ns * scale))

    def observe(self, state: Home, reading: Reading) -> Home:
        """The home with `reading` in its meters."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether a row of refills goes on, or has come again."""
        meter = state.only()
        if meter is None or not _is_fine(meter):
            return WarmingUp(0.0, _KNOWN_NS / SECOND_NS)
        at_ns, interval_ns = min(now_ns, meter.chain.times_ns[-1]), meter.interval_ns()
        found = _rows(meter, at_ns)
        today = any(row.end_ns > at_ns - DAY_NS for row in found)
        if active_since_ns is None:
            condition = Condition.HOLDS if today and self._lasts(found) else Condition.GONE
            since_ns = found[0].start_ns if found else at_ns
            return Status(condition, since_ns, at_ns, interval_ns)
        if today:
            return Status(Condition.HOLDS, active_since_ns, at_ns, interval_ns)
        start_ns = at_ns - DAY_NS
        known = is_gapless(meter.chain, start_ns, max(2 * interval_ns, HOUR_NS))
        known = known and not meter.faults.during(start_ns, at_ns)
        condition = Condition.GONE if known else Condition.UNKNOWN
        return Status(condition, active_since_ns, at_ns, interval_ns)

    def rest(self, state: Home) -> Rest | None:
        """Without a row, none is half a day old before some of it has passed."""
        meter = state.only()
        if meter is None or not _is_fine(meter):
            return None
        at_ns = meter.chain.times_ns[-1]
        if _rows(meter, at_ns):
            return None
        return Rest(meter, meter.course, at_ns + self.apart_ns - ROW_BEGUN_NS_MAX)

    def next_due(self, state: Home) -> int | None:
        """Never: only a reading can prove that water ran."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """How many refills of what size, how far apart."""
        meter = state.only()
        assert meter is not None, self.rule  # noqa: S101  (there was a status, by `evaluate`)
        found = _rows(meter, status.at_ns)
        row = found[-1] if found else Row(status.since_ns, status.at_ns, 1, 0.0)
        apart_min = round(row.apart_ns / MINUTE_NS)
        volume_l = round(row.mean_ml / 1_000, 1)
        words = {
            "count": row.refills,
            "volume_l": f"{volume_l:g}",
            "apart_min": apart_min,
            "at": hhmm(status.at_ns, utc_offset_h),
        }
        zh, en = _SENTENCES[status.condition]
        return Evidence(
            seen={"refills": row.refills, "refill_l": volume_l, "refill_min": apart_min},
            usual={},
            complete_until_ns=status.at_ns,
            delay_s_worst=(_KNOWN_NS + 2 * status.interval_ns) / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )

    def _lasts(self, found: list[Row]) -> bool:
        """Whether it goes on: one long row, or two like each other far enough apart."""
        return any(
            row.end_ns - row.start_ns >= self.apart_ns
            or any(
                row.start_ns - other.start_ns >= self.apart_ns and row.is_like(other)
                for other in found
            )
            for row in found
        )


def _is_fine(meter: Meter) -> bool:
    """Whether the meter can show single refills."""
    known = bool(meter.chain.times_ns) and meter.resolution_ml <= _TICK_ML_MAX
    return known and meter.interval_ns() <= INTERVAL_NS_MAX


def _rows(meter: Meter, at_ns: int) -> list[Row]:
    start_ns, interval_ns = at_ns - _KNOWN_NS, meter.interval_ns()
    return list(rows(meter.chain, start_ns, meter.resolution_ml, interval_ns))


_SENTENCES = {
    Condition.HOLDS: (
        (
            "约每 {apart_min} 分钟自动进水一次，每次约 {volume_l} 升，连续 {count} 次，"
            "疑似马桶水箱漏水；数据完整至 {at}"
        ),
        (
            "Every {apart_min} min or so about {volume_l} L ran, {count} times in a row: probably "
            "a toilet whose cistern leaks; data complete until {at}"
        ),
    ),
    Condition.GONE: (
        "一天内未再出现规律的自动进水，数据完整至 {at}",
        "For a day nothing has filled itself again so evenly (data until {at})",
    ),
}
_SENTENCES[Condition.UNKNOWN] = _SENTENCES[Condition.HOLDS]
