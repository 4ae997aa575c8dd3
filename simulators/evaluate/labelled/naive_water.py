"""The rules about water that cities published, as they run on register readings."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from functools import partial

from edge.reading import DAY_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.scenario import START_NS, Alarm, Naive

_HALF_HOUR_NS = 30 * MINUTE_NS


def every_half_hour() -> Naive:
    """Water drawn in every half-hour from 0 to 24 h is a leak, as Longgang in Shenzhen has it."""
    return Naive("water in every half-hour of a day", _half_hours)


def over_a_day(litres: float) -> Naive:
    """More than so much in 24 h: 1,000 L in Liaocheng, 2 m3 at Guoyuan's waterworks."""
    return Naive(f"over {litres:g} L in 24 h", partial(_day, litres))


def _half_hours(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Whatever a register rose between two readings was drawn in every half-hour between them."""
    last: dict[str, Reading] = {}
    drawn: defaultdict[str, set[int]] = defaultdict(set)
    for each in readings:
        if each.channel != "water.total":
            continue
        before = last.get(each.device)
        last[each.device] = each
        if before is None or each.at_ns <= before.at_ns:
            continue
        first, end = (_half_hour(at_ns) for at_ns in (before.at_ns, each.at_ns))
        if each.value != before.value:
            drawn[each.device].update(range(first, max(first, _half_hour(each.at_ns - 1)) + 1))
        day = first - first % 48
        if end >= day + 48:
            if all(half in drawn[each.device] for half in range(day, day + 48)):
                yield Alarm(each.unit, START_NS + day * _HALF_HOUR_NS, each.received_ns)
            drawn[each.device] = {half for half in drawn[each.device] if half >= day + 48}


def _day(litres: float, readings: Iterable[Reading]) -> Iterator[Alarm]:
    """The register now, less that of 24 h ago; told once, until it is less again."""
    past: defaultdict[str, deque[tuple[int, float]]] = defaultdict(deque)
    over = set[str]()
    for each in readings:
        if each.channel != "water.total":
            continue
        known, now_m3 = past[each.device], float(each.value)
        known.append((each.at_ns, now_m3))
        while known[0][0] < each.at_ns - DAY_NS:
            known.popleft()
        if (now_m3 - known[0][1]) * 1000 <= litres:
            over.discard(each.device)
        elif each.device not in over:
            over.add(each.device)
            yield Alarm(each.unit, each.at_ns, each.received_ns)


def _half_hour(at_ns: int) -> int:
    return (at_ns - START_NS) // _HALF_HOUR_NS
