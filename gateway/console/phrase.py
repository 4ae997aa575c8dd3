"""Times, spans and numbers in words: 今天 14:05, 3 分钟前, 12.5."""

from datetime import UTC, datetime, timedelta, tzinfo

from edge.reading import SECOND_NS
from gateway.console.texts import Lang, say

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# A span is told in the largest of these units that it fills.
_SPANS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
# From here on a unit is told without a fraction.
_WHOLE_FROM = 10
_NOW_S = 5
_LEAST = 0.1
_RATE_LEAST = 0.001
_ALL = 100


def local(at_ns: int, zone: tzinfo) -> datetime:
    """`at_ns` as civil time in `zone`, whole seconds."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).astimezone(zone)


def moment(lang: Lang, at_ns: int, now_ns: int, zone: tzinfo) -> str:
    """A point in time as people say it: the day first, then the clock."""
    at, today = local(at_ns, zone), local(now_ns, zone).date()
    clock = f"{at:%H:%M}"
    if at.date() == today:
        return say(lang, "time.today", clock=clock)
    if at.date() == today - timedelta(days=1):
        return say(lang, "time.yesterday", clock=clock)
    month = at.month if lang is Lang.ZH else _MONTHS[at.month - 1]
    return say(lang, "time.day", month=month, day=at.day, clock=clock)


def span(lang: Lang, duration_s: float) -> str:
    """A duration in its largest fitting unit, with one decimal while below ten hours or days."""
    duration_s = max(0.0, duration_s)
    unit, size_s = next((u for u in _SPANS if duration_s >= u[1]), _SPANS[-1])
    count = duration_s / size_s
    whole = unit in {"s", "min"} or count >= _WHOLE_FROM or round(count, 1) == round(count)
    return say(lang, f"span.{unit}", count=f"{count:.0f}" if whole else f"{count:.1f}")


def ago(lang: Lang, at_ns: int, now_ns: int) -> str:
    """How long ago that was; a time to come counts as now."""
    age_s = (now_ns - at_ns) / SECOND_NS
    if age_s < _NOW_S:
        return say(lang, "time.now")
    return say(lang, "time.ago", span=span(lang, age_s))


def litres(volume_l: float) -> str:
    """Litres without false precision: whole from ten, one decimal below, 0 for none only."""
    if 0 < volume_l < _LEAST / 2:
        return f"<{_LEAST}"
    return f"{volume_l:.0f}" if volume_l >= _WHOLE_FROM or volume_l == 0 else f"{volume_l:.1f}"


def percent(share: float | None, decimals: int = 0) -> str:
    """A part of a whole in per cent: none and all are said of these alone, – of what is unknown."""
    if share is None:
        return "–"
    least = 10**-decimals
    shown = round(100 * share, decimals)
    if share > 0 and shown == 0:
        return f"<{least}%"
    if share < 1 and shown >= _ALL:
        return f">{_ALL - least:.{decimals}f}%"
    return f"{share:.{decimals}%}"


def rate(count: float | None) -> str:
    """How often on average, to a thousandth: 0 is said of never alone, – of what is unknown."""
    if count is None:
        return "–"
    return "<0.001" if 0 < count < _RATE_LEAST / 2 else f"{count:.3f}"


def register(volume_m3: float) -> str:
    """Cubic metres as a register shows them, to the litre."""
    return f"{volume_m3:,.3f}"


def plain(number: float) -> str:
    """A number with at most one decimal, and none that says nothing; a small one is not 0."""
    if 0 < abs(number) < _LEAST / 2:
        return f"{number:.1g}"
    return f"{number:,.1f}".removesuffix(".0")
