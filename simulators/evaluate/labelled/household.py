"""Water in drawn homes: who draws how much when, and what a register shows of it.

Volumes and habits are round numbers of ordinary flats: cisterns of six litres, showers of fifty,
two or three washes a week; somebody is up in most nights.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from random import Random
from typing import NamedTuple

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS
from simulators.evaluate.labelled.draws import Stretch
from simulators.evaluate.labelled.scenario import Span
from simulators.evaluate.labelled.tape import Tape

_USES = 17
_SHOWERS = 0.7
_WASHES = 0.12
"""A day, for each person; of washes one more."""
FIRST_L = 120_000
"""What the register of a home that is not new shows at first."""
_HOURS = range(24)
_BY_HOUR = (1, 0.3, 0.3, 0.3, 0.3, 1, 6, 10, 9, 6, 5, 6, 8, 5, 4, 4, 5, 8, 10, 10, 9, 7, 4, 2)


class Flow(NamedTuple):
    """`litres` run evenly from `start_ns` to `end_ns`."""

    start_ns: int
    end_ns: int
    litres: float

    @classmethod
    def at(cls, stretch: Stretch, l_per_h: float) -> "Flow":
        """What runs at that rate for the whole stretch."""
        hours = (stretch.end_ns - stretch.start_ns) / HOUR_NS
        return cls(stretch.start_ns, stretch.end_ns, l_per_h * hours)

    def until(self, at_ns: int) -> float:
        """How much of it has run by then."""
        share = (at_ns - self.start_ns) / (self.end_ns - self.start_ns)
        return self.litres * min(1.0, max(0.0, share))


class Home(NamedTuple):
    """So many people, each of whom is up in so many nights; on some days they are away."""

    people: int
    nightly: float = 0.3
    away: tuple[Stretch, ...] = ()


def flows(rng: Random, span: Span, home: Home) -> Iterator[Flow]:
    """Yield what the people of `home` draw in `span`, in no order."""
    for day_ns in range(span.start_ns, span.end_ns, DAY_NS):
        drawn = [_small(rng, day_ns) for _ in range(int(rng.gauss(_USES, 3)) * home.people)]
        drawn += [_at(day_ns, rng.choice((6.5, 7.0, 20.0, 21.0, 22.0)), rng, 8.0, 50.0)
                  for _ in range(home.people) if rng.random() < _SHOWERS]  # fmt: skip
        if rng.random() < _WASHES * (home.people + 1):
            start_h = rng.uniform(8.0, 20.0)
            drawn += [_at(day_ns, start_h + part, rng, 4.0, 18.0) for part in (0.0, 0.5, 0.9)]
        drawn += [_at(day_ns, rng.uniform(0.5, 5.0), rng, 1.0, 6.0)
                  for _ in range(home.people) if rng.random() < home.nightly]  # fmt: skip
        for each in drawn:
            if not any(away.start_ns <= each.start_ns < away.end_ns for away in home.away):
                yield each


def say_register(tape: Tape, device: str, span: Span, every_ns: int, drawn: Iterable[Flow]) -> None:
    """`device` says every `every_ns` what its register shows, as m3."""
    for at_ns, litres in register(span, every_ns, drawn):
        tape.say(device, at_ns, "water.total", litres / 1000)


def register(span: Span, every_ns: int, drawn: Iterable[Flow]) -> Iterator[tuple[int, int]]:
    """Yield what a register shows every `every_ns`, in whole litres."""
    litres = [0.0] * ((span.end_ns - span.start_ns) // every_ns + 1)
    for flow in drawn:
        first = max(0, (flow.start_ns - span.start_ns) // every_ns)
        last = min(len(litres) - 2, (flow.end_ns - 1 - span.start_ns) // every_ns)
        for i in range(first, last + 1):
            from_ns = span.start_ns + i * every_ns
            overlap_ns = min(flow.end_ns, from_ns + every_ns) - max(flow.start_ns, from_ns)
            litres[i + 1] += flow.litres * overlap_ns / (flow.end_ns - flow.start_ns)
    for i, total_l in enumerate(accumulate(litres)):
        yield span.start_ns + i * every_ns, int(FIRST_L + total_l)


def _small(rng: Random, day_ns: int) -> Flow:
    """A cistern, a tap, a kettle."""
    hour = rng.choices(_HOURS, _BY_HOUR)[0] + rng.random()
    return _at(day_ns, hour, rng, 1.0, rng.choice((1.0, 2.0, 3.0, 6.0, 6.0)))


def _at(day_ns: int, hour: float, rng: Random, minutes: float, litres: float) -> Flow:
    start_ns = day_ns + int((hour + rng.uniform(0.0, 0.3)) * HOUR_NS)
    return Flow(start_ns, start_ns + int(minutes * MINUTE_NS), litres * rng.uniform(0.7, 1.3))
