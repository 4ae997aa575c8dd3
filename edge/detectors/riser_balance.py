"""More goes into a riser or a building than through the meters of its homes: it is lost between.

A pipe in a shaft leaks, a tap stands before the meters, or a meter does not count any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from edge.balance import Unaccounted, Verdict, unaccounted
from edge.bulk_terms import BulkTerms
from edge.completeness import Home
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Unit
from edge.rest import Rest

_TWICE = 2
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class RiserBalance:
    """In two nights, or days, in a row a loss is proven, and is about the agreed rate or more.

    A home that is not known over a window widens what may be lost, or leaves it unknown. It fails
    where homes are not metered, which `complete` denies. It ends with a night and a day that are
    proven sound.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 1
    category: ClassVar[str] = "water"
    tier: ClassVar[Tier] = Tier.GENERAL

    terms: BulkTerms
    rule: str = "riser_balance"

    @classmethod
    def install(cls, unit: Unit) -> tuple["RiserBalance", ...]:
        """One rule for a bulk meter behind which every home has a meter of its own."""
        return (cls(unit.bulk),) if unit.bulk and unit.bulk.complete else ()

    def observe(self, state: Home, reading: Reading) -> Home:
        """The bulk meter with `reading` in it."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether the last nights, or the last days, prove a loss."""
        meter = state.only()
        if meter is None or not meter.chain.times_ns or state.night is None:
            return WarmingUp(0.0, _TWICE)
        at_ns, interval_ns = min(now_ns, meter.chain.times_ns[-1]), meter.interval_ns()
        nights = state.night.nights(at_ns)
        series = [self._known(state, windows) for windows in (nights, _days(nights))]
        lost = [found for known in series if (found := _lost(known))]
        if active_since_ns is not None:
            verdicts = [known[0][1] for known in series if known]
            sound = len(verdicts) == _TWICE and set(verdicts) == {Verdict.SOUND}
            condition = Condition.HOLDS if lost else Condition.UNKNOWN
            return Status(
                Condition.GONE if sound else condition, active_since_ns, at_ns, interval_ns
            )
        if not lost:
            return WarmingUp(max(len(known) for known in series) / 2, _TWICE)
        return Status(Condition.HOLDS, min(lost), at_ns, interval_ns)

    def rest(self, state: Home) -> Rest | None:
        """Never: what the homes behind it say changes the answer too."""
        del state
        return None

    def next_due(self, state: Home) -> int | None:
        """Never: only readings can prove a loss."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """What was lost in the last night or day that is known, whichever shows more."""
        assert state.night is not None, self.rule  # noqa: S101  (there was a status, by `evaluate`)
        nights = state.night.nights(status.at_ns)
        windows = {"night": nights, "day": _days(nights)}
        losses = {
            name: max(0.0, said.about_l_per_h)
            for name, each in windows.items()
            if (said := next(self._said(state, each), None))
        }
        name = max(losses, key=losses.__getitem__, default="night")
        lost, (window_zh, window_en) = losses.get(name, 0.0), _WINDOWS[name]
        words = {
            "lost": f"{lost:.0f}",
            "homes": len(state.members),
            "limit": f"{self.terms.unaccounted_l_per_h:g}",
            "window_zh": window_zh.format(hours=state.night.hours),
            "window_en": window_en.format(hours=state.night.hours),
            "at": hhmm(status.at_ns, utc_offset_h),
        }
        zh, en = _SENTENCES[status.condition]
        return Evidence(
            seen={"unaccounted_l_per_h": round(lost, 1), "homes": len(state.members)},
            usual={"threshold_l_per_h": self.terms.unaccounted_l_per_h},
            complete_until_ns=status.at_ns,
            delay_s_worst=(2 * DAY_NS + 2 * status.interval_ns) / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )

    def _known(self, state: Home, windows: Sequence[Window]) -> list[tuple[Window, Verdict]]:
        """Those of `windows`, newest first, of which something is known."""
        known: list[tuple[Window, Verdict]] = []
        for window in windows:
            said = unaccounted(state, *window, self.terms)
            verdict = said.verdict(self.terms.unaccounted_l_per_h) if said else Verdict.UNKNOWN
            if verdict is not Verdict.UNKNOWN:
                known.append((window, verdict))
        return known

    def _said(self, state: Home, windows: Sequence[Window]) -> Iterator[Unaccounted]:
        """Yield what is known of each of `windows`."""
        for window in windows:
            if said := unaccounted(state, *window, self.terms):
                yield said


def _lost(known: Sequence[tuple[Window, Verdict]]) -> int | None:
    """When the first of the two newest windows began, if both show a loss."""
    newest = known[:_TWICE]
    lost = len(newest) == _TWICE and all(verdict is Verdict.LOST for _, verdict in newest)
    return newest[-1][0][0] if lost else None


def _days(nights: Sequence[Window]) -> list[Window]:
    """The days that end with these nights: few homes use water just then."""
    return [(end_ns - 24 * HOUR_NS, end_ns) for _, end_ns in nights]


_WINDOWS = {
    "night": ("夜间 {hours} ", "at night ({hours})"),
    "day": ("一昼夜", "over a whole day"),
}
_SENTENCES = {
    Condition.HOLDS: (
        (
            "总表与 {homes} 户分表之差：{window_zh}每小时约 {lost} 升无人计量"
            "（上限 {limit} 升），疑似管道漏水、表前用水或分表失准；数据完整至 {at}"
        ),
        (
            "About {lost} L/h went through the bulk meter and through none of {homes} homes "
            "{window_en} (limit {limit}): a leak between them, a tap before the meters, "
            "or a meter that does not count; data complete until {at}"
        ),
    ),
    Condition.GONE: (
        "总表与 {homes} 户分表已相符（上限每小时 {limit} 升），数据完整至 {at}",
        "The bulk meter and {homes} homes agree again (limit {limit} L/h); data until {at}",
    ),
}
_SENTENCES[Condition.UNKNOWN] = _SENTENCES[Condition.HOLDS]
