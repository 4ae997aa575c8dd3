"""Who of several gateways is alive, by what one of them has seen of the others' beats.

Pure. Only the observer's own monotonic time counts, so clocks need not agree: a gateway is
dead when its beat has not moved for five seconds of ours.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from edge.reading import SECOND_NS

BEAT_S = 1.0
DEAD_NS = 5 * SECOND_NS
STEP_DOWN_NS = 4 * SECOND_NS
"""A leader that could not beat for this long no longer leads: sooner than others think it dead."""


class Beating(Protocol):
    """A gateway as it shows itself."""

    @property
    def name(self) -> str:
        """Its name, unique among those that share a database."""
        ...

    @property
    def epoch(self) -> str:
        """Which of its processes this is."""
        ...

    @property
    def beat(self) -> int:
        """A count that goes up while it lives."""
        ...


class Sighting(Struct, frozen=True):
    """The last beat seen of a gateway, and when it was first seen at that beat."""

    epoch: str
    beat: int
    at_ns: int


Sightings = Mapping[str, Sighting]


def look(seen: Sightings, nodes: Iterable[Beating], mono_ns: int) -> Sightings:
    """What is known after seeing `nodes` at `mono_ns`; those that are not there are forgotten."""
    return {node.name: _sighting(seen.get(node.name), node, mono_ns) for node in nodes}


def dead(seen: Sightings, mono_ns: int) -> frozenset[str]:
    """Those whose beat has stood still for too long."""
    return frozenset(name for name, each in seen.items() if mono_ns - each.at_ns >= DEAD_NS)


def _sighting(known: Sighting | None, node: Beating, mono_ns: int) -> Sighting:
    if known is not None and (known.epoch, known.beat) == (node.epoch, node.beat):
        return known
    return Sighting(node.epoch, node.beat, mono_ns)
