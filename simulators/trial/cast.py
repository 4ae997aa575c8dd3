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

SITE, EDGE = "s01", "e01"
SECRET = b"a simulated secret of 32 bytes!!"

NUMBERS = {
    "wang": "13800000001",
    "li": "13800000002",
    "zhao": "13800000003",
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

_WORDS = """
short_zh = "请查看"
short_en = "visit now"
action_zh = "请上门查看。"
action_en = "Go and see."
ack_within = "15 min"
"""

_PLANS = f"""
version = 1

[[plan]]
id = "welfare"
category = "welfare"
tier = 1
title_zh = "长时间未用水"
title_en = "No water used"
on_clear = "stand_down"
{_WORDS}
[[plan.step]]
after = "0 s"
roles = ["grid_worker"]
channels = ["sms", "webhook"]
[[plan.step]]
after = "2 min"
roles = ["backup"]
channels = ["sms"]
[[plan.step]]
after = "10 min"
roles = ["street"]
channels = ["sms", "webhook"]
repeat = "15 min"
repeat_max = 3

[[plan]]
id = "urgent"
category = "*"
tier = 1
title_zh = "紧急情况"
title_en = "Emergency"
on_clear = "keep"
{_WORDS}
[[plan.step]]
after = "0 s"
roles = ["grid_worker", "street"]
channels = ["sms"]
[[plan.step]]
after = "5 min"
roles = ["backup"]
channels = ["webhook"]
repeat = "15 min"
repeat_max = 2

[[plan]]
id = "important"
category = "*"
tier = 2
title_zh = "重要情况"
title_en = "Needs attention"
on_clear = "stand_down"
{_WORDS}
[[plan.step]]
after = "0 s"
roles = ["grid_worker"]
channels = ["webhook"]
[[plan.step]]
after = "10 min"
roles = ["backup"]
channels = ["sms", "webhook"]
repeat = "15 min"
repeat_max = 3

[[plan]]
id = "general"
category = "*"
tier = 3
title_zh = "设备需检查"
title_en = "Check a device"
on_clear = "stand_down"
{_WORDS}
[[plan.step]]
after = "0 s"
roles = ["maintainer"]
channels = ["webhook"]
repeat = "30 min"
repeat_max = 2
"""

_ROLES = {"wang": "grid_worker", "li": "backup", "zhao": "street", "chen": "maintainer"}


PLANS_FILE: Mapping[str, Any] = MappingProxyType(tomllib.loads(_PLANS))
"""The plans as a gateway takes them into its database when it is new."""


def book() -> Book:
    """Plans, people and places of every trial."""
    plans = parse(dict(PLANS_FILE), Plans, Path("plans.toml"))
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
    people = (
        f'[[person]]\nid = "{who}"\nname = "{who}"\nroles = ["{_ROLES[who]}"]\nareas = ["{SITE}"]\n'
        f'sms = "{number}"\nwebhook = "http://hook/{who}"\n'
        for who, number in NUMBERS.items()
    )
    return "version = 1\n" + "".join(people)
