"""A door stands open for longer than agreed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.door import Door
from edge.door_terms import DoorTerms
from edge.leeway import Bounds
from edge.point_rule import Numbers, PointRule
from edge.reading import MINUTE_NS, SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class DoorHeldOpen(PointRule[Door]):
    """The contact has said open, and not closed for as long as the terms of the door allow.

    Only time in which the door could be heard without a break counts: what it said before one is
    worth nothing until its next word, since the closing may be lost.
    """

    watches: ClassVar[type] = Door
    version: ClassVar[int] = 3
    rule: ClassVar[str] = "door_held_open"
    category: ClassVar[str] = "door"
    tunes: ClassVar[Bounds] = Bounds(3.0)
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "门自 {since} 起一直未关，已 {minutes} 分钟（允许 {held_open_min:g} 分钟）",
            "The door has stood open for {minutes} min, since {since} ({held_open_min:g} allowed)",
        ),
        Condition.GONE: (
            "门已关上，此前自 {since} 起开着",
            "The door is closed; it had stood open since {since}",
        ),
    }

    held_open_ns: int

    @classmethod
    def install(cls, terms: DoorTerms) -> tuple["DoorHeldOpen", ...]:
        """One rule for a door that must not stand open."""
        if terms.held_open_s is None:
            return ()
        tier = Tier.IMPORTANT if terms.hours else Tier.GENERAL
        return (cls(tier, int(terms.held_open_s * SECOND_NS)),)

    def scaled(self, scale: float) -> "DoorHeldOpen":
        """The rule that lets it stand open for longer."""
        return replace(self, held_open_ns=int(self.held_open_ns * scale))

    def since_ns(self, state: Door, now_ns: int) -> int | None:
        """When it was opened, once that is too long ago."""
        due_ns = min(self.moments(state), default=None)
        return None if due_ns is None or now_ns < due_ns else state.known_open_ns()

    def lasts_since_ns(self, state: Door, now_ns: int) -> int | None:
        """It is open until it says closed, also when the link was lost meanwhile."""
        del now_ns
        return state.state.opened_ns

    def moments(self, state: Door) -> Iterable[int]:
        """Yield when it has stood open for too long."""
        opened_ns, listening_ns = state.known_open_ns(), state.listening_ns
        if opened_ns is not None and listening_ns is not None:
            yield max(opened_ns, listening_ns) + self.held_open_ns

    def numbers(self, state: Door, status: Status) -> tuple[Numbers, Numbers]:
        """For how long it has been open, against what is allowed."""
        del state
        open_min = round((status.at_ns - status.since_ns) / MINUTE_NS, 1)
        return {"open_min": open_min}, {"held_open_min": self.held_open_ns / MINUTE_NS}
