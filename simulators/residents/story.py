"""A simulated life as an edge hears it: an hourly register, and a door that knows directions."""

from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS
from edge.residents.passage import Passage
from simulators.evaluate.doors import Passage as Passing
from simulators.households import LOCAL, Sample, Series
from simulators.residents.lives import FIRST_H, Lives

_OFFSET_H = int(LOCAL.utcoffset(None).total_seconds()) // 3_600
_IN_MINUTE, _OUT_MINUTE = 5, 50
"""Before any use of the hour, and after it."""


def hour_ns(hour: int) -> int:
    """When the hour of this number begins, counted from the first of a life."""
    return (FIRST_H + hour - _OFFSET_H) * HOUR_NS


def series(lives: Lives, home: int) -> Series:
    """What the meter of `home` reads, a second before the end of each hour."""
    registers = lives.litres[home].cumsum()
    return tuple(
        Sample(hour_ns(hour + 1) - SECOND_NS, int(litres)) for hour, litres in enumerate(registers)
    )


def passages(lives: Lives, home: int) -> tuple[Passing, ...]:
    """Who is seen to go through the door of `home`, by time."""
    seen = lives.seen[home]
    found = [
        Passing(hour_ns(hour) + _OUT_MINUTE * MINUTE_NS, "out")
        if seen[hour] == Passage.OUT
        else Passing(hour_ns(hour + 1) + _IN_MINUTE * MINUTE_NS, "in")
        for hour in seen.nonzero()[0].tolist()
    ]
    return tuple(sorted(found))
