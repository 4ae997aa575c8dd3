"""The people of a trial and the plans by which they are told.

Small on purpose: every rule of a plan (steps, rounds, both ends of a condition, all tiers) and
every way to a person is there once, so that a thousand trials take minutes.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge.reading import Tier
from edge.settings import parse
from gateway.book import Book
from gateway.plans.shelf import Shelf
from simulators import duty
from simulators.duty import BACKUP_NUMBER, STREET_NUMBER, WORKER_NUMBER, Duty

SITE, EDGE = "s01", "e01"
SECRET = b"a simulated secret of 32 bytes!!"

NUMBERS = {
    "wang": WORKER_NUMBER,
    "li": BACKUP_NUMBER,
    "zhao": STREET_NUMBER,
    "chen": "13800000004",
}
"""Everybody's phone; everybody has a webhook too."""

KINDS: tuple[tuple[str, Tier], ...] = (
    ("welfare", Tier.URGENT),
    ("sos", Tier.URGENT),
    ("leak", Tier.IMPORTANT),
    ("device", Tier.GENERAL),
)
"""What may be found: category and tier; each has its own plan below."""


def _step(after: str, roles: str, *channels: str) -> dict[str, Any]:
    return {"after": after, "roles": roles.split(), "channels": channels}


_SOON = "15 min"
_TOLD: Mapping[str, tuple[dict[str, Any], ...]] = MappingProxyType(
    {
        "welfare": (
            _step("0 s", "grid_worker", "sms", "webhook"),
            _step("2 min", "backup", "sms"),
            _step("10 min", "street", "sms", "webhook") | {"repeat": _SOON, "repeat_max": 3},
        ),
        "urgent": (
            _step("0 s", "grid_worker street", "sms"),
            _step("5 min", "backup", "webhook") | {"repeat": _SOON, "repeat_max": 2},
        ),
        "important": (
            _step("0 s", "grid_worker", "webhook"),
            _step("10 min", "backup", "sms", "webhook") | {"repeat": _SOON, "repeat_max": 3},
        ),
        "general": (_step("0 s", "maintainer", "webhook") | {"repeat": "30 min", "repeat_max": 2},),
    }
)
"""Who is told by each plan of the simulated estate, sooner than there."""

_ROLES = {"wang": "grid_worker", "li": "backup", "zhao": "street", "chen": "maintainer"}


def plans_file() -> dict[str, Any]:
    """The plans as a gateway takes them into its database when it is new."""
    plans = [
        plan | {"ack_within": _SOON, "step": _TOLD[plan["id"]]}
        for plan in tomllib.loads(duty.PLANS)["plan"]
    ]
    return {"version": 1, "plan": plans}


def book() -> Book:
    """Plans, people and places of every trial."""
    plans = parse(plans_file(), Plans, Path("plans.toml"))
    return Book(
        plans=plans,
        shelf=Shelf(plans),
        roster=parse(tomllib.loads(_roster()), Roster, Path("roster.toml")),
        places=parse(tomllib.loads("version = 1"), Places, Path("places.toml")),
        public_url="http://gateway",
        secret=SECRET,
    )


_STEPS: dict[str, tuple[tuple[float, tuple[str, ...]], ...]] = {
    "welfare": ((0.0, ("wang",)), (120.0, ("li",)), (600.0, ("zhao",))),
    "sos": ((0.0, ("wang", "zhao")), (300.0, ("li",))),
    "leak": ((0.0, ("wang",)), (600.0, ("li",))),
    "device": ((0.0, ("chen",)),),
}


def reached_after_s(category: str, lost: frozenset[str]) -> float:
    """When that category's plan first tells somebody who is not among `lost`."""
    return next(after_s for after_s, people in _STEPS[category] if set(people) - lost)


def stands_down(category: str) -> bool:
    """Whether the plan of that category ends when the condition does."""
    return category != "sos"


def _roster() -> str:
    return duty.roster_of(
        (Duty(who, who, _ROLES[who], number, f"http://hook/{who}"), SITE)
        for who, number in NUMBERS.items()
    )
