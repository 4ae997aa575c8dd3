"""A resident living alone has been quiet for longer than this home's routine explains.

How long is too long follows from when the quiet began and from how long the home was quiet
before, at the alarms that the site can bear. Missing data proves nothing, so it never raises.
"""

from dataclasses import dataclass, replace
from math import floor
from typing import ClassVar

from msgspec import structs

from edge.completeness import Home, use, watermark_ns
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.mode import TRIAL
from edge.price import price
from edge.quiet import WAIT_H_MIN, Quiet, nearest_h
from edge.reading import HOUR_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Unit
from edge.residents.budget import odds_needed_h
from edge.rest import Rest
from edge.settings import nanoseconds
from edge.signs.telling import numbers, sentences
from edge.welfare_terms import RoutineTerms

_NEAREST_NS = HOUR_NS // 2
"""Hours are counted to the nearest."""
_SOONEST_NS = WAIT_H_MIN * HOUR_NS - _NEAREST_NS
_LONGEST_H = 48
"""Where a door tells who is at home, nobody who may be there is quiet for longer."""
_EMPTY_LONGEST_H = 7 * 24
"""Nor is a home that water and door make out to be empty, where the door showed nobody go."""
_EMPTY_ODDS_H = 500.0
"""The odds say so where they stay below: whoever fell at home has six thousand after 48 h."""


@dataclass(frozen=True, slots=True)
class Routine:
    """No draw of water since before the wait that costs least, proven at each new watermark.

    Where a door tells who goes out: no sign of life for so long that somebody well would hardly
    have given none.

    Covers a home from its first reading on, by what other homes do. Fails where a tank or a
    device draws two litres an hour by itself, and for a resident away without a word: absence
    looks the same, but for a door that says so. Who is said to be away is looked for when they
    should have stirred after coming home. The finding ends with the next draw.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 1
    category: ClassVar[str] = "welfare"
    tier: ClassVar[Tier] = Tier.URGENT

    terms: RoutineTerms
    away: tuple[tuple[int, int], ...] = ()
    rule: str = "routine"

    @classmethod
    def install(cls, unit: Unit) -> tuple["Routine", ...]:
        """One rule for a home whose resident lives alone and has terms for it, two with a trial."""
        if "alone" not in unit.care or unit.routine is None:
            return ()
        away = ((nanoseconds(each.start), nanoseconds(each.end)) for each in unit.away)
        live = cls(unit.routine, tuple(sorted(away)))
        other = unit.routine.trial_alarms_per_month
        if other is None:
            return (live,)
        return live, replace(live, terms=unit.routine.on_trial(other), rule=live.rule + TRIAL)

    def observe(self, state: Home, reading: Reading) -> Home:
        """The home with `reading` in its meters and in its memory."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether the home has been quiet for too long at the watermark."""
        meters = state.meters(now_ns)
        mark_ns, quiet = watermark_ns(meters), state.quiet
        if mark_ns is None or quiet is None or quiet.since_ns is None:
            return WarmingUp(0.0, 1.0)
        since_ns, at_ns = quiet.since_ns, min(now_ns, mark_ns)
        interval_ns = max(meter.interval_ns() for meter in meters)
        status = Status(Condition.GONE, since_ns, at_ns, interval_ns)
        if active_since_ns is not None:
            status = structs.replace(status, since_ns=active_since_ns)
            if quiet.is_seen_after(active_since_ns):
                return status
        elif not self._is_due(quiet, since_ns, at_ns) or quiet.is_out(at_ns):
            return status
        doubtful = any(meter.faults.during(since_ns, at_ns) for meter in meters)
        if doubtful or (active_since_ns is None and state.excused(since_ns, at_ns)):
            return structs.replace(status, condition=Condition.UNKNOWN)
        return structs.replace(status, condition=Condition.HOLDS)

    def rest(self, state: Home) -> Rest | None:
        """Nothing can hold before the wait is over, and none is shorter than six hours."""
        meter, quiet = state.only(), state.quiet
        if meter is None or quiet is None or quiet.since_ns is None or not meter.chain.times_ns:
            return None
        newest_ns, soonest_ns = meter.chain.times_ns[-1], quiet.since_ns + _SOONEST_NS
        if newest_ns < soonest_ns:
            return Rest(meter, meter.course, soonest_ns)
        if self._odds_h(quiet, quiet.since_ns, newest_ns) is not None:
            return None
        due_ns = self._due_ns(quiet, quiet.since_ns)
        return Rest(meter, meter.course, min(newest_ns + _SOONEST_NS, due_ns))

    def next_due(self, state: Home) -> int | None:
        """Never: only a reading can prove that no water was used."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """How long it has been quiet, against how long it usually is from that time on."""
        from edge.patience import typical_h  # noqa: PLC0415  (numpy: see `_wait_h`)

        quiet, meters = state.quiet, state.meters(status.at_ns)
        assert quiet is not None, self.rule  # noqa: S101  (there was a status, by `evaluate`)
        known = use(meters, status.since_ns, status.at_ns)
        volume_l = (known.lower_ml if known.upper_ml is None else known.upper_ml) / 1_000
        span_h = (status.at_ns - status.since_ns) / HOUR_NS
        waited_h, most_h = self._waits_h(quiet, status)
        usual_h = typical_h(quiet, status.since_ns)
        interval_s = max(meter.rhythm.interval_ns() for meter in meters) / SECOND_NS
        delay_s = most_h * 3_600 + 2 * interval_s
        words = {
            "span_h": f"{span_h:.1f}",
            "volume_l": f"{volume_l:g}",
            "usual_h": f"{usual_h:g}",
            "wait_h": f"{waited_h:g}",
            "since": hhmm(status.since_ns, utc_offset_h),
            "until": hhmm(status.at_ns, utc_offset_h),
            "delay_h": f"{delay_s / 3_600:.0f}",
        }
        zh, en = _SENTENCES[status.condition]
        also_zh, also_en = sentences(quiet, status.since_ns, status.at_ns)
        also = numbers(quiet, status.since_ns, status.at_ns)
        return Evidence(
            seen={"span_h": round(span_h, 3), "volume_l": volume_l, **also},
            usual={
                "usual_h": usual_h,
                "wait_h": waited_h,
                "window_h": floor(10 * min(span_h, waited_h)) / 10,
                "threshold_l": 2.0,
                "own_days": quiet.days_known(status.at_ns),
            },
            complete_until_ns=status.at_ns,
            delay_s_worst=delay_s,
            sentence_zh=zh.format_map(words) + also_zh,
            sentence_en=en.format_map(words) + also_en,
        )

    def _is_due(self, quiet: Quiet, since_ns: int, at_ns: int) -> bool:
        if at_ns < since_ns + _SOONEST_NS:
            return False  # the usual case: no wait is worth working out
        odds_h = self._odds_h(quiet, since_ns, at_ns)
        if odds_h is None:
            return at_ns >= self._due_ns(quiet, since_ns)
        longest_ns = self._longest_h(odds_h) * HOUR_NS - _NEAREST_NS
        needed_h = odds_needed_h(self.terms.budget_with_door(quiet.scale))
        return odds_h >= needed_h or at_ns >= since_ns + longest_ns

    def _odds_h(self, quiet: Quiet, since_ns: int, at_ns: int) -> float | None:
        """The odds by the door, but of a time in which the resident said to be away."""
        away = any(start_ns < at_ns and since_ns < end_ns for start_ns, end_ns in self.away)
        return None if away else quiet.odds_h(at_ns)

    def _waits_h(self, quiet: Quiet, status: Status) -> tuple[int, int]:
        """How long was waited, and the longest that this home would be waited for."""
        odds_h = self._odds_h(quiet, status.since_ns, status.at_ns)
        if odds_h is not None:
            most_h = self._longest_h(odds_h)
            return min(nearest_h(status.at_ns - status.since_ns), most_h), most_h
        from edge.patience import longest_h  # noqa: PLC0415  (numpy: see `_wait_h`)

        most_h = self._at_most(longest_h(quiet, status.since_ns, self._alarm_h(quiet)))
        return self._wait_h(quiet, status.since_ns), most_h

    def _due_ns(self, quiet: Quiet, since_ns: int) -> int:
        due_ns = self._waited_ns(quiet, since_ns)
        for start_ns, end_ns in self.away:
            if start_ns <= due_ns < end_ns:
                due_ns = self._waited_ns(quiet, end_ns)  # as if they had just come home
        return due_ns

    def _waited_ns(self, quiet: Quiet, since_ns: int) -> int:
        return since_ns + self._wait_h(quiet, since_ns) * HOUR_NS - _NEAREST_NS

    def _wait_h(self, quiet: Quiet, since_ns: int) -> int:
        # A fifth of an edge's memory, which only a site with a routine needs.
        from edge.patience import wait_h  # noqa: PLC0415

        return self._at_most(wait_h(quiet, since_ns, self._alarm_h(quiet)))

    def _alarm_h(self, quiet: Quiet) -> float:
        return price(self.terms.budget(quiet.scale))

    def _longest_h(self, odds_h: float) -> int:
        """After so long a quiet that is not explained is a finding, whatever the odds need be."""
        return self._at_most(_EMPTY_LONGEST_H if odds_h < _EMPTY_ODDS_H else _LONGEST_H)

    def _at_most(self, waited_h: int) -> int:
        longest_s = self.terms.longest_s
        return waited_h if longest_s is None else min(waited_h, int(longest_s / 3_600))


_SENTENCES = {
    Condition.HOLDS: (
        (
            "自 {since} 起 {span_h} 小时没有人用水的迹象（其间共 {volume_l} 升）；这个时段开始的"
            "安静通常 {usual_h} 小时内结束，等待上限 {wait_h} 小时；数据完整至 {until}；"
            "本户最迟约 {delay_h} 小时可发现"
        ),
        (
            "No sign of anybody using water for {span_h} h, since {since} ({volume_l} L in all); "
            "quiet from that hour on usually ends within {usual_h} h, and {wait_h} h were waited; "
            "data complete until {until}; in this home it may take up to {delay_h} h to show"
        ),
    ),
    Condition.GONE: (
        "有人用水或出入：自 {since} 起安静 {span_h} 小时后恢复，数据完整至 {until}",
        (
            "Somebody used water or the door again after {span_h} h of quiet since {since}; "
            "data complete until {until}"
        ),
    ),
}
_SENTENCES[Condition.UNKNOWN] = _SENTENCES[Condition.HOLDS]
