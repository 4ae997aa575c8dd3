"""Which failure explains which others, so that people are told of the cause and not of each effect.

An effect stays an incident and is shown; its messages are held while the cause lasts. What
cannot be proved to be an effect is told: missing facts never hold anything back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from alerts.incident import Incident, Outcome
from edge.reading import DAY_NS, HOUR_NS, Finding, Tier
from edge.registry import Registry

Number = float | str


class Reach(StrEnum):
    """How an effect hangs on its cause."""

    EDGE = "edge"  # it was found by the edge that is down
    ADAPTER = "adapter"  # it is about a device that hangs on the adapter, recorder or switch
    SUPPLY = "supply"  # it is about a home on the supply that is out


@dataclass(frozen=True, slots=True)
class Cause:
    """What incidents of one rule explain: incidents of `hides` (categories) within `reach`.

    It explains nothing for longer than `for_ns_max` after it began.
    """

    reach: Reach
    hides: frozenset[str]
    for_ns_max: int | None = None


_DEVICES = frozenset({"device"})

# A recorder or switch is an adapter of the registry, and its cameras are the devices on it.
CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        "edge_down": Cause(Reach.EDGE, _DEVICES),
        "adapter_down": Cause(Reach.ADAPTER, _DEVICES),
        "recorder_down": Cause(Reach.ADAPTER, _DEVICES),
        "switch_down": Cause(Reach.ADAPTER, _DEVICES),
        "supply_outage": Cause(Reach.SUPPLY, frozenset({"welfare"}), for_ns_max=DAY_NS),
    }
)

EXEMPT = frozenset({"fire", "gas", "co", "smoke", "sos", "fall", "lift", "intrusion"})
"""Categories that nothing explains away, whatever else has failed.

Urgent incidents of every other category are exempt too, but for one: a resident who seems to
use no water while the supply is out, unless a whole window without use had passed before.
"""
_URGENT_EFFECTS = frozenset({"welfare"})


@dataclass(frozen=True, slots=True)
class Effect:
    """An incident that may be the effect of another: with its last finding, found by `edge`."""

    incident: Incident
    finding: Finding
    edge: str


def may_be_effect(incident: Incident) -> bool:
    """Whether any cause could explain the incident."""
    if incident.category in EXEMPT:
        return False
    if incident.tier is Tier.URGENT and incident.category not in _URGENT_EFFECTS:
        return False
    return any(incident.category in cause.hides for cause in CAUSES.values())


def may_be_told_ahead(finding: Finding) -> bool:
    """Whether the finding is urgent and no other could explain it, whichever is known first."""
    return finding.tier is Tier.URGENT and finding.category not in _URGENT_EFFECTS


def is_cause(incident: Incident) -> bool:
    """Whether the incident explains others now: it lasts, and nobody found it to be none."""
    return (
        incident.rule in CAUSES
        and incident.condition_active
        and incident.outcome is not Outcome.FALSE_ALARM
    )


def explained(
    effect: Effect, causes: Iterable[Incident], registry: Registry | None, now_ns: int
) -> Incident | None:
    """The longest-lasting of `causes` that explains the effect; None when it stands for itself."""
    if not may_be_effect(effect.incident):
        return None
    found = [each for each in causes if _explains(each, effect, registry, now_ns)]
    return min(found, key=lambda each: (each.since_ns, each.id), default=None)


def explains_until_ns(cause: Incident) -> int | None:
    """When `cause` stops to explain anything although it lasts; None when it never does."""
    longest_ns = CAUSES[cause.rule].for_ns_max
    return None if longest_ns is None else cause.since_ns + longest_ns


def _explains(cause: Incident, effect: Effect, registry: Registry | None, now_ns: int) -> bool:
    terms = CAUSES[cause.rule]
    until_ns = explains_until_ns(cause)
    return (
        is_cause(cause)
        and cause.id != effect.incident.id
        and effect.incident.category in terms.hides
        and effect.incident.opened_ns >= cause.since_ns
        and (until_ns is None or now_ns < until_ns)
        and _REACHES[terms.reach](cause, effect, registry)
    )


def _of_edge(cause: Incident, effect: Effect, _: Registry | None) -> bool:
    return cause.subject.split("/")[-1] == effect.edge


def _on_adapter(cause: Incident, effect: Effect, registry: Registry | None) -> bool:
    device = effect.incident.subject.split("/")[-1]
    bound = registry.binding(device, effect.incident.opened_ns) if registry else None
    return bound is not None and bound.device.adapter == cause.subject.split("/")[-1]


def _on_supply(cause: Incident, effect: Effect, registry: Registry | None) -> bool:
    """Whether the home is on the supply, and its finding rests on time without water."""
    code = effect.incident.subject.split("/")[-1]
    unit = (
        next((each for each in registry.units() if each.code == code), None) if registry else None
    )
    if unit is None:
        return False
    _, *supply = cause.subject.split("/")
    window_h = effect.finding.evidence.usual.get("window_h")
    if supply not in ([unit.building], [unit.building, unit.riser]) or not _is_number(window_h):
        return False
    return cause.since_ns < effect.finding.since_ns + int(float(window_h or 0) * HOUR_NS)


def _is_number(value: Number | None) -> bool:
    return isinstance(value, int | float)


_REACHES = MappingProxyType(
    {Reach.EDGE: _of_edge, Reach.ADAPTER: _on_adapter, Reach.SUPPLY: _on_supply}
)
