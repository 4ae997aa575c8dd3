"""Load on a circuit at hours in which nobody has business with it.

What stands there by night, a router or an emergency lamp, is learned from its own nights; or it
is agreed. A night in which something was told is not learned from.
"""

from statistics import median

from msgspec import Struct, field

from edge.lasting import Lasting, Patience
from edge.load import Bin
from edge.reading import HOUR_NS, MINUTE_NS

LAST_NS = 30 * MINUTE_NS
GRACE_NS = 30 * MINUTE_NS
"""So near to its hours a lamp may be on because the day is dark, and somebody be late."""
NIGHTS_KNOWN = 5
_NIGHTS_MAX = 14
_MUCH, _MARGIN_W = 2.0, 30.0


class OffHours(Struct, array_like=True):
    """The means of the last nights, and the night that is going on; a night is time off hours.

    `energy_wh` is what ran above the usual since the load in `load` began.
    """

    nights_w: list[float] = field(default_factory=list)
    total_w: float = 0.0
    count: int = 0
    spoilt: bool = False
    load: Lasting = field(default_factory=Lasting)
    watts: float = 0.0
    energy_wh: float = 0.0

    def usual_w(self) -> float | None:
        """What stands there on a usual night; None while too few are known."""
        return median(self.nights_w) if len(self.nights_w) >= NIGHTS_KNOWN else None

    def limit_w(self, agreed_w: float | None) -> float | None:
        """More than this is too much; None while nobody knows."""
        usual_w = self.usual_w()
        if agreed_w is not None or usual_w is None:
            return agreed_w
        return _MUCH * usual_w + _MARGIN_W

    def follow(self, seen: Bin, limit_w: float | None, gap_ns: int) -> None:
        """Take in a mean off hours."""
        so = limit_w is not None and seen.mean > limit_w
        span_ns = seen.at_ns - self.load.at_ns
        self.load.follow(seen.at_ns, Patience(LAST_NS, LAST_NS, gap_ns), so=so)
        if self.load.so_ns == seen.at_ns and self.load.told_ns is None:
            self.energy_wh = 0.0
        elif span_ns <= gap_ns:
            above_w = max(0.0, seen.mean - (self.usual_w() or 0.0))
            self.energy_wh += above_w * span_ns / HOUR_NS
        self.watts = seen.mean
        self.total_w, self.count = self.total_w + seen.mean, self.count + 1
        self.spoilt |= self.load.told_ns is not None

    def end_night(self, at_ns: int) -> None:
        """The hours have begun: learn from the night that is over, and look no further."""
        if self.count and not self.spoilt:
            self.nights_w = [*self.nights_w[1 - _NIGHTS_MAX :], self.total_w / self.count]
        self.total_w, self.count, self.spoilt = 0.0, 0, False
        if self.load.so_ns is not None or self.load.told_ns is not None:
            self.load.drop(at_ns)
