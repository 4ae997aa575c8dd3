"""Whether a circuit will be overloaded within two hours, by its own days or by its rise.

The usual load of each half hour, less or more what the last quarter of an hour differs from it, is
carried on through the same warmth by which an overload is judged. Where too few days are known,
the rise of the last hour is drawn out for an hour.
"""

from collections.abc import Iterator
from statistics import linear_regression, median_low

from msgspec import Struct, field

from edge.lasting import Lasting, Patience
from edge.load import BIN_NS, Bin
from edge.overload import SHARP, warmed
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS

AHEAD_NS = 2 * HOUR_NS
RISE_AHEAD_NS = HOUR_NS
DAYS_KNOWN = 5
_SLOT_NS = 30 * MINUTE_NS
_SLOTS = DAY_NS // _SLOT_NS
_WEIGHT = 1 / 14
_STEP_NS = 10 * MINUTE_NS
_RECENT_NS = HOUR_NS
_RISE_NS = 40 * MINUTE_NS
_BINS_MAX = HOUR_NS // BIN_NS + 1
_TODAY_BINS = 3
"""The middle of three, the lesser of two: a kettle or a motor in one is not today's load."""
_DOUBT = 0.03
_BUSY = 0.6
"""A rise is drawn out only from here on: a feeder that is hardly used rises and falls a lot."""


class Outlook(Struct, array_like=True):
    """The usual load of each half hour of the day and what it is of late, as parts of the rating.

    `due_ns` is when the overload is expected that `ahead` tells of.
    """

    usual: list[float] = field(default_factory=lambda: [0.0] * _SLOTS)
    days: list[int] = field(default_factory=lambda: [0] * _SLOTS)
    slot: int = -1
    total: float = 0.0
    count: int = 0
    recent: list[tuple[int, float]] = field(default_factory=list)
    ahead: Lasting = field(default_factory=Lasting)
    due_ns: int = 0

    def follow(self, seen: Bin, offset_ns: int, warmth: tuple[float, float], gap_ns: int) -> None:
        """Take in the mean load of the last five minutes; `warmth` is how warm, and how fast.

        The latter is the time constant in nanoseconds.
        """
        from_ns = seen.at_ns - max(_RECENT_NS, gap_ns)
        recent = [each for each in self.recent[1 - _BINS_MAX :] if each[0] >= from_ns]
        self.recent = [*recent, (seen.at_ns, seen.mean)]
        due_ns = self._due_ns(seen.at_ns, offset_ns, warmth)
        if due_ns is not None:
            self.due_ns = due_ns
        self.ahead.follow(seen.at_ns, Patience(0, _SLOT_NS, gap_ns), so=due_ns is not None)
        self._learn(seen, offset_ns)

    def _learn(self, seen: Bin, offset_ns: int) -> None:
        slot = (seen.at_ns + offset_ns) // _SLOT_NS
        if slot != self.slot:
            if self.count:
                of_day = self.slot % _SLOTS
                self.days[of_day] += 1
                weight = max(_WEIGHT, 1 / self.days[of_day])
                self.usual[of_day] += weight * (self.total / self.count - self.usual[of_day])
            self.slot, self.total, self.count = slot, 0.0, 0
        self.total, self.count = self.total + seen.mean, self.count + 1

    def _due_ns(self, now_ns: int, offset_ns: int, warmth: tuple[float, float]) -> int | None:
        """When it will be overloaded, if the load goes on as is usual, or as it rises."""
        if len(self.recent) < 2:  # noqa: PLR2004  (one alone may be a motor)
            return None
        loads = self._rhythm(now_ns, offset_ns) or self._rise(now_ns)
        warm, warms_ns = warmth
        last = median_low(load for _, load in self.recent[-_TODAY_BINS:])
        for steps, load in enumerate(loads, 1):
            warm = warmed(warm, (last, load), _STEP_NS / warms_ns)
            if warm >= 1 or load >= SHARP:
                return now_ns + steps * _STEP_NS
            last = load
        return None

    def _rhythm(self, now_ns: int, offset_ns: int) -> list[float]:
        """The loads to come by the usual day; none where a half hour is not known."""
        local_ns = now_ns + offset_ns
        first, last = (local_ns - _RECENT_NS) // _SLOT_NS, (local_ns + AHEAD_NS) // _SLOT_NS
        if any(self.days[slot % _SLOTS] < DAYS_KNOWN for slot in range(first, last + 1)):
            return []
        newest = self.recent[-_TODAY_BINS:]
        today = median_low(load - self._usual(at_ns + offset_ns) for at_ns, load in newest) - _DOUBT
        return [self._usual(at_ns) + today for at_ns in _steps(local_ns, AHEAD_NS)]

    def _usual(self, local_ns: int) -> float:
        """Between the middles of two half hours the one goes over into the other."""
        slot, into_ns = divmod(local_ns - _SLOT_NS // 2, _SLOT_NS)
        part = into_ns / _SLOT_NS
        return (1 - part) * self.usual[slot % _SLOTS] + part * self.usual[(slot + 1) % _SLOTS]

    def _rise(self, now_ns: int) -> list[float]:
        """The loads to come if they rise on as in the last hour; none where they do not."""
        span_ns = self.recent[-1][0] - self.recent[0][0]
        if span_ns < _RISE_NS or self.recent[-1][1] < _BUSY:
            return []
        hours = [(at_ns - now_ns) / HOUR_NS for at_ns, _ in self.recent]
        slope, level = linear_regression(hours, [load for _, load in self.recent])
        if slope <= 0:
            return []
        ahead_h = [(at_ns - now_ns) / HOUR_NS for at_ns in _steps(now_ns, RISE_AHEAD_NS)]
        return [level + slope * hour for hour in ahead_h]


def _steps(now_ns: int, ahead_ns: int) -> Iterator[int]:
    yield from range(now_ns + _STEP_NS, now_ns + ahead_ns + 1, _STEP_NS)
