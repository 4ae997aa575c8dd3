"""How water ran in the recent past of one meter: pauses, fast spans, the largest hour.

Only what two believed samples prove counts. Across a gap or a doubtful joint nothing is said.
"""

from bisect import bisect_left
from itertools import pairwise

from edge.chain import Chain
from edge.reading import HOUR_NS

_ML_PER_L = 1_000
_STEADY = 0.9


def last_pause_ns(chain: Chain, pause_ns: int, after_ns: int) -> int | None:
    """When the last proven pause of at least `pause_ns` ended; None if none did since `after_ns`.

    Asked of a home in daily use it looks at a few samples only.
    """
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    end = len(times_ns) - 1
    while end > 0 and times_ns[end] > after_ns:
        start = end
        while start > 0 and volumes_ml[start - 1] == volumes_ml[end]:
            start -= 1
        if times_ns[end] - times_ns[start] >= pause_ns:
            return times_ns[end]
        end = start if start < end else end - 1
    return None


def is_gapless(chain: Chain, start_ns: int, gap_ns: int) -> bool:
    """Whether the register is known from `start_ns` on, without a doubt or a longer gap."""
    times_ns = chain.times_ns
    i = len(times_ns) - 1
    while i > 0 and times_ns[i] > start_ns:
        if times_ns[i] - times_ns[i - 1] > gap_ns:
            return False
        i -= 1
    return bool(times_ns) and times_ns[i] <= start_ns and not _doubtful(chain, start_ns)


def fast_since_ns(chain: Chain, l_per_h: float, gap_ns: int) -> int:
    """Since when water has run at `l_per_h` or more without a break; the watermark if it has not.

    Between samples further apart than `gap_ns` nobody knows whether there was a break.
    """
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    i = len(times_ns) - 1
    while i > 0:
        span_ns, volume_ml = times_ns[i] - times_ns[i - 1], volumes_ml[i] - volumes_ml[i - 1]
        slow = volume_ml * HOUR_NS < l_per_h * _ML_PER_L * span_ns
        if slow or span_ns > gap_ns or chain.is_doubtful(times_ns[i - 1], times_ns[i]):
            break
        i -= 1
    return times_ns[i]


def fast_for_ns(chain: Chain, since_ns: int) -> int:
    """For how long a steady flow has run that began in the first interval since `since_ns`.

    It is taken to run at nine tenths of the least rate of the intervals between the first and the
    last, since others draw besides; of those two it need not have filled more than what ran asks
    for.
    """
    i = bisect_left(chain.times_ns, since_ns)
    spans_ns = [end - start for start, end in pairwise(chain.times_ns[i:])]
    drawn_ml = [end - start for start, end in pairwise(chain.volumes_ml[i:])]
    rates = [ml / ns for ml, ns in zip(drawn_ml, spans_ns, strict=True)]
    steady = _STEADY * min(rates[1:-1], default=max(rates, default=0.0))
    edges = {0, len(rates) - 1}
    return sum(
        int(min(span_ns, ml / steady)) if n in edges and steady else span_ns
        for n, (span_ns, ml) in enumerate(zip(spans_ns, drawn_ml, strict=True))
    )


def volume_l(chain: Chain, start_ns: int) -> float:
    """What ran from the last sample at or before `start_ns` to the watermark."""
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    i = len(times_ns) - 1
    while i > 0 and times_ns[i] > start_ns:
        i -= 1
    return (volumes_ml[-1] - volumes_ml[i]) / _ML_PER_L


def slowest_l_per_h(chain: Chain, start_ns: int, span_ns: int) -> float:
    """The least that ran within `span_ns` since `start_ns`, by the hour: what runs by itself."""
    return min(_rates(chain, start_ns, span_ns), default=0.0)


def fastest_l_per_h(chain: Chain, until_ns: int) -> float:
    """The most that ran within an hour, up to `until_ns`, as far as the meter remembers."""
    return max(_rates(chain, chain.times_ns[0], HOUR_NS, until_ns), default=0.0)


def _rates(chain: Chain, start_ns: int, span_ns: int, until_ns: int | None = None) -> list[float]:
    """The rate over each shortest stretch of samples that is at least `span_ns` long."""
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    rates: list[float] = []
    first = 0
    for last, at_ns in enumerate(times_ns):
        if until_ns is not None and at_ns > until_ns:
            break
        while first < last and at_ns - times_ns[first + 1] >= span_ns:
            first += 1
        if times_ns[first] >= start_ns and at_ns - times_ns[first] >= span_ns:
            volume_ml = volumes_ml[last] - volumes_ml[first]
            rates.append(volume_ml / _ML_PER_L * HOUR_NS / (at_ns - times_ns[first]))
    return rates


def _doubtful(chain: Chain, start_ns: int) -> bool:
    return bool(chain.doubts_ns) and chain.is_doubtful(start_ns, chain.times_ns[-1])
