"""Work items as the tables know them: raised, acted on by compare-and-set, listed by due time."""

import msgspec
import sqlalchemy as sa
from msgspec import Struct, structs
from pydantic import Field

from alerts.work_item import ENDED, ItemCommand, ItemState, WorkClass, WorkItem, act
from edge.reading import SECOND_NS
from edge.settings import DurationS, Settings
from gateway.db import incidents
from gateway.db.engine import reading, writing
from gateway.db.storable import storable
from gateway.db.timeline import note
from gateway.db.work_item_tables import work_item as table
from gateway.db.work_item_tables import work_item_event as events

ITEMS_SHOWN = 200
TITLE_MAX = 120
_NOTE_MAX = 500
_DAY_S = 86_400.0


class ClassTerms(Settings):
    """Whose matters of a class are, and by when they are due; without a team, people decide."""

    team: str = Field(default="", max_length=64)
    due: DurationS = Field(default=7 * _DAY_S, ge=3_600, le=366 * _DAY_S)


class WorkItemSettings(Settings):
    """The terms of each class."""

    small: ClassTerms = ClassTerms.model_validate({"team": "志愿队", "due": "3 d"})
    big: ClassTerms = ClassTerms.model_validate({"team": "楼栋长", "due": "7 d"})
    hard: ClassTerms = ClassTerms.model_validate({"team": "下沉干部", "due": "15 d"})

    def of(self, work_class: WorkClass) -> ClassTerms:
        """The terms of that class."""
        terms: ClassTerms = getattr(self, work_class.value)
        return terms


class ConflictError(Exception):
    """The item has moved on since it was read."""


class Raised(Struct, frozen=True):
    """A matter to be raised: about a place, or out of an incident."""

    work_class: WorkClass
    title: str
    subject: str
    by: str
    incident_id: str | None = None


def put(connection: sa.Connection, raised: Raised, settings: WorkItemSettings, now_ns: int) -> int:
    """The number of the new item; one out of an incident stands on its timeline.

    Raises:
        NoSuchIncident: there is none of that id.
    """
    terms = settings.of(raised.work_class)
    incident = incidents.get(connection, raised.incident_id) if raised.incident_id else None
    row = {
        "work_class": raised.work_class.value, "title": storable(raised.title, TITLE_MAX),
        "subject": incident.subject if incident else raised.subject,
        "incident_id": raised.incident_id, "team": terms.team, "owner": None,
        "state": ItemState.OPEN.value, "version": 1, "by": raised.by, "opened_ns": now_ns,
        "due_ns": now_ns + int(terms.due * SECOND_NS), "changed_ns": now_ns, "hand_overs": 0,
        "result": "",
    }  # fmt: skip
    number = int(
        connection.execute(sa.insert(table).values(row).returning(table.c.id)).scalar_one()
    )
    if incident:
        noted = structs.replace(incident, changed_ns=now_ns)
        note(connection, noted, "work_item", raised.by, note=row["title"], item=number)
    return number


def raise_item(
    database: sa.Engine, raised: Raised, settings: WorkItemSettings, now_ns: int
) -> WorkItem:
    """The new item, committed.

    Raises:
        NoSuchIncident: there is none of that id.
    """
    with writing(database) as connection:
        return _get(connection, put(connection, raised, settings, now_ns))


def do(
    database: sa.Engine, number: int, command: ItemCommand, version: int, now_ns: int
) -> WorkItem:
    """The item after the act, committed.

    Raises:
        LookupError: there is none of that number.
        ConflictError: it is no longer at `version`.
        alerts.work_item.IllegalItemAct: nothing changed.
    """
    command = structs.replace(command, note=storable(command.note, _NOTE_MAX))
    with writing(database) as connection:
        before = _get(connection, number)
        after = act(before, command, now_ns)
        ours = sa.and_(table.c.id == number, table.c.version == version)
        values = msgspec.to_builtins(after)
        if connection.execute(sa.update(table).where(ours).values(values)).rowcount != 1:
            raise ConflictError(number)
        connection.execute(
            sa.insert(events).values(
                item_id=number, version=after.version, at_ns=now_ns, act=command.act.value,
                by=command.by, note=command.note, team=after.team,
            )
        )  # fmt: skip
    return after


def listed(database: sa.Engine, *, ended: bool = False, team: str | None = None) -> list[WorkItem]:
    """Items by due time: those that wait, or those that have ended; of one team if asked."""
    states = [state.value for state in ENDED]
    where = table.c.state.in_(states) if ended else table.c.state.not_in(states)
    query = sa.select(table).where(where).order_by(table.c.due_ns).limit(ITEMS_SHOWN)
    if team is not None:
        query = query.where(table.c.team == team)
    with reading(database) as connection:
        return [_item(row) for row in connection.execute(query).mappings()]


def _get(connection: sa.Connection, number: int) -> WorkItem:
    row = connection.execute(sa.select(table).where(table.c.id == number)).mappings().first()
    if row is None:
        raise LookupError(number)
    return _item(row)


def _item(row: sa.RowMapping) -> WorkItem:
    return msgspec.convert({name: row[name] for name in WorkItem.__struct_fields__}, WorkItem)
