"""How unequally three phases are loaded, and what the neutral carries for it.

In a four-wire riser the neutral carries what the phases do not share. It has no breaker, so an
old and thin one burns before anything trips, and when it breaks homes get up to the voltage
between two phases.
"""

from math import sqrt

from msgspec import Struct, field

from edge.lasting import Lasting, Patience
from edge.reading import HOUR_NS, MINUTE_NS

LAST_NS = HOUR_NS
END_NS = 30 * MINUTE_NS
NEUTRAL_PART = 0.25
"""Of the rating: what Chinese rules for distribution transformers allow in a neutral."""
APART = 0.25
BUSY = 0.3
"""Nothing is said while the most loaded phase carries less of its rating than this."""


class Imbalance(Struct, array_like=True):
    """The last currents, and since when they have been too unequal."""

    amps: tuple[float, ...] = ()
    uneven: Lasting = field(default_factory=Lasting)

    def follow(self, at_ns: int, amps: tuple[float, ...], rating_a: float, gap_ns: int) -> None:
        """Take in the currents of three phases at about one time."""
        self.amps = amps
        so = (
            max(amps) >= BUSY * rating_a
            and apart(amps) >= APART
            and neutral_a(amps) >= NEUTRAL_PART * rating_a
        )
        self.uneven.follow(at_ns, Patience(LAST_NS, END_NS, gap_ns), so=so)


def neutral_a(amps: tuple[float, ...]) -> float:
    """The current in the neutral of three phases, loads of one kind and no harmonics supposed."""
    a, b, c = amps
    return sqrt(max(0.0, a * a + b * b + c * c - a * b - b * c - c * a))


def apart(amps: tuple[float, ...]) -> float:
    """The part of the largest by which the smallest is less."""
    return (max(amps) - min(amps)) / max(amps) if max(amps) > 0 else 0.0
