"""A condition that comes and goes: whom that spares messages, and from when it is told after all.

A stand-down waits until the condition has stayed away, so that one which soon returns is no
news to anybody. One that returns after people stood down is told once it stays; urgent ones
are told at once, as often as people had been told that they were over.
"""

from dataclasses import dataclass

from alerts.pace import Pace
from edge.reading import SECOND_NS, Tier

_SECOND = 2


@dataclass(frozen=True, slots=True)
class Cycles:
    """The beginnings of one rule's condition at one place within the window.

    `last_ns` is the latest; `stood_down` whether it returned after anybody was told within the
    window that all is over.
    """

    count: int
    last_ns: int
    stood_down: bool


def calm_ns(cycles: Cycles, pace: Pace) -> int:
    """How long the condition must stay away before people hear that it is over."""
    calm_s = pace.calm if cycles.count < _SECOND else pace.flap_window
    return int(calm_s * SECOND_NS)


def held_until_ns(tier: Tier, cycles: Cycles, pace: Pace) -> int | None:
    """Until when a condition that comes and goes is not told; None when it does not flap."""
    returned = cycles.count >= _SECOND and cycles.stood_down
    if tier is Tier.URGENT or not (returned or cycles.count >= pace.chatter):
        return None
    return cycles.last_ns + int(pace.steady * SECOND_NS)
