"""Nights that are too loud for the homes around a sound level meter, again and again.

Only levels are known, never a sound. One loud night is a party; several are a quarrel to come.
"""

from msgspec import Struct, field

from edge.hours import is_within, last_end_ns
from edge.lasting import gap_ns
from edge.noise_terms import NoiseTerms
from edge.point import Point
from edge.reading import DAY_NS, MINUTE_NS, Reading

LOUD_MIN = 30.0
"""A night with so many minutes on end above the limit is a loud one."""
_PAUSE_MIN = 15.0
"""Music that pauses for less goes on; lorries that come further apart do not add up."""
NIGHTS_MIN, WITHIN_NIGHTS = 3, 14
QUIET_NIGHTS = 7
_HEARD_MIN = 240.0
"""Of a night of which less was heard, nobody can say that it was quiet."""


class NoiseState(Struct, array_like=True):
    """A meter as it goes into a checkpoint; a night is named by when it begins its 24 hours.

    `loud_min` on end, then `pause_min`, and `heard_min` are of `night_ns`; `loud_nights_ns` are
    the loud ones of the last fourteen, after which so many `quiet_nights` are known. `peak_db` is
    the loudest level of them.
    """

    at_ns: int = 0
    night_ns: int = 0
    loud_min: float = 0.0
    pause_min: float = 0.0
    heard_min: float = 0.0
    peak_db: float = 0.0
    loud_nights_ns: list[int] = field(default_factory=list)
    quiet_nights: int = 0
    told_ns: int | None = None


class Noise(Point[NoiseState]):
    """The sound level meter `device`; nothing is known across more than `gap_ns`."""

    __slots__ = ("_utc_offset_h", "device", "gap_ns", "state", "terms")

    def __init__(
        self, device: str, terms: NoiseTerms, interval_s: float | None, utc_offset_h: float
    ) -> None:
        super().__init__()
        self.device, self.terms, self._utc_offset_h = device, terms, utc_offset_h
        self.gap_ns = gap_ns(interval_s)
        self.state = NoiseState()

    def hear(self, reading: Reading) -> None:
        """Take in the level since the last report; an older one than the last is passed over."""
        at_ns, state = min(reading.at_ns, reading.received_ns), self.state
        is_level = reading.channel == "noise.level" and not isinstance(reading.value, str)
        if not is_level or at_ns <= state.at_ns:
            return
        since_ns, state.at_ns = state.at_ns, at_ns
        self._turn_night(at_ns)
        both = all(
            is_within(self.terms.night, each, self._utc_offset_h) for each in (since_ns, at_ns)
        )
        if both and at_ns - since_ns <= self.gap_ns:
            self._add(float(reading.value), (at_ns - since_ns) / MINUTE_NS)

    def _turn_night(self, at_ns: int) -> None:
        """At the end of a night, see whether it was a quiet one."""
        state = self.state
        night_ns = last_end_ns(self.terms.night, at_ns, self._utc_offset_h)
        if night_ns == state.night_ns:
            return
        if state.heard_min >= _HEARD_MIN and state.night_ns not in state.loud_nights_ns:
            state.quiet_nights += 1
        if state.quiet_nights >= QUIET_NIGHTS:
            state.told_ns = None
        from_ns = night_ns - (WITHIN_NIGHTS - 1) * DAY_NS
        state.loud_nights_ns = [each for each in state.loud_nights_ns if each >= from_ns]
        state.night_ns, state.heard_min = night_ns, 0.0
        state.loud_min = state.pause_min = 0.0

    def _add(self, level_db: float, minutes: float) -> None:
        state = self.state
        state.heard_min += minutes
        if level_db <= self.terms.limit_db:
            state.pause_min += minutes
            return
        if state.pause_min >= _PAUSE_MIN:
            state.loud_min = 0.0
        state.loud_min, state.pause_min = state.loud_min + minutes, 0.0
        if state.loud_min < LOUD_MIN:
            return
        if not state.loud_nights_ns:
            state.peak_db = 0.0
        if state.night_ns not in state.loud_nights_ns:
            state.loud_nights_ns.append(state.night_ns)
            state.quiet_nights = 0
        state.peak_db = max(state.peak_db, level_db)
        if state.told_ns is None and len(state.loud_nights_ns) >= NIGHTS_MIN:
            state.told_ns = state.at_ns
