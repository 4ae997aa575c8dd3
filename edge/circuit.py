"""One electric circuit under watch: a feeder, the sub-meter of a corridor or shed, a plug.

Its load is taken from whatever its meter gives; each question about it is a file of its own.
Readings count by the time of the event, each only if it is newer than the last.
"""

from msgspec import Struct, field

from edge.charging import Charging
from edge.feeder_terms import FeederTerms
from edge.hours import is_within
from edge.imbalance import Imbalance
from edge.lasting import gap_ns
from edge.load import Bin, Bins, Heard
from edge.off_hours import GRACE_NS, OffHours
from edge.outlook import Outlook
from edge.overload import Overload
from edge.point import Point
from edge.reading import HOUR_NS, SECOND_NS, Quality, Reading

_AMPS_NS = HOUR_NS
_UNBELIEVED = frozenset({Quality.FAULT, Quality.STALE})


class CircuitState(Struct, array_like=True):
    """A circuit as it goes into a checkpoint."""

    heard: Heard = field(default_factory=Heard)
    load_bins: Bins = field(default_factory=Bins)
    watt_bins: Bins = field(default_factory=Bins)
    overload: Overload = field(default_factory=Overload)
    outlook: Outlook = field(default_factory=Outlook)
    imbalance: Imbalance = field(default_factory=Imbalance)
    charging: Charging = field(default_factory=Charging)
    off_hours: OffHours = field(default_factory=OffHours)


class Circuit(Point[CircuitState]):
    """The circuit that the meter `device` measures; nothing is known across more than `gap_ns`.

    That is half an hour, or two and a half intervals of a slower meter.
    """

    __slots__ = ("_offset_ns", "_utc_offset_h", "device", "gap_ns", "state", "terms")

    def __init__(
        self, device: str, terms: FeederTerms, interval_s: float | None, utc_offset_h: float
    ) -> None:
        super().__init__()
        self.device, self.terms = device, terms
        self.gap_ns = gap_ns(interval_s)
        self._utc_offset_h, self._offset_ns = utc_offset_h, int(utc_offset_h * HOUR_NS)
        self.state = CircuitState()

    def hear(self, reading: Reading) -> None:
        """Take in a current, a power or a register; what a faulty meter says, says nothing."""
        if reading.quality in _UNBELIEVED:
            return
        heard = self.state.heard
        amps = heard.amperes(reading, self.terms.phases)
        if amps is not None:
            self._take_amperes(heard.whole_ns, amps)
        watts = heard.watts(reading, self.gap_ns)
        if watts is not None:
            self._take_watts(min(reading.at_ns, reading.received_ns), watts)

    def is_off_hours(self, at_ns: int) -> bool:
        """Whether nobody has business with it, and did not within the last half hour either."""
        hours = self.terms.hours
        return hours is not None and not any(
            is_within(hours, at_ns + shift_ns, self._utc_offset_h)
            for shift_ns in (-GRACE_NS, 0, GRACE_NS)
        )

    def is_charging_odd(self, at_ns: int) -> bool:
        """Whether nobody may charge there at `at_ns`."""
        hours = self.terms.charging_hours
        if hours is None:
            return self.terms.charging == "forbidden"
        return not is_within(hours, at_ns, self._utc_offset_h)

    def _take_amperes(self, at_ns: int, amps: tuple[float, ...]) -> None:
        rating_a = self.terms.rating_a
        if rating_a is None:
            return
        self._take_load(at_ns, max(amps) / rating_a)
        if len(amps) > 1:
            self.state.imbalance.follow(at_ns, amps, rating_a, self.gap_ns)

    def _take_watts(self, at_ns: int, watts: float) -> None:
        """Watts are a load too where no current is given: as if it were shared equally."""
        terms, state = self.terms, self.state
        if terms.rating_a is not None and at_ns - state.heard.whole_ns > _AMPS_NS:
            self._take_load(at_ns, watts / (terms.volts * terms.phases * terms.rating_a))
        seen = state.watt_bins.take(at_ns, watts)
        if seen is None:
            return
        if terms.looks_for_charging:
            state.charging.follow(seen, self.gap_ns)
        if terms.hours is not None:
            self._take_hour(seen)

    def _take_load(self, at_ns: int, load: float) -> None:
        state, warms_ns = self.state, self.terms.warms_s * SECOND_NS
        state.overload.follow(at_ns, load, warms_ns, self.gap_ns)
        seen = state.load_bins.take(at_ns, load)
        if seen is not None:
            warmth = (state.overload.warmth, warms_ns)
            state.outlook.follow(seen, self._offset_ns, warmth, self.gap_ns)

    def _take_hour(self, seen: Bin) -> None:
        off_hours = self.state.off_hours
        if self.is_off_hours(seen.at_ns):
            off_hours.follow(seen, off_hours.limit_w(self.terms.idle_w), self.gap_ns)
        else:
            off_hours.end_night(seen.at_ns)
