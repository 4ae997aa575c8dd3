"""Evidence as the gateway keeps it: a few small pictures and texts for each incident.

Refused rather than kept: what is too large, too many, or of a kind whose metadata we cannot
take out. What is kept is in the database, and so in its backups.
"""

from enum import StrEnum

import sqlalchemy as sa
from msgspec import Struct, structs

from alerts.incident import State
from gateway.closing.picture import NotAPictureError, stripped
from gateway.db import incidents
from gateway.db.closing_tables import evidence as table
from gateway.db.engine import reading, writing
from gateway.db.storable import storable
from gateway.db.timeline import note

ITEM_BYTES_MAX = 2 * 1024 * 1024
ITEMS_MAX = 10
NAME_MAX = 120
_TEXT = "text/plain"


class Fault(StrEnum):
    """Why evidence is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    NOT_ALLOWED = "not_allowed"
    MERGED = "merged"


class Refused(Exception):  # noqa: N818  (the bringer's mistake, not ours)
    """The evidence is not taken; nothing has changed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"the evidence is refused: {fault}")
        self.fault = fault


class Item(Struct, frozen=True):
    """One piece of evidence, without its body."""

    id: int
    incident_id: str
    by: str
    at_ns: int
    name: str
    media_type: str
    size: int


class Brought(Struct, frozen=True):
    """What somebody brings: `media_type` is only believed for text."""

    by: str
    name: str
    media_type: str
    body: bytes


_COLUMNS = [table.c[name] for name in Item.__struct_fields__]


class Shelf:
    """The evidence of all incidents in one database; reading a body is on its timeline."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, incident_id: str, brought: Brought, now_ns: int) -> Item:
        """The evidence is kept, stripped of metadata, and noted on the timeline.

        Raises:
            NoSuchIncident: there is none of that id.
            Refused: it is empty, too large, one too many, or of a kind that is not taken.
        """
        media_type, body = _fit(brought)
        row = {
            "incident_id": incident_id,
            "by": brought.by,
            "at_ns": now_ns,
            "name": storable(brought.name, NAME_MAX),
            "media_type": media_type,
            "size": len(body),
        }
        with writing(self._database) as connection:
            incident = incidents.get(connection, incident_id)
            if incident.state is State.MERGED:
                raise Refused(Fault.MERGED)
            if len(_of(connection, incident_id)) >= ITEMS_MAX:
                raise Refused(Fault.TOO_MANY)
            insert = sa.insert(table).values(row | {"body": body}).returning(table.c.id)
            item_id = connection.execute(insert).scalar_one()
            noted = structs.replace(incident, changed_ns=now_ns)
            note(connection, noted, "evidence", brought.by, note=row["name"], item=item_id)
        return Item(id=item_id, **row)  # type: ignore[arg-type]

    def of(self, incident_id: str) -> list[Item]:
        """All evidence of an incident, oldest first, without bodies."""
        with reading(self._database) as connection:
            return _of(connection, incident_id)

    def open(self, incident_id: str, item_id: int, by: str, now_ns: int) -> tuple[Item, bytes]:
        """One piece with its body; that `by` has seen it stands on the timeline before.

        Raises:
            LookupError: the incident has no such evidence.
        """
        wanted = sa.and_(table.c.id == item_id, table.c.incident_id == incident_id)
        with writing(self._database) as connection:
            row = connection.execute(sa.select(*_COLUMNS, table.c.body).where(wanted)).first()
            if row is None:
                raise LookupError(item_id)
            incident = incidents.get(connection, incident_id)
            noted = structs.replace(incident, changed_ns=now_ns)
            note(connection, noted, "evidence_read", by, note=row.name, item=item_id)
        return Item(*row[:-1]), bytes(row.body)


def _of(connection: sa.Connection, incident_id: str) -> list[Item]:
    query = sa.select(*_COLUMNS).where(table.c.incident_id == incident_id).order_by(table.c.id)
    return [Item(*row) for row in connection.execute(query)]


def _fit(brought: Brought) -> tuple[str, bytes]:
    """The media type and the bytes to keep."""
    if not brought.body:
        raise Refused(Fault.EMPTY)
    if len(brought.body) > ITEM_BYTES_MAX:
        raise Refused(Fault.TOO_LARGE)
    if brought.media_type.partition(";")[0].strip().lower() == _TEXT:
        text = brought.body.decode("utf-8", "replace")
        return _TEXT, storable(text, ITEM_BYTES_MAX).encode()
    try:
        return stripped(brought.body)
    except NotAPictureError:
        raise Refused(Fault.NOT_ALLOWED) from None
