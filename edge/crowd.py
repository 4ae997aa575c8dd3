"""One public place, by a count of the people there: more than is usual at that hour, for so long.

Nothing is known of who they are. Fewer than five are kept and told as if there were four.
"""

from math import ceil
from statistics import quantiles

from msgspec import Struct, field

from edge.crowd_terms import FEW, CrowdTerms
from edge.lasting import Lasting, Patience, gap_ns
from edge.point import Point
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from edge.thinned import Thinned

BANDS = (FEW, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000)
"""Numbers of people as they are told: at least, or fewer than, one of these."""
DAYS_KNOWN = 7
_OVER_NS = 10 * MINUTE_NS
_LEVELS_KEPT = 8
_LEVELS_KNOWN = 5
_SAMPLES_MIN = 2
_TIMES, _MORE = 1.5, 5
_WEEKDAYS = 5
_THURSDAY = 3
"""The day of the week on which time began."""


class CrowdState(Struct, array_like=True):
    """A place as it goes into a checkpoint.

    `usual` are the upper quartiles of the last eight such hours, by the hour of the day, plus 24
    at weekends. `hour` is going on, since 1970 in local time; it is `spoilt` where a gathering
    was told in it. While there are many, at least `least` are there, where `limit` would be many.
    """

    usual: dict[int, list[int]] = field(default_factory=dict)
    first_ns: int | None = None
    hour: int = 0
    counts: Thinned = field(default_factory=Thinned)
    spoilt: bool = False
    many: Lasting = field(default_factory=Lasting)
    least: int = 0
    limit: int = 0


class Crowd(Point[CrowdState]):
    """The place at which `device` counts; local time is `utc_offset_h` ahead of UTC."""

    __slots__ = ("_offset_ns", "_patience", "device", "state", "terms")

    def __init__(
        self, device: str, terms: CrowdTerms, interval_s: float | None, utc_offset_h: float
    ) -> None:
        super().__init__()
        self.device, self.terms = device, terms
        self._offset_ns = int(utc_offset_h * HOUR_NS)
        self._patience = Patience(int(terms.lasts_s * SECOND_NS), _OVER_NS, gap_ns(interval_s))
        self.state = CrowdState()

    def hear(self, reading: Reading) -> None:
        """Take in a count; an older one than the last is passed over."""
        at_ns, state = min(reading.at_ns, reading.received_ns), self.state
        is_count = reading.channel == "crowd.count" and not isinstance(reading.value, str)
        if not is_count or at_ns < state.many.at_ns:
            return
        count = max(int(reading.value), FEW - 1)
        self._turn_hour(at_ns)
        state.counts.add(float(count))
        self._follow(at_ns, count)

    def limit(self, at_ns: int) -> int | None:
        """So many are more than is usual then; None while nobody knows what is usual."""
        usual = self.usual(at_ns)
        return None if usual is None else max(self.terms.at_least, ceil(_TIMES * usual) + _MORE)

    def usual(self, at_ns: int) -> int | None:
        """How many there are in such an hour, or the next to it, at the most."""
        first_ns = self.state.first_ns
        if first_ns is None or at_ns - first_ns < DAYS_KNOWN * DAY_NS:
            return None
        hour = self._hour(at_ns)
        slots = (self._slot(each) for each in (hour - 1, hour, hour + 1))
        levels = [level for slot in slots for level in self.state.usual.get(slot, ())]
        return max(levels) if len(levels) >= _LEVELS_KNOWN else None

    def _follow(self, at_ns: int, count: int) -> None:
        state = self.state
        goes_on = state.many.told_ns is not None or state.many.so_ns is not None
        limit = state.limit if goes_on else self.limit(at_ns)
        so = limit is not None and count >= limit
        state.many.follow(at_ns, self._patience, so=so)
        if so and limit is not None:
            begins = state.many.so_ns == at_ns and state.many.told_ns is None
            state.least = count if begins else min(state.least, count)
            state.limit = limit
        state.spoilt |= state.many.told_ns is not None

    def _turn_hour(self, at_ns: int) -> None:
        """Learn from the hour that is over, unless a gathering was in it or may go on."""
        state, hour = self.state, self._hour(at_ns)
        if state.first_ns is None:
            state.first_ns = at_ns
        if hour == state.hour:
            return
        counts = state.counts.kept
        spoilt = state.spoilt or state.many.so_ns is not None
        if len(counts) >= _SAMPLES_MIN and not spoilt:
            slot = self._slot(state.hour)
            level = ceil(quantiles(counts, n=4, method="inclusive")[2])
            state.usual[slot] = [*state.usual.get(slot, ())[1 - _LEVELS_KEPT :], level]
        state.counts.clear()
        state.hour, state.spoilt = hour, False

    def _hour(self, at_ns: int) -> int:
        return (at_ns + self._offset_ns) // HOUR_NS

    def _slot(self, hour: int) -> int:
        day, of_day = divmod(hour, 24)
        return of_day + 24 * ((day + _THURSDAY) % 7 >= _WEEKDAYS)


def at_least(count: int) -> int:
    """The largest band that `count` reaches; 0 for fewer than five."""
    return max((band for band in BANDS if band <= count), default=0)


def fewer_than(count: int) -> int:
    """The smallest band above `count`."""
    return min((band for band in BANDS if band > count), default=BANDS[-1])
