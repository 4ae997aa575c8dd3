"""One circuit in a place of its own, told minute by minute, for the tests of its rules."""

from collections.abc import Sequence
from typing import Any

from edge.reading import Kind, Reading
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, UNIT, reading, registry

SHED = {"code": "shed", "building": "b01"}
MINUTE = 1 / 60
MIDNIGHT = 16.0
"""Local midnight, in hours after the start."""


def circuit(interval: str = "1 min", **feeder: Any) -> Site:
    """A site with a sub-meter in a shed that goes by these terms."""
    device = {"id": "em-1", "kind": "elec", "unit": "shed", "interval": interval}
    return Site(registry((UNIT, SHED), (METER, device | {"feeder": feeder})))


def said(hour: float, channel: str, value: float, **changes: Any) -> Reading:
    """One value of the sub-meter."""
    own = {"device": "em-1", "unit": "shed", "kind": Kind.ELEC, "resolution": 0.0}
    return reading(hour, channel, value, **(own | changes))


def watts(site: Site, start: float, powers_w: list[float], minutes: float = 1) -> float:
    """A power at every so many minutes; the hour after the last."""
    for number, power_w in enumerate(powers_w):
        site.hear(said(start + number * minutes * MINUTE, "elec.power", power_w))
    return start + len(powers_w) * minutes * MINUTE


def amperes(
    site: Site, start: float, currents: Sequence[tuple[float, ...]], minutes: float = 1
) -> float:
    """The currents of the phases in one message every so many minutes; the hour after the last."""
    names = ("elec.current", "elec.current.b", "elec.current.c")
    for number, amps in enumerate(currents):
        hour = start + number * minutes * MINUTE
        site.hear(*(said(hour, name, amp) for name, amp in zip(names, amps, strict=False)))
    return start + len(currents) * minutes * MINUTE
