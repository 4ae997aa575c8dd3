"""The least that flows through a bulk meter in a night, and what is usual: the field's first look.

Somebody is always up, so it is never nothing; it is low and steady, and what leaks adds to it.
Nights that are above what is usual are not learned from, so that a leak does not become usual.
"""

from bisect import bisect_left, bisect_right
from itertools import pairwise
from statistics import fmean, median

from msgspec import Struct, field

from edge.chain import Chain
from edge.hours import last_end_ns, length_ns
from edge.meter import Meter
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS

NIGHTS = 3
"""So many nights in a row must be above the limit in the mean, and each above what is usual.

None of them may be unknown: it may have been the one that was as usual.
"""
NIGHTS_KNOWN = 10
_NIGHTS_MAX = 28
_KEPT = 5
_GAP_NS_MAX = 90 * MINUTE_NS
_INTERVALS = 1.5
_ML_PER_L = 1_000
_SPREADS, _SPREAD = 1.5, 1.4826
"""Of one night: the mean of three varies by little more than half of it."""
_LEARNED_SPREADS = 3.0
_PART, _LEAST_L_PER_H = 0.25, 5.0


class NightFlowState(Struct, array_like=True):
    """The least flow of the last nights in L/h by when they ended, and those learned from.

    While it is `over_ns` (the end of the first such night), the limit stays at `over_limit`.
    """

    flows: dict[int, float] = field(default_factory=dict)
    usual: list[float] = field(default_factory=list)
    learned_ns: int = 0
    over_ns: int | None = None
    over_limit: float = 0.0


class NightFlow:
    """The nights of one bulk meter; `hours` are when its night is, in local time."""

    __slots__ = ("hours", "state", "tick_l", "utc_offset_h")

    def __init__(self, hours: str, utc_offset_h: float) -> None:
        self.hours, self.utc_offset_h = hours, utc_offset_h
        self.tick_l = 1.0
        self.state = NightFlowState()

    def limit_l_per_h(self) -> float | None:
        """A larger mean of nights is too much; None while fewer than ten nights are known."""
        usual = self.state.usual
        if self.state.over_ns is not None or len(usual) < NIGHTS_KNOWN:
            return self.state.over_limit if self.state.over_ns is not None else None
        return self._above_usual(_SPREADS)

    def _above_usual(self, spreads: float) -> float:
        usual = self.state.usual
        middle = median(usual)
        spread = spreads * _SPREAD * median(abs(flow - middle) for flow in usual)
        return middle + max(spread, _PART * middle, _LEAST_L_PER_H, self.tick_l)

    def usual_l_per_h(self) -> float | None:
        """The middle of the nights that are learned from."""
        return median(self.state.usual) if self.state.usual else None

    def nights(self, until_ns: int) -> list[tuple[int, int]]:
        """The last nights that were over at `until_ns`, newest first, as far as meters remember."""
        end_ns = last_end_ns(self.hours, until_ns, self.utc_offset_h)
        night_ns = length_ns(self.hours)
        return [(end - night_ns, end) for end in range(end_ns, end_ns - NIGHTS * DAY_NS, -DAY_NS)]

    def follow(self, meter: Meter) -> None:
        """Look at the last nights again, as `meter` knows them now."""
        mark_ns, state = meter.watermark_ns, self.state
        if mark_ns is None:
            return
        gap_ns = min(_GAP_NS_MAX, int(_INTERVALS * meter.interval_ns()))
        self.tick_l = meter.resolution_ml / _ML_PER_L
        for start_ns, end_ns in self.nights(mark_ns):
            faulty = bool(meter.faults.during(start_ns, end_ns))
            flow = None if faulty else least_l_per_h(meter.chain, start_ns, end_ns, gap_ns)
            if flow is None:
                state.flows.pop(end_ns, None)
            else:
                state.flows[end_ns] = flow
        self._judge(mark_ns)

    def _judge(self, mark_ns: int) -> None:
        state, limit, usual = self.state, self.limit_l_per_h(), self.usual_l_per_h()
        from_ns = mark_ns - NIGHTS * DAY_NS
        known_ns = [end_ns for end_ns in sorted(state.flows) if end_ns > from_ns]
        if limit is not None and usual is not None and known_ns:
            flows = [state.flows[end_ns] for end_ns in known_ns]
            high = min(flows) > usual and fmean(flows) > limit
            if flows[-1] <= (usual + limit) / 2:
                state.over_ns = None
            elif state.over_ns is None and high and len(flows) == NIGHTS:
                state.over_ns, state.over_limit = known_ns[0], limit
        self._learn(from_ns)

    def _learn(self, until_ns: int) -> None:
        """Learn from nights that no late reading is likely to change."""
        state = self.state
        most = state.over_limit if state.over_ns is not None else None
        if most is None and len(state.usual) >= NIGHTS_KNOWN:
            most = self._above_usual(_LEARNED_SPREADS)
        for end_ns in sorted(each for each in state.flows if each <= until_ns):
            flow = state.flows.pop(end_ns)
            if end_ns > state.learned_ns:
                state.learned_ns = end_ns
                if most is None or flow <= most:
                    state.usual = [*state.usual[1 - _NIGHTS_MAX :], flow]
        for end_ns in sorted(state.flows)[:-_KEPT]:
            del state.flows[end_ns]


def least_l_per_h(chain: Chain, start_ns: int, end_ns: int, gap_ns: int) -> float | None:
    """The least flow over an hour or more within the night; None when it is not all known.

    Fewer samples make the least of them larger, so one that is missing is a gap.
    """
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    first, last = bisect_right(times_ns, start_ns) - 1, bisect_left(times_ns, end_ns)
    if first < 0 or last == len(times_ns) or chain.is_doubtful(times_ns[first], times_ns[last]):
        return None
    if any(after - before > gap_ns for before, after in pairwise(times_ns[first : last + 1])):
        return None
    rates: list[float] = []
    for begin in range(first, last + 1):
        end = bisect_left(times_ns, times_ns[begin] + HOUR_NS, begin)
        if end <= last:
            volume_l = (volumes_ml[end] - volumes_ml[begin]) / _ML_PER_L
            rates.append(volume_l * HOUR_NS / (times_ns[end] - times_ns[begin]))
    return min(rates, default=None)
