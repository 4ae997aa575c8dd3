"""Incidents as people read them: what happened, who was told, on what evidence.

Reads only; the engine is the one writer. Every list has a limit. A telephone number is
never among what is given: deliveries name people.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    case,
    false,
    func,
    or_,
    select,
)

from alerts.clocks import Clock
from alerts.incident import ENDED, Incident, State
from edge.reading import Finding, Tier
from gateway.db import clocks
from gateway.db.engine import reading
from gateway.db.incidents import find, from_row, latest_finding
from gateway.db.tables import incident, incident_event, ledger, outbox
from gateway.drills import RULE as DRILL

PAGE_MAX = 200
DETAIL_MAX = 500
"""Events and deliveries of one incident that are read, the newest."""
_CURSOR = re.compile(r"([0-9]{1,19})\.([a-z0-9]{1,32})")
_ENDED = [state.value for state in ENDED]
# The order of urgency; information (0) comes last.
_RANK = case((incident.c.tier == Tier.INFO.value, len(Tier)), else_=incident.c.tier)


class BadCursorError(ValueError):
    """The cursor is not one that a page gave."""


class Event(Struct, frozen=True):
    """One line of an incident's timeline."""

    at_ns: int
    kind: str
    by: str
    version: int
    detail: dict[str, Any]


class Report(Struct, frozen=True):
    """One word about a delivery, from `source`."""

    state: str
    reason: str
    source: str
    at_ns: int


class Delivery(Struct, frozen=True):
    """One message owed to one person on one channel, and every report about it."""

    id: int
    person_id: str
    channel: str
    purpose: str
    generation: int
    step: int
    round: int
    state: str
    reason: str
    attempt: int
    created_ns: int
    due_ns: int | None
    reports: tuple[Report, ...]


class Detail(Struct, frozen=True):
    """An incident with its story; `finding` is the latest statement it rests on.

    `clocks` are its deadlines, of all runs of its plan, the earliest due first.
    """

    incident: Incident
    finding: Finding
    timeline: tuple[Event, ...]
    deliveries: tuple[Delivery, ...]
    clocks: tuple[Clock, ...] = ()


class Page(Struct, frozen=True):
    """Up to a page of incidents, newest first; `next` asks for the one after, if any."""

    incidents: tuple[Incident, ...]
    next: str | None


class IncidentReader:
    """Questions about incidents; each is one short read."""

    def __init__(self, db: Engine) -> None:
        self._db = db

    def page(
        self,
        *,
        states: Sequence[State] = (),
        tier: Tier | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        """Incidents by time of opening, newest first.

        Raises:
            BadCursorError: `cursor` did not come from a page.
        """
        limit = min(limit, PAGE_MAX)
        query = select(incident).order_by(incident.c.opened_ns.desc(), incident.c.id.desc())
        if states:
            query = query.where(incident.c.state.in_([state.value for state in states]))
        if tier is not None:
            query = query.where(incident.c.tier == tier.value)
        if cursor is not None:
            query = query.where(_after(cursor))
        found = self._incidents(query.limit(limit + 1))
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return Page(tuple(found[:limit]), f"{last.opened_ns}.{last.id}" if last else None)

    def standing(self, limit: int = PAGE_MAX) -> list[Incident]:
        """Incidents that have not ended: the most urgent first, then the oldest."""
        query = select(incident).where(incident.c.state.not_in(_ENDED))
        return self._incidents(query.order_by(_RANK, incident.c.opened_ns).limit(limit))

    def standing_in(self, subjects: Sequence[str]) -> list[Incident]:
        """All that have not ended in those places and what is within them, in the same order."""
        inside = [_is_in(each) for each in subjects]
        query = select(incident).where(incident.c.state.not_in(_ENDED), or_(false(), *inside))
        return self._incidents(query.order_by(_RANK, incident.c.opened_ns))

    def closed_and_lasting(self, since_ns: int, limit: int) -> list[Incident]:
        """Closed by a person although the condition lasts, opened since then, drills left out."""
        query = select(incident).where(
            incident.c.opened_ns >= since_ns,
            incident.c.state == State.CLOSED.value,
            incident.c.condition_active,
            incident.c.rule != DRILL,
        )
        return self._incidents(query.order_by(_RANK, incident.c.changed_ns).limit(limit))

    def count_standing(self) -> dict[Tier, int]:
        """How many have not ended, by tier."""
        query = (
            select(incident.c.tier, func.count())
            .where(incident.c.state.not_in(_ENDED))
            .group_by(incident.c.tier)
        )
        with reading(self._db) as connection:
            return {Tier(tier): count for tier, count in connection.execute(query)}

    def of_unit(self, subject: str, limit: int = 20) -> list[Incident]:
        """Incidents of `site/building/unit` or of a device in it: open ones, then newest, first."""
        query = select(incident).where(_is_in(subject))
        order = incident.c.state.in_(_ENDED), incident.c.opened_ns.desc()
        return self._incidents(query.order_by(*order).limit(limit))

    def detail(self, incident_id: str) -> Detail | None:
        """Everything about one incident; None when there is none of that id."""
        with reading(self._db) as connection:
            found = find(connection, incident_id)
            if found is None:
                return None
            return Detail(
                found,
                latest_finding(connection, found.finding_id),
                _timeline(connection, incident_id),
                _deliveries(connection, incident_id),
                tuple(clocks.of_incident(connection, incident_id)),
            )

    def _incidents(self, query: Select[Any]) -> list[Incident]:
        with reading(self._db) as connection:
            return [from_row(row) for row in connection.execute(query).mappings()]


def _is_in(place: str) -> ColumnElement[bool]:
    within = incident.c.subject.startswith(f"{place}/", autoescape=True)
    return (incident.c.subject == place) | within


def _after(cursor: str) -> ColumnElement[bool]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursorError(cursor)
    opened_ns = min(int(match[1]), 2**63 - 1)
    return (incident.c.opened_ns < opened_ns) | (
        (incident.c.opened_ns == opened_ns) & (incident.c.id < match[2])
    )


def _timeline(connection: Connection, incident_id: str) -> tuple[Event, ...]:
    rows = connection.execute(
        select(incident_event)
        .where(incident_event.c.incident_id == incident_id)
        .order_by(incident_event.c.id.desc())
        .limit(DETAIL_MAX),
    )
    events = [
        Event(row.at_ns, row.kind, row.by, row.version, json.loads(row.detail)) for row in rows
    ]
    return tuple(reversed(events))


def _deliveries(connection: Connection, incident_id: str) -> tuple[Delivery, ...]:
    rows = connection.execute(
        select(outbox)
        .where(outbox.c.incident_id == incident_id)
        .order_by(outbox.c.id.desc())
        .limit(DETAIL_MAX),
    ).all()
    reports = _reports(connection, [row.id for row in rows])
    return tuple(_delivery(row, reports.get(row.id, [])) for row in reversed(rows))


def _delivery(row: Row[Any], reports: Sequence[Report]) -> Delivery:
    known = {name: getattr(row, name) for name in Delivery.__struct_fields__ if name != "reports"}
    return Delivery(**known, reports=tuple(reports))


def _reports(connection: Connection, outbox_ids: Sequence[int]) -> dict[int, list[Report]]:
    reports: dict[int, list[Report]] = {}
    rows = connection.execute(
        select(ledger)
        .where(ledger.c.outbox_id.in_(outbox_ids))
        .order_by(ledger.c.id)
        .limit(10 * DETAIL_MAX),
    )
    for row in rows:
        report = Report(row.state, row.reason, row.source, row.at_ns)
        reports.setdefault(row.outbox_id, []).append(report)
    return reports
