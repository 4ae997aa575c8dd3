"""The timeline of an incident: what happened, when, by whom; only ever appended to."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from alerts.incident import Incident
from gateway.db.tables import incident_event

SYSTEM = "system"
_APPEND = sa.insert(incident_event)


def note(
    connection: sa.Connection, incident: Incident, kind: str, by: str, **detail: object
) -> None:
    """`kind` stands on the timeline at the time of the incident's last change."""
    connection.execute(_APPEND, _event(incident, kind, by, detail))


def opened(connection: sa.Connection, incidents: Iterable[Incident]) -> None:
    """The timelines of these fresh incidents begin."""
    connection.execute(
        _APPEND, [_event(each, "opened", SYSTEM, _beginning(each)) for each in incidents]
    )


def _beginning(incident: Incident) -> dict[str, object]:
    return {
        "finding": incident.finding_id,
        "revision": incident.finding_revision,
        "plan": incident.plan_id,
    }


def _event(incident: Incident, kind: str, by: str, detail: dict[str, object]) -> dict[str, object]:
    return {
        "incident_id": incident.id,
        "version": incident.version,
        "at_ns": incident.changed_ns,
        "kind": kind,
        "by": by,
        "detail": msgspec.json.encode(detail).decode(),
    }
