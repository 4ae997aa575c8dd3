"""What a scenario is: months of a site with labels, drawn from a seed, and the field's own rule.

Each file of `simulators/evaluate/scenarios/` is one, found by being there: it has a `SCENARIO`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from random import Random
from typing import Any, NamedTuple

from edge.reading import DAY_NS, HOUR_NS, Reading

UTC_OFFSET_H = 8.0
START_NS = 1_772_380_800 * 1_000_000_000
"""Monday, 2 March 2026, at midnight of the site."""
HOMES_A_WORKER = 812
CARED_HOMES_A_WORKER = 40
ENTRANCES_A_WORKER = 50
"""A door, and a camera, for every sixteen of the homes: a stair of a block without a lift."""


class Span(NamedTuple):
    """The time of one world; what happens before `warm_ns` is learned from and not judged."""

    start_ns: int
    warm_ns: int
    end_ns: int

    @property
    def days(self) -> float:
        """How long it is judged."""
        return (self.end_ns - self.warm_ns) / DAY_NS


class Label(NamedTuple):
    """From `start_ns` to `end_ns` it is true of `subject` what `rule` looks for.

    The subject is the last part of a finding's: the code of a device, a home, a building.
    """

    rule: str
    subject: str
    start_ns: int
    end_ns: int


class Alarm(NamedTuple):
    """What is said of `subject` at `told_ns`: that something has been the case since `since_ns`."""

    subject: str
    since_ns: int
    told_ns: int


class Where(Enum):
    """Where messages go missing: on the edge's link, behind an adapter, or at one device.

    The edge is told of the first two, as in life; of the last nobody tells.
    """

    LINK = auto()
    ADAPTER = auto()
    DEVICE = auto()


class Hole(NamedTuple):
    """What would have arrived from `start_ns` until before `end_ns` does not.

    `name` is the adapter's or the device's. With `keeps` it arrives at the end, in its order.
    """

    where: Where
    start_ns: int
    end_ns: int
    name: str = ""
    keeps: bool = False


class World(NamedTuple):
    """A site's registry, what its devices say in order of arrival, the truth, and what is lost."""

    table: Mapping[str, Any]
    readings: tuple[Reading, ...]
    labels: tuple[Label, ...]
    holes: tuple[Hole, ...] = ()


class Point(NamedTuple):
    """One value of a univariate stream, for comparators that know nothing of the feed."""

    subject: str
    at_ns: int
    value: float


Stream = Callable[[Iterable[Reading]], Iterator[Point]]


class Naive(NamedTuple):
    """The field's rule for the same feed.

    `alarms` is given the readings that arrive, by arrival, and yields online: what it says of
    a moment must not depend on what arrives later.
    """

    says: str
    alarms: Callable[[Iterable[Reading]], Iterator[Alarm]]


class Judged(NamedTuple):
    """A rule that a scenario judges.

    An alarm counts for an event until `within_ns` after its end. `stream`, if any, is what
    comparators are given in place of the readings.
    """

    rule: str
    naive: Naive
    within_ns: int = HOUR_NS
    stream: Stream | None = None


class Scenario(NamedTuple):
    """How months are drawn, the rules that they judge, and how many subjects a worker has.

    `draw` makes a world of the given span from nothing but the `Random`; there are `subjects`
    of which each rule can say something.
    """

    name: str
    rules: tuple[Judged, ...]
    draw: Callable[[Random, Span], World]
    subjects: int
    a_worker: float
    warmup_days: int = 7


def scenarios() -> dict[str, Scenario]:
    """Every scenario in the folder, by name."""
    package = importlib.import_module("simulators.evaluate.scenarios")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    found: list[Scenario] = [module.SCENARIO for module in modules]
    return {each.name: each for each in found}
