"""Incidents as the console shows them: codes turned into names, and the acts now on offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from alerts.incident import ENDED, TRANSITIONS, Act, Incident, State
from alerts.plan import Plan
from edge.reading import SECOND_NS, Tier
from gateway.access.role import Principal, Right
from gateway.api.desk import Desk
from gateway.api.incidents import Delivery, Detail, Event
from gateway.api.quiet import TOLD, Quiet, quiet_of
from gateway.api.registry import lags
from gateway.console.page import Voice
from gateway.console.phrase import plain, register
from gateway.console.plan_view import PlanView, miss_note, plan_view, roles_text
from gateway.console.quiet import HeldView, held_view, quiet_lines
from gateway.console.texts import Lang
from gateway.db.engine import reading
from gateway.health import EdgeView

_UNIT_DEPTH = 3
# The numbers of an edge's own that are shown, and how many of them make one shown.
_HEALTH_SHOWN = MappingProxyType(
    {
        "findings_unacked": 1,
        "finding_oldest_unacked_s": 1,
        "influx_lag_entries": 1,
        "journal_bytes": 1_000_000,
    }
)
_BEFORE = (Act.ACKNOWLEDGE, Act.ARRIVE, Act.CLOSE)
# What is offered in each state, the likeliest first; less than what is possible, to keep the
# choice small.
OFFERED: Mapping[State, tuple[Act, ...]] = MappingProxyType(
    {
        State.OPEN: _BEFORE,
        State.DISPATCHED: _BEFORE,
        State.ACKNOWLEDGED: (Act.ARRIVE, Act.SUPPORT, Act.CLOSE),
        State.ON_SITE: (Act.RESOLVE, Act.SUPPORT, Act.CLOSE),
        State.RESOLVED: (Act.VERIFY, Act.REOPEN, Act.CLOSE),
        State.VERIFIED: (Act.REOPEN, Act.CLOSE),
        State.CLOSED: (Act.REOPEN,),
        State.WITHDRAWN: (Act.REOPEN,),
        State.MERGED: (Act.REOPEN,),
    },
)


@dataclass(frozen=True, slots=True)
class Card:
    """One incident on a page; `acts` are those this reader may take."""

    incident: Incident
    place: str
    unit: str
    unit_place: str
    reason: str
    standing: bool
    owner: str
    next_roles: str
    acts: tuple[str, ...]
    held: HeldView | None
    quiet: tuple[HeldView, ...]


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of the timeline."""

    at_ns: int
    text: str
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One message and the name of whom it is for."""

    person: str
    delivery: Delivery


class Viewer:
    """Makes views for one reader."""

    def __init__(self, desk: Desk, voice: Voice, principal: Principal | None) -> None:
        self._desk = desk
        self._book = desk.book
        self._voice = voice
        self._may_act = principal is not None and principal.may(Right.ACT)

    def place(self, subject: str) -> str:
        """What people call that place."""
        return self._book.places.label(subject, self._voice.lang.value)

    def person(self, code: str) -> str:
        """The name of a person of the roster; a login stands for itself."""
        found = self._book.roster.get(code)
        return found.name if found else code

    def actor(self, code: str) -> str:
        """Who did something: a name of a person, the system, or a resident."""
        named = self._voice.name("by", code)
        return self.person(code) if named == code else named

    def cards(self, incidents: Sequence[Incident]) -> list[Card]:
        """Their cards, in that order."""
        quiet = quiet_of(self._desk.db, [incident.id for incident in incidents])
        return [self.card(incident, quiet.get(incident.id, TOLD)) for incident in incidents]

    def card(self, incident: Incident, quiet: Quiet = TOLD) -> Card:
        """The incident's card, with what is kept back of it."""
        segments = incident.subject.split("/")
        in_chinese = self._voice.lang is Lang.ZH
        offered = OFFERED[incident.state] if self._may_act else ()
        return Card(
            incident=incident,
            place=self.place(incident.subject),
            unit=segments[min(_UNIT_DEPTH, len(segments)) - 1],
            unit_place=self.place("/".join(segments[:_UNIT_DEPTH])),
            reason=incident.sentence_zh if in_chinese else incident.sentence_en,
            standing=incident.state not in ENDED,
            owner=self.person(incident.owner) if incident.owner else "",
            next_roles=self._next_roles(incident),
            acts=tuple(act.value for act in offered if (incident.state, act) in TRANSITIONS),
            held=held_view(self._desk, self._voice, quiet.held) if quiet.held else None,
            quiet=quiet_lines(self._voice, quiet, self.person),
        )

    def plan(self, detail: Detail) -> PlanView | None:
        """The plan that the incident began with; None for information, which has none."""
        plan = self._plan_of(detail.incident)
        return None if plan is None else plan_view(self._voice, plan, detail)

    def timeline(self, events: Sequence[Event]) -> list[EventView]:
        """The timeline, newest first."""
        return [
            EventView(
                at_ns=event.at_ns,
                text=self._voice.name("event", event.kind),
                who=self.actor(event.by),
                note=self._note(event.detail),
            )
            for event in reversed(events)
        ]

    def deliveries(self, deliveries: Sequence[Delivery]) -> list[DeliveryView]:
        """The messages, newest first."""
        return [DeliveryView(self.person(item.person_id), item) for item in reversed(deliveries)]

    def measures(self, values: Mapping[str, float | str]) -> list[str]:
        """Evidence in words: each number with its name and unit."""
        return [self._measure(name, value) for name, value in values.items()]

    def health(self, edge: EdgeView) -> list[str]:
        """The few of an edge's own numbers that a person on duty can use."""
        told = [
            self._voice.name("health", name, value=plain(value / scale))
            for name, scale in _HEALTH_SHOWN.items()
            if isinstance(value := edge.health.get(name), int | float)
        ]
        return told + self._registry(edge.edge)

    def _registry(self, edge: str) -> list[str]:
        """The version that the edge goes by, and how many it is behind."""
        known = lags(self._desk).get(edge)
        if known is None:
            return []
        key = "edges.registry_behind" if known[1] else "edges.registry"
        return [self._voice.say(key, version=known[0], behind=known[1])]

    def _measure(self, name: str, value: float | str) -> str:
        shown = self._value(name, value)
        named = self._voice.name("measure", name, value=shown)
        return named if named != name else f"{name} {shown}"

    def _value(self, name: str, value: float | str) -> str:
        """A register to the litre, a time as people say it, a code in words."""
        if isinstance(value, str):
            return self._voice.name(name, value)
        if name.endswith("_seen_s"):
            return self._voice.moment(int(value) * SECOND_NS)
        return register(value) if name.endswith("_m3") else plain(value)

    def _note(self, detail: Mapping[str, Any]) -> str:
        parts = []
        parts += [str(each[self._voice.lang.value]) for each in detail.get("chosen", ())]
        if "clock" in detail:
            told = (*detail["whose"], *detail["told"], *detail["knew"])
            parts += miss_note(self._voice, detail, {code: self.person(code) for code in told})
        if people := _unexplained(detail):
            parts.append(self._voice.listed(self.person(person) for person in people))
        if person := detail.get("person"):
            parts.append(self.person(str(person)))
        if outcome := detail.get("outcome"):
            parts.append(self._voice.name("outcome", str(outcome)))
        if roles := detail.get("roles"):
            parts.append(roles_text(self._voice, roles))
        if lack := detail.get("lack"):
            parts.append(self._voice.name("lack", str(lack)))
        if hold := detail.get("hold"):
            parts.append(self._voice.name("why", str(hold)))
        if wait := detail.get("wait"):
            parts.append(self._voice.name("wait", str(wait)))
        if note := detail.get("note"):
            parts.append(f"「{note}」")
        return " · ".join(parts)

    def _plan_of(self, incident: Incident) -> Plan | None:
        try:
            with reading(self._desk.db) as connection:
                return self._book.plan_of(connection, incident)
        except LookupError:
            return None

    def _next_roles(self, incident: Incident) -> str:
        plan = self._plan_of(incident)
        if plan is None or incident.tier is Tier.INFO:
            return ""
        return roles_text(self._voice, plan.step[min(incident.step, len(plan.step) - 1)].roles)


def _unexplained(detail: Mapping[str, Any]) -> list[str]:
    """The people of an event but those whose choice it explains."""
    explained = {each["person"] for each in detail.get("chosen", ())}
    return [str(person) for person in detail.get("people", ()) if person not in explained]
