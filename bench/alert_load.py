"""What the alert benchmark finds: conditions in fifty buildings, each with a worker of its own.

The same conditions go to both sides under the same names, so that one sink can tell them apart.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

from alerts.incident import incident_id
from edge.reading import (
    HOUR_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)

SITE, EDGE = "s01", "e01"
BUILDINGS = 50
_URGENT_EVERY = 101  # of no common measure with the buildings, so that all have some


class Condition(NamedTuple):
    """One thing found; `name` is how both sides know it."""

    name: str
    building: str
    finding: Finding


def conditions(story: str, count: int, now_ns: int, tier: Tier | None = None) -> list[Condition]:
    """`count` conditions over all buildings, named by `story`, in an order of chance.

    Without a `tier` one in a hundred and one is urgent, and the others are important.
    """
    found = [_condition(story, number, now_ns, tier) for number in range(count)]
    random.Random(story).shuffle(found)
    return found


def buildings() -> Iterator[str]:
    """The areas of the workers."""
    return (_building(number) for number in range(BUILDINGS))


def _condition(story: str, number: int, now_ns: int, tier: Tier | None) -> Condition:
    building = _building(number)
    subject = f"{building}/{story}{number:04d}"
    mixed = Tier.IMPORTANT if number % _URGENT_EVERY else Tier.URGENT
    finding = Finding(
        id=finding_id("bench", subject, now_ns),
        revision=0,
        rule="bench",
        rule_version=1,
        subject=subject,
        category="bench",
        tier=tier or mixed,
        state=FindingState.RAISED,
        since_ns=now_ns - HOUR_NS,
        at_ns=now_ns,
        timeliness=Timeliness.LIVE,
        evidence=Evidence({}, {}, now_ns, 60.0, "用水 0 升", "0 L used"),
    )
    return Condition(incident_id(finding.id), building, finding)


def _building(number: int) -> str:
    return f"{SITE}/b{number % BUILDINGS:02d}"
