"""Was water used in this window: yes, no, cannot know, or the meter is faulty.

Interval arithmetic on cumulative registers: samples around the window bound its use from
above, samples inside bound it from below. A gap does not make a register forget, and
nothing is ever concluded about the time after the last believed sample.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from edge.chain import Chain
from edge.meter import Meter
from edge.night_flow import NightFlow
from edge.outage import Excuse, Outage
from edge.reading import Reading
from edge.registry import Binding
from edge.signature import ML_PER_M3
from edge.signs.heed import heed

if TYPE_CHECKING:
    from edge.quiet import Quiet  # the gateway asks homes without it, and has no use for numpy

_ML_PER_L: Final = ML_PER_M3 // 1_000


class Use(StrEnum):
    """The answer about one window."""

    USED = "used"
    NOT_USED = "not_used"
    UNKNOWN = "unknown"
    FAULT = "fault"


class Bounds(NamedTuple):
    """How much was used at least, and at most (None: nobody knows), in millilitres."""

    lower_ml: int
    upper_ml: int | None

    def verdict(self, threshold_ml: int) -> Use:
        """Whether the use reaches `threshold_ml`."""
        if self.upper_ml is not None and self.upper_ml < threshold_ml:
            return Use.NOT_USED
        return Use.USED if self.lower_ml >= threshold_ml else Use.UNKNOWN


def bounds(chain: Chain, start_ns: int, end_ns: int) -> Bounds:
    """What `chain` says of the use within `[start_ns, end_ns]`.

    Across a doubtful joint there is no upper bound; what was used on either side still adds up.
    """
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    before = bisect_right(times_ns, start_ns) - 1
    inside = before if before >= 0 and times_ns[before] == start_ns else before + 1
    after = bisect_left(times_ns, end_ns)
    last = after if after < len(times_ns) and times_ns[after] == end_ns else after - 1
    lower_ml = volumes_ml[last] - volumes_ml[inside] if inside < last else 0
    if before < 0 or after == len(times_ns):
        return Bounds(lower_ml, None)
    if chain.doubts_ns and chain.is_doubtful(times_ns[before], times_ns[after]):
        return Bounds(lower_ml, None)
    return Bounds(lower_ml, volumes_ml[after] - volumes_ml[before])


class Home:
    """The water meters of one dwelling, asked as one.

    A dwelling is asked at a time, and only the meters that hang there then answer; what one
    of them cannot know, the dwelling cannot know. `excuses` are asked for times in which it
    had no supply: standing registers say nothing of its resident then. `quiet` remembers its
    routine, where a rule asks for it. What is no home but a bulk meter has a `night`, and the homes
    that it feeds as `members`.
    """

    __slots__ = ("_from_ns", "_meters", "_only", "_to_ns", "excuses", "members", "night", "quiet")

    def __init__(self, bindings: Iterable[Binding]) -> None:
        self._meters = tuple([(binding, Meter(binding)) for binding in bindings])
        self._only: Meter | None = None
        self._from_ns = self._to_ns = 0  # when that one hangs there
        if len(self._meters) == 1:
            binding, self._only = self._meters[0]
            self._from_ns, self._to_ns = binding.from_ns, binding.to_ns
        self.excuses: list[Excuse] = []
        self.quiet: Quiet | None = None
        self.night: NightFlow | None = None
        self.members: tuple[Home, ...] = ()

    def observe(self, reading: Reading) -> bool:
        """Take in a reading of one of the meters; whether any answer may be another now."""
        for binding, meter in self._meters:
            if binding.device.id == reading.device and binding.covers(reading.at_ns):
                news = meter.observe(reading)
                self.follow(meter, reading.device, reading.at_ns)
                return news
        return False

    def follow(self, meter: Meter, device: str, at_ns: int) -> None:
        """Learn from `meter`, that of `device`, which has just taken in a reading of `at_ns`."""
        if self.quiet is not None:
            self.quiet.observe(device, meter, at_ns, self.excused)
        if self.night is not None:
            self.night.follow(meter)

    def notice(self, reading: Reading) -> None:
        """Somebody went through a door, moved or switched something on, if `reading` says so."""
        if self.quiet is None:
            return
        if reading.channel == "door.direction":
            self.quiet.pass_door(reading.at_ns, self.excused, out=reading.value == "out")
        elif reading.channel == "motion" and reading.value == "motion" and self.quiet.heeds_motion:
            self.quiet.stir(reading.at_ns, self.excused)
        elif self.quiet.heeds:
            heed(self.quiet, reading)

    def meters(self, at_ns: int) -> list[Meter]:
        """The meters that hang there at `at_ns`."""
        if self._only is not None:
            return [self._only] if self._from_ns <= at_ns < self._to_ns else []
        return [meter for binding, meter in self._meters if binding.covers(at_ns)]

    def newest_ns(self) -> int | None:
        """The latest time up to which any of the meters is known."""
        if self._only is not None:
            return self._only.watermark_ns
        marks = [meter.watermark_ns for _, meter in self._meters]
        return max((mark for mark in marks if mark is not None), default=None)

    def excused(self, start_ns: int, end_ns: int) -> Outage | None:
        """The last outage of its supply that reaches into the window, if any does."""
        found = [outage for ask in self.excuses if (outage := ask(start_ns, end_ns))]
        return max(found, key=attrgetter("start_ns"), default=None)

    def only(self) -> Meter | None:
        """The one meter that ever hung there; None where there is none or another."""
        return self._only

    def named(self) -> Sequence[tuple[Binding, Meter]]:
        """Every meter that ever hung there, with its binding."""
        return self._meters


def watermark_ns(meters: Sequence[Meter]) -> int | None:
    """The event time up to which all of `meters` are known; None when one never spoke."""
    if len(meters) == 1:
        return meters[0].watermark_ns
    marks = [meter.watermark_ns for meter in meters]
    known = [mark for mark in marks if mark is not None]
    return min(known) if known and len(known) == len(marks) else None


def use(meters: Sequence[Meter], start_ns: int, end_ns: int) -> Bounds:
    """The use of all `meters` together within `[start_ns, end_ns]`."""
    if len(meters) == 1:
        return bounds(meters[0].chain, start_ns, end_ns)
    parts = [bounds(meter.chain, start_ns, end_ns) for meter in meters]
    lower_ml = sum(part.lower_ml for part in parts)
    uppers_ml = [part.upper_ml for part in parts if part.upper_ml is not None]
    return Bounds(lower_ml, sum(uppers_ml) if len(uppers_ml) == len(parts) else None)


def used(meters: Sequence[Meter], start_ns: int, end_ns: int, threshold_ml: int) -> Use:
    """The answer about `[start_ns, end_ns]`: a fault of one meter outweighs every register."""
    for meter in meters:
        if meter.faults.during(start_ns, end_ns):
            return Use.FAULT
    return use(meters, start_ns, end_ns).verdict(threshold_ml)


def threshold_ml(meters: Sequence[Meter], threshold_l: float) -> int:
    """`threshold_l` in whole ticks of the coarsest register, at least one tick."""
    tick_ml = max([meter.resolution_ml for meter in meters])
    return tick_ml * max(1, ceil(threshold_l * _ML_PER_L / tick_ml))
