"""The timeline of an incident: what happened, when, by whom; only ever appended to."""

import msgspec
import sqlalchemy as sa

from alerts.incident import Incident
from gateway.db.tables import incident_event

SYSTEM = "system"


def note(
    connection: sa.Connection, incident: Incident, kind: str, by: str, **detail: object
) -> None:
    """`kind` stands on the timeline at the time of the incident's last change."""
    connection.execute(
        sa.insert(incident_event),
        {
            "incident_id": incident.id,
            "version": incident.version,
            "at_ns": incident.changed_ns,
            "kind": kind,
            "by": by,
            "detail": msgspec.json.encode(detail).decode(),
        },
    )
