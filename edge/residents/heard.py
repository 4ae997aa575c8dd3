"""From a register to hours with and without a use, for a resident whose door tells who goes out."""

from bisect import bisect_right

from edge.draw import Draw, drawn_between
from edge.meter import Meter
from edge.outage import Excuse
from edge.reading import MINUTE_NS
from edge.residents.remembered import Belief

_ABOUT_AN_HOUR_NS = 52 * MINUTE_NS
_USED = {Draw.NONE: False, Draw.SEEN: True, Draw.POSSIBLE: None}


def hear(belief: Belief, meter: Meter, utc_offset_ns: int, excused: Excuse) -> None:
    """Take in what `meter` has shown since `belief.until_ns`, if that is about an hour or more.

    Of a time that an outage of the supply excuses, nobody can know whether water was wanted.
    """
    chain, last = meter.chain, len(meter.chain.times_ns) - 1
    newest_ns = chain.times_ns[last]
    belief.until_ns = min(belief.until_ns, newest_ns)  # where a clock was put back
    if newest_ns - belief.until_ns < _ABOUT_AN_HOUR_NS:
        return
    before = bisect_right(chain.times_ns, belief.until_ns) - 1
    used = _USED[drawn_between(chain, before, last, meter.resolution_ml)] if before >= 0 else None
    if used is False and excused(belief.until_ns, newest_ns):
        used = None
    from edge.residents.belief import lived  # noqa: PLC0415  (numpy: only for who has such a door)

    lived(belief, newest_ns, utc_offset_ns, used=used)
