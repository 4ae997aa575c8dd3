"""When things happen in a drawn month: uses of a day, events far apart, holes in the feed."""

from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS
from simulators.evaluate.labelled.scenario import START_NS, Hole, Span, Where

_HOLE_MIN = (5.0, 360.0)
_SPARED_NS = 2 * MINUTE_NS


class Stretch(NamedTuple):
    """A time in which something goes on."""

    start_ns: int
    end_ns: int

    def spares(self, at_ns: int) -> bool:
        """Whether `at_ns` is well before or after it."""
        return not self.start_ns - _SPARED_NS <= at_ns <= self.end_ns + _SPARED_NS


def over_days(
    rng: Random, span: Span, a_day: float, hours: tuple[float, float] = (6.0, 23.0)
) -> Iterator[int]:
    """Yield about `a_day` moments on each day of `span`, in order, within `hours` of local time."""
    start_ns, end_ns = (int(hour * HOUR_NS) for hour in hours)
    for day_ns in range(span.start_ns, span.end_ns, DAY_NS):
        count = int(rng.uniform(0.7, 1.3) * a_day + rng.random())
        yield from sorted(day_ns + rng.randrange(start_ns, end_ns) for _ in range(count))


def sparing(moments: Iterable[int], busy: Iterable[Stretch]) -> Iterator[int]:
    """Yield the `moments` that are well outside every stretch of `busy`."""
    stretches = tuple(busy)
    for at_ns in moments:
        if all(each.spares(at_ns) for each in stretches):
            yield at_ns


def events(
    rng: Random, span: Span, count: int, minutes: tuple[float, float], apart_ns: int = 6 * HOUR_NS
) -> list[Stretch]:
    """At most `count` stretches of so many minutes, judged and at least `apart_ns` apart.

    Short ones are as frequent as ones many times as long.
    """
    made: list[Stretch] = []
    for _ in range(count):
        length_ns = int(scale(rng, minutes) * MINUTE_NS)
        start_ns = rng.randrange(span.warm_ns, max(span.warm_ns + 1, span.end_ns - length_ns))
        drawn = Stretch(start_ns, start_ns + length_ns)
        if all(
            drawn.start_ns > each.end_ns + apart_ns or drawn.end_ns < each.start_ns - apart_ns
            for each in made
        ):
            made.append(drawn)
    return sorted(made)


def at_hours(rng: Random, stretch: Stretch, hours: tuple[float, float]) -> Stretch:
    """The same stretch on the same day, moved to begin within `hours` of local time.

    Hours above 24 are those of the next morning.
    """
    day_ns = stretch.start_ns - (stretch.start_ns - START_NS) % DAY_NS
    start_ns = day_ns + int(rng.uniform(*hours) * HOUR_NS)
    return Stretch(start_ns, start_ns + stretch.end_ns - stretch.start_ns)


def scale(rng: Random, between: tuple[float, float]) -> float:
    """A number between the two, as likely to be in each of its powers of ten."""
    low, high = between
    return float(low * (high / low) ** rng.random())


def holes(
    rng: Random, span: Span, adapters: Iterable[str] = (), devices: Iterable[str] = ()
) -> tuple[Hole, ...]:
    """What goes missing in a month: three times the link, twice each adapter and device.

    It takes five minutes to six hours each. What was sent meanwhile comes afterwards in two of
    three losses of the link, in half of those of an adapter, and never from a device.
    """
    made = [_hole(rng, span, Where.LINK, "", keeps=rng.random() < 2 / 3) for _ in range(3)]
    for name in adapters:
        made += [_hole(rng, span, Where.ADAPTER, name, keeps=rng.random() < 1 / 2)
                 for _ in range(2)]  # fmt: skip
    for name in devices:
        made += [_hole(rng, span, Where.DEVICE, name, keeps=False) for _ in range(2)]
    return tuple(_disjoint(made))


def _hole(rng: Random, span: Span, where: Where, name: str, *, keeps: bool) -> Hole:
    length_ns = int(scale(rng, _HOLE_MIN) * MINUTE_NS)
    start_ns = rng.randrange(span.warm_ns, span.end_ns - length_ns)
    return Hole(where, start_ns, start_ns + length_ns, name, keeps)


def _disjoint(made: Iterable[Hole]) -> Iterator[Hole]:
    """Yield them in order, without those that begin within another of the same kind and name."""
    until_ns: dict[tuple[Where, str], int] = {}
    for hole in sorted(made, key=lambda each: each.start_ns):
        if hole.start_ns > until_ns.get((hole.where, hole.name), 0):
            until_ns[hole.where, hole.name] = hole.end_ns
            yield hole
