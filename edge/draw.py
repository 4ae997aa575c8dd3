"""Did a person draw water in the hour before a sample: two litres, beyond what always flows.

Only a register can say no. Where readings are missing, a draw is possible if the register rose
across the hole, and where a register changed, it is possible in any case.
"""

from bisect import bisect_right
from collections.abc import Sequence
from enum import Enum

from edge.chain import Chain
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS

DRAW_ML = 2_000
_ABOUT_AN_HOUR_NS = 45 * MINUTE_NS
_HOURLY_NS = 90 * MINUTE_NS
_SURE_NS = 150 * MINUTE_NS
"""In a longer hole, two litres may have dripped."""


class Draw(Enum):
    """Whether a person drew water; POSSIBLE where nobody can know."""

    NONE = 0
    POSSIBLE = 1
    SEEN = 2


def draw(chain: Chain, i: int, tick_ml: int) -> Draw:
    """Whether a person drew water in the hour, or the hole, before sample `i`.

    What was before the first sample is forgotten.
    """
    if i == 0:
        return Draw.POSSIBLE
    return drawn_between(chain, _hour_before(chain.times_ns, i), i, tick_ml)


def drawn_between(chain: Chain, before: int, i: int, tick_ml: int) -> Draw:
    """Whether a person drew water after sample `before` and up to sample `i`."""
    start_ns, end_ns = chain.times_ns[before], chain.times_ns[i]
    if chain.doubts_ns and chain.is_doubtful(start_ns, end_ns):
        return Draw.POSSIBLE
    least_ml = max(DRAW_ML, tick_ml)
    used_ml = chain.volumes_ml[i] - chain.volumes_ml[before]
    if used_ml < least_ml:
        return Draw.NONE
    leaked_ml = leak_ml_h(chain, i) * (end_ns - start_ns) // HOUR_NS
    if used_ml - leaked_ml < least_ml:
        return Draw.NONE
    return Draw.SEEN if end_ns - start_ns <= _SURE_NS else Draw.POSSIBLE


def earliest_ns(chain: Chain, i: int) -> int:
    """Before which a draw seen at sample `i` cannot have been."""
    return chain.times_ns[_hour_before(chain.times_ns, i)]


def leak_ml_h(chain: Chain, i: int) -> int:
    """What flowed in every hour of the day before sample `i`, in millilitres an hour.

    0 where a reading is missing in that day: nothing flowed, perhaps, just then.
    """
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    first_ns, flows_ml_h = times_ns[i] - DAY_NS, []
    if times_ns[0] > first_ns:
        return 0
    while times_ns[i] > first_ns:
        before = _hour_before(times_ns, i)
        span_ns = max(1, times_ns[i] - times_ns[before])
        flow_ml_h = (volumes_ml[i] - volumes_ml[before]) * HOUR_NS // span_ns
        if not flow_ml_h or span_ns > _HOURLY_NS:
            return 0  # the usual case, and soon
        flows_ml_h.append(flow_ml_h)
        i = before
    return min(flows_ml_h)


def _hour_before(times_ns: Sequence[int], i: int) -> int:
    """The last sample about an hour or more before sample `i`; the first if there is none."""
    return max(0, bisect_right(times_ns, times_ns[i] - _ABOUT_AN_HOUR_NS, 0, i) - 1)
