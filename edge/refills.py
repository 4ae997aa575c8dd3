"""Small draws, much alike and evenly apart, for hours: a cistern that leaks and fills itself again.

The float valve of a toilet opens whenever the level has fallen by so much. Between two refills
the register stands still, so that a leak without a pause is never seen; people draw neither so
evenly nor so alike.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from edge.chain import Chain
from edge.reading import HOUR_NS, MINUTE_NS

INTERVAL_NS_MAX = 20 * MINUTE_NS
"""A slower meter mixes refills with each other and with what people draw."""
REFILLS = 5
SPAN_NS = 3 * HOUR_NS
_VOLUME_ML = (2_000, 12_000)
"""A tap that drips moves a register by single litres, and as evenly."""
_ALIKE, _EVEN, _LIKE = 1.8, 1.8, 1.3
_APART_NS = (25 * MINUTE_NS, 120 * MINUTE_NS)
_SURE = 2
"""So many refills make a row in which one draw at a time may stand out: somebody was up."""
ROW_BEGUN_NS_MAX = REFILLS * _APART_NS[1]
"""A row that is not long enough yet began no longer ago than this."""


class Refill(NamedTuple):
    """One draw, seen between two standing registers; it began after `at_ns`."""

    at_ns: int
    volume_ml: int


class Row(NamedTuple):
    """Refills in a row, from the first to the last, and the mean of their volumes."""

    start_ns: int
    end_ns: int
    refills: int
    mean_ml: float

    @property
    def apart_ns(self) -> float:
        """From one refill to the next, in the mean."""
        return (self.end_ns - self.start_ns) / max(1, self.refills - 1)

    def is_like(self, other: "Row") -> bool:
        """Whether both may be of one cistern, which knows one volume and one pace."""
        volumes_ml, paces_ns = (self.mean_ml, other.mean_ml), (self.apart_ns, other.apart_ns)
        return max(volumes_ml) <= _LIKE * min(volumes_ml) and max(paces_ns) <= _LIKE * min(paces_ns)


def rows(chain: Chain, start_ns: int, tick_ml: int, interval_ns: int) -> Iterator[Row]:
    """Yield every long enough row of refills since `start_ns`."""
    run, hidden, passed = list[Refill](), 0, 0
    for refill in _draws(chain, start_ns):
        if _fits(run, refill, tick_ml, interval_ns):
            run.append(refill)
            passed = 0
        elif not hidden and _hides(run, refill, interval_ns):
            run.append(Refill(refill.at_ns, run[-1].volume_ml))
            hidden = 1
        elif not passed and _may_go_on(run, refill, interval_ns):
            passed = 1
        else:
            if row := _row(run, hidden):
                yield row
            run, hidden, passed = [refill] if _is_of_size(refill) else [], 0, 0
    if row := _row(run, hidden):
        yield row


def _draws(chain: Chain, start_ns: int) -> Iterator[Refill]:
    """Yield what was drawn between one standing of the register and the next."""
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    began: int | None = None
    for i in range(1, len(times_ns)):
        moved = volumes_ml[i] > volumes_ml[i - 1]
        if times_ns[i - 1] < start_ns:
            continue
        if moved and began is None:
            began = i - 1
        elif not moved and began is not None:
            yield Refill(times_ns[began], volumes_ml[i] - volumes_ml[began])
            began = None


def _fits(run: list[Refill], refill: Refill, tick_ml: int, interval_ns: int) -> bool:
    """Whether it is as large as those before it and as far from the last as they are apart."""
    if not run or not _is_of_size(refill):
        return False
    apart_ns = [after.at_ns - before.at_ns for before, after in pairwise(run)]
    apart_ns.append(refill.at_ns - run[-1].at_ns)
    volumes_ml = [each.volume_ml for each in run] + [refill.volume_ml]
    return (
        _APART_NS[0] <= max(apart_ns) <= _APART_NS[1]
        and max(apart_ns) - interval_ns <= _EVEN * (min(apart_ns) + interval_ns / 2)
        and max(volumes_ml) - tick_ml <= _ALIKE * (min(volumes_ml) + tick_ml)
    )


def _may_go_on(run: list[Refill], draw: Refill, interval_ns: int) -> bool:
    """Whether the next of a row may still come after this `draw`, which somebody else took."""
    if len(run) < _SURE:
        return False
    apart_ns = min(after.at_ns - before.at_ns for before, after in pairwise(run))
    return draw.at_ns - run[-1].at_ns < apart_ns + interval_ns


def _hides(run: list[Refill], draw: Refill, interval_ns: int) -> bool:
    """Whether a refill may be in a larger `draw`, which began when one was due."""
    if len(run) < _SURE:
        return False
    apart_ns = (run[-1].at_ns - run[0].at_ns) / (len(run) - 1)
    due_ns = run[-1].at_ns + apart_ns
    return draw.volume_ml > run[-1].volume_ml and abs(draw.at_ns - due_ns) <= interval_ns


def _is_of_size(refill: Refill) -> bool:
    return _VOLUME_ML[0] <= refill.volume_ml <= _VOLUME_ML[1]


def _row(run: list[Refill], hidden: int) -> Row | None:
    """The row, if enough of it was seen: what is `hidden` bridges it and proves nothing."""
    if len(run) - hidden < REFILLS or run[-1].at_ns - run[0].at_ns < SPAN_NS:
        return None
    mean_ml = sum(each.volume_ml for each in run) / len(run)
    return Row(run[0].at_ns, run[-1].at_ns, len(run), mean_ml)
