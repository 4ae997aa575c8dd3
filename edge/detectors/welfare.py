"""A resident living alone uses less water than a day needs.

The field's rule, made exact: the registers around a whole window prove that less than a
threshold went through. Missing data proves nothing, so it never raises a finding.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec import structs

from edge.away import Spans, home_since_ns, spans, within
from edge.completeness import Home, Use, threshold_ml, use, used, watermark_ns
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.meter import Meter
from edge.reading import HOUR_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Unit
from edge.rest import Rest
from edge.welfare_terms import WelfareTerms


@dataclass(frozen=True, slots=True)
class Welfare:
    """Less than the threshold within the window, proven at each new watermark.

    Fails where a leak keeps the register moving, and where the resident is away without a word:
    absence looks the same. The finding ends when the threshold has been used since it began, and
    not before: a replaced meter or a gap leaves it standing. While the supply is out, or the
    resident is said to be away, nothing new is found but what had lasted a whole window before,
    and afterwards the window begins anew.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 3
    category: ClassVar[str] = "welfare"
    tier: ClassVar[Tier] = Tier.URGENT

    terms: WelfareTerms
    rule: str = "welfare"
    away: Spans = ()

    @classmethod
    def install(cls, unit: Unit) -> tuple["Welfare", ...]:
        """One rule for each of the terms of a home whose resident lives alone."""
        every = unit.fixed_terms() if "alone" in unit.care else ()
        names = ("welfare", *(f"welfare-{i}" for i in range(2, len(every) + 1)))
        away = spans(unit)
        return tuple(cls(terms, name, away) for terms, name in zip(every, names, strict=False))

    def observe(self, state: Home, reading: Reading) -> Home:
        """The home with `reading` in its meters."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether less than the threshold was used in the window up to the watermark."""
        meters = state.meters(now_ns)
        mark_ns = watermark_ns(meters)
        if mark_ns is None:
            return WarmingUp(0.0, self.terms.window_s)
        at_ns = min(now_ns, mark_ns)
        start_ns = at_ns - self._window_ns
        enough_ml = threshold_ml(meters, self.terms.threshold_l)
        seen_ns = at_ns - max([meter.chain.times_ns[0] for meter in meters])
        if active_since_ns is None and seen_ns < self._window_ns:
            return WarmingUp(seen_ns / SECOND_NS, self.terms.window_s)
        answer = used(meters, start_ns, at_ns, enough_ml)
        if active_since_ns is None:
            if answer is Use.NOT_USED and self._proves_nothing(state, meters, at_ns):
                answer = Use.UNKNOWN
            begun = _begun(meters, answer, at_ns, enough_ml)
            if begun.condition is not Condition.HOLDS:
                return begun
            supplied_ns = _supplied_ns(state, begun.since_ns, start_ns)
            since_ns = home_since_ns(self.away, supplied_ns, start_ns)
            return structs.replace(begun, since_ns=since_ns)
        if answer is Use.UNKNOWN:
            lower_ml = use(meters, active_since_ns, at_ns).lower_ml
            answer = Use.USED if lower_ml >= enough_ml else answer
        return Status(_CONDITIONS[answer], active_since_ns, at_ns, _interval_ns(meters))

    def rest(self, state: Home) -> Rest | None:
        """A window that begins before the first sample from which the use is small has enough.

        Volumes never fall, so later samples can only add to what was used before that one. Where
        that is the very first sample, no whole window was seen before it.
        """
        meter = state.only()
        if meter is None or not meter.chain.times_ns:
            return None
        enough_ml = threshold_ml([meter], self.terms.threshold_l)
        return Rest(meter, meter.course, meter.chain.little_since_ns(enough_ml) + self._window_ns)

    def next_due(self, state: Home) -> int | None:
        """Never: only a reading can prove that no water was used."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """The use since the finding began, against what the rule asks for."""
        meters = state.meters(status.at_ns)
        known = use(meters, status.since_ns, status.at_ns)
        volume_ml = known.lower_ml if known.upper_ml is None else known.upper_ml
        volume_l = volume_ml / 1_000
        span_h = (status.at_ns - status.since_ns) / HOUR_NS
        asked_l = threshold_ml(meters, self.terms.threshold_l) / 1_000
        delay_s = self._delay_s_worst(meters)
        zh, en = _SENTENCES[status.condition]
        if any(each.end_ns == status.since_ns for each in self.away):
            zh, en = zh + _BACK[0], en + _BACK[1]
        words = {
            "span_h": f"{span_h:.1f}",
            "volume_l": f"{volume_l:g}",
            "asked_l": f"{asked_l:g}",
            "until": hhmm(status.at_ns, utc_offset_h),
            "since": hhmm(status.since_ns, utc_offset_h),
            "delay_h": f"{delay_s / 3600:.1f}",
        }
        return Evidence(
            seen={"volume_l": volume_l, "span_h": round(span_h, 3)},
            usual={"threshold_l": asked_l, "window_h": self.terms.window_s / 3600},
            complete_until_ns=status.at_ns,
            delay_s_worst=delay_s,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )

    def _proves_nothing(self, state: Home, meters: Sequence[Meter], at_ns: int) -> bool:
        """Whether the supply was out within the window, or the resident said to be away.

        What had lasted a whole window when that began, and lasts on, is proof enough.
        """
        window_ns = self._window_ns
        outage = state.excused(at_ns - window_ns, at_ns)
        absence = within(self.away, at_ns - window_ns, at_ns)
        enough_ml = threshold_ml(meters, self.terms.threshold_l)
        begun_ns = [outage.start_ns] if outage else []
        begun_ns += [absence.start_ns] if absence else []
        for start_ns in begun_ns:
            before_ns = start_ns - window_ns
            lasted = used(meters, before_ns, at_ns, enough_ml) is Use.NOT_USED
            excused = state.excused(before_ns, start_ns)
            if not lasted or excused or within(self.away, before_ns, start_ns):
                return True
        return False

    @property
    def _window_ns(self) -> int:
        return int(self.terms.window_s * SECOND_NS)

    def _delay_s_worst(self, meters: Sequence[Meter]) -> float:
        """The window, a sample on either side of it, and the wait for a batch to arrive."""
        event_ns = _interval_ns(meters)
        arrival_ns = max(meter.rhythm.interval_ns() for meter in meters)
        waited_ns = 2 * event_ns + max(0, arrival_ns - event_ns)
        return self.terms.window_s + waited_ns / SECOND_NS


def _begun(meters: Sequence[Meter], answer: Use, at_ns: int, enough_ml: int) -> Status:
    """The status while nothing is raised; only what holds is worth the search for its start."""
    if answer is not Use.NOT_USED:
        return Status(_CONDITIONS[answer], at_ns, at_ns, 0)
    since_ns = _quiet_since_ns(meters, at_ns, enough_ml)
    return Status(Condition.HOLDS, since_ns, at_ns, _interval_ns(meters))


def _supplied_ns(state: Home, since_ns: int, start_ns: int) -> int:
    """`since_ns`, or the end of an outage between it and the window: that time is no evidence."""
    outage = state.excused(since_ns, start_ns)
    ended_ns = outage.end_ns if outage else None
    return ended_ns if ended_ns is not None and ended_ns <= start_ns else since_ns


def _interval_ns(meters: Sequence[Meter]) -> int:
    return max(meter.interval_ns() for meter in meters)


def _quiet_since_ns(meters: Sequence[Meter], at_ns: int, enough_ml: int) -> int:
    """The earliest sample from which the use up to `at_ns` stays below `enough_ml`."""
    times_ns: Sequence[int] = meters[0].chain.times_ns
    if len(meters) > 1:
        times_ns = sorted({at for meter in meters for at in meter.chain.times_ns})

    def quiet(since_ns: int) -> bool:
        upper_ml = use(meters, since_ns, at_ns).upper_ml
        return upper_ml is not None and upper_ml < enough_ml

    return times_ns[bisect_left(times_ns, x=True, key=quiet)]


_CONDITIONS = {
    Use.NOT_USED: Condition.HOLDS,
    Use.USED: Condition.GONE,
    Use.UNKNOWN: Condition.UNKNOWN,
    Use.FAULT: Condition.UNKNOWN,
}
_SENTENCES = {
    Condition.HOLDS: (
        (
            "{span_h} 小时内用水 {volume_l} 升（阈值 {asked_l} 升），数据完整至 {until}；"
            "本户最迟约 {delay_h} 小时可发现"
        ),
        (
            "{volume_l} L of water in {span_h} h (threshold {asked_l} L); data complete until "
            "{until}; in this home it may take up to {delay_h} h to show"
        ),
    ),
    Condition.GONE: (
        "已恢复用水：自 {since} 起用水 {volume_l} 升（阈值 {asked_l} 升），数据完整至 {until}",
        (
            "Water is used again: {volume_l} L since {since} (threshold {asked_l} L); data "
            "complete until {until}"
        ),
    ),
}
_BACK = (
    "；自外出报备结束（{since}）起算",
    "; counted from the end of a declared absence ({since})",
)
