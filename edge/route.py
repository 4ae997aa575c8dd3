"""What a message of a device leads to, looked up once: its names, its presence, its homes."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from edge.completeness import Home
from edge.detectors.base import DeviceDetector
from edge.fields import Fields
from edge.message_names import Names
from edge.meter import Meter
from edge.numberings import Last
from edge.presence import Presence
from edge.registry import Binding
from edge.signature import in_ml
from edge.supply import Supply
from edge.watch import Watched


class Leg:
    """A home in which a device hung for a time, and its water meter there, if both matter."""

    __slots__ = ("code", "from_ns", "home", "meter", "supplies", "to_ns")

    def __init__(
        self, binding: Binding, home: Watched[Home] | None, supplies: list[Watched[Supply]]
    ) -> None:
        self.from_ns, self.to_ns = binding.from_ns, binding.to_ns
        self.code = binding.unit.code
        self.home = home
        named = home.state.named() if home else ()
        self.meter = next((meter for bound, meter in named if bound == binding), None)
        self.supplies = supplies


class Spoken(NamedTuple):
    """What a device's messages were called: the last of them, and the very last."""

    names: Names
    last: Last


class Route:
    """One device, from its message to whatever it tells of.

    `place` counts the watched devices. No silence shorter than `soonest_ns` can make a rule about
    the device hold.
    """

    __slots__ = ("last", "legs", "names", "place", "presence", "soonest_ns")

    def __init__(
        self, presence: Watched[Presence] | None, legs: list[Leg], place: int, spoken: Spoken
    ) -> None:
        self.presence = presence
        self.place = place
        self.legs = tuple(legs)
        self.names, self.last = spoken
        watches = presence.watches if presence else ()
        rules = [cast("DeviceDetector", watch.detector) for watch in watches]
        self.soonest_ns = min((rule.soonest_ns for rule in rules), default=0)

    def leg(self, at_ns: int) -> Leg | None:
        """Where the device hung at `at_ns`; None when nowhere."""
        for leg in self.legs:
            if leg.from_ns <= at_ns < leg.to_ns:
                return leg
        return None

    def without_repeats(self, readings: Sequence[Fields]) -> Sequence[Fields]:
        """Those that its meters have not shown already, and later."""
        if len(readings) == 1:
            return () if self._repeats(readings[0]) else readings
        return [each for each in readings if not self._repeats(each)]

    def meters(self) -> list[Meter]:
        """Its meters, in every home that it ever hung in."""
        return [leg.meter for leg in self.legs if leg.meter]

    def _repeats(self, reading: Fields) -> bool:
        """Whether one of its meters has shown no less than `reading` already, and later."""
        for leg in self.legs:  # noqa: SIM110  (any() costs more than the rest together)
            if leg.meter is not None and _has_shown(leg.meter, reading):
                return True
        return False


def _has_shown(meter: Meter, reading: Fields) -> bool:
    """Whether the register shows no less than a later sample did.

    Of a message that is unusually late this may be true, and may be a clock put back: then
    the reading would prove that nothing was used in a time of which it knows nothing.
    """
    value, register_ml = reading.value, meter.register_ml
    if reading.at_ns >= meter.chain.last_ns or register_ml is None or isinstance(value, str):
        return False
    return in_ml(value) >= register_ml
