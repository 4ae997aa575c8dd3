"""Silence with a leash: who may keep what quiet for how long, and what it then covers.

A silence holds messages back and nothing else: incidents are opened and shown as ever, and
what still lasts at its end is told. It ends by itself.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from alerts.incident import Incident
from alerts.roster import covers
from edge.reading import DAY_NS, HOUR_NS, Tier

AHEAD_NS_MAX = 92 * DAY_NS
"""How far ahead a silence may be planned."""
STANDING_MAX = 200
"""Silences that have not ended; one more is refused."""

LENGTH_NS_MAX: Mapping[Tier, int] = MappingProxyType(
    {Tier.URGENT: HOUR_NS, Tier.IMPORTANT: 8 * HOUR_NS, Tier.GENERAL: 7 * DAY_NS}
)
"""The longest silence of each tier; one of several tiers is bound by the most urgent."""


class Scope(StrEnum):
    """What a silence is laid over."""

    AREA = "area"  # a path of codes, with all below
    CATEGORY = "category"
    RULE = "rule"
    DEVICE = "device"  # a device's id


class Kind(StrEnum):
    """What a silence is for."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


class Silence(Struct, frozen=True, kw_only=True):
    """One silence from `start_ns` until `end_ns`, or until a person ended it at `ended_ns`.

    `by` is a login, `reason` their own words, never empty.
    """

    id: str
    kind: Kind
    scope: Scope
    value: str
    tiers: tuple[Tier, ...]
    reason: str
    by: str
    created_ns: int
    start_ns: int
    end_ns: int
    ended_ns: int | None = None

    @property
    def over_ns(self) -> int:
        """When it is over, as far as is known."""
        return self.end_ns if self.ended_ns is None else min(self.end_ns, self.ended_ns)

    def holds_at(self, now_ns: int) -> bool:
        """Whether it holds anything back at `now_ns`."""
        return self.start_ns <= now_ns < self.over_ns

    def covers(self, incident: Incident) -> bool:
        """Whether the incident is within its scope and tiers."""
        return incident.tier in self.tiers and _COVERS[self.scope](self.value, incident)


class IllegalSilence(Exception):  # noqa: N818  (the caller's mistake, not a fault of ours)
    """The silence cannot be: too long, in the past, without a reason, or not this person's."""


def check(silence: Silence, *, may_silence_urgent: bool) -> None:
    """Nothing, for a silence that this person may lay now.

    Raises:
        IllegalSilence: it may not be; the text says what to change.
    """
    if not silence.reason.strip():
        raise IllegalSilence("give a reason")
    if not silence.tiers or Tier.INFO in silence.tiers:
        raise IllegalSilence("name at least one of the tiers 1, 2 and 3")
    if Tier.URGENT in silence.tiers and not may_silence_urgent:
        raise IllegalSilence("urgent incidents are silenced by an administrator only")
    if Tier.URGENT in silence.tiers and silence.scope is not Scope.DEVICE:
        raise IllegalSilence("urgent incidents are silenced for one device at a time")
    if silence.end_ns <= max(silence.start_ns, silence.created_ns):
        raise IllegalSilence("let it end after it begins, and after now")
    if silence.start_ns > silence.created_ns + AHEAD_NS_MAX:
        raise IllegalSilence(f"plan it at most {AHEAD_NS_MAX // DAY_NS} days ahead")
    longest_ns = min(LENGTH_NS_MAX[tier] for tier in silence.tiers)
    if silence.end_ns - max(silence.start_ns, silence.created_ns) > longest_ns:
        raise IllegalSilence(f"at most {longest_ns // HOUR_NS} hours for these tiers")


_COVERS: Mapping[Scope, Callable[[str, Incident], bool]] = MappingProxyType(
    {
        Scope.AREA: lambda value, incident: covers(value, incident.subject),
        Scope.CATEGORY: lambda value, incident: value == incident.category,
        Scope.RULE: lambda value, incident: value == incident.rule,
        Scope.DEVICE: lambda value, incident: value == incident.subject.split("/")[-1],
    }
)
