"""Notices that wait for their turn, and what became of each: told, told in a bundle, dropped."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from alerts.escalate import Notice, Purpose
from alerts.pace import Turn, Wait
from gateway.db.bundle_tables import bundle as bundle_table
from gateway.db.bundle_tables import waiting as table
from gateway.db.tables import outbox

TOGETHER_MAX = 5_000
"""Notices of one person that are told at once; the rest take the next turn."""
_BY_KEY = sa.select(table).where(table.c.key == sa.bindparam("wanted"))
_INSERT = sa.insert(table)
_AT_ONCE = [each.value for each in (Wait.STORM, Wait.LOAD, Wait.QUIET, Wait.TOGETHER)]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One notice that waits; `bundle_id` names the bundle that it went into."""

    row_id: int
    notice: Notice
    why: Wait
    bundle_id: str | None


def put(connection: sa.Connection, notice: Notice, turn: Turn, now_ns: int) -> bool:
    """Whether the notice newly waits, be it again; one that waits or was told is left as it is."""
    known = connection.execute(_BY_KEY, {"wanted": notice.key}).first()
    if known is not None and not known.dropped:
        return False
    if known is not None:
        again = {"due_ns": turn.due_ns, "why": turn.why.value, "dropped": ""}
        connection.execute(sa.update(table).where(table.c.id == known.id).values(again))
        return True
    connection.execute(
        _INSERT,
        {
            "key": notice.key,
            "incident_id": notice.incident_id,
            "person_id": notice.person_id,
            "channel": notice.channel,
            "purpose": notice.purpose.value,
            "generation": notice.generation,
            "step": notice.step,
            "round": notice.round,
            "why": turn.why.value,
            "created_ns": now_ns,
            "due_ns": turn.due_ns,
            "dropped": "",
        },
    )
    return True


NEXT_DUE = sa.select(sa.func.min(table.c.due_ns))
"""When the next one has its turn; None when none waits."""


def people_due(connection: sa.Connection, now_ns: int, limit: int) -> list[str]:
    """Up to `limit` people for whom something has its turn."""
    query = sa.select(table.c.person_id).where(table.c.due_ns <= now_ns).distinct().limit(limit)
    return list(connection.execute(query).scalars())


def of_person(connection: sa.Connection, person_id: str, now_ns: int) -> list[Waiting]:
    """What is told when somebody's turn has come: all that is due or waits for nothing else."""
    query = (
        sa.select(table)
        .where(table.c.person_id == person_id, table.c.due_ns.is_not(None))
        .where(sa.or_(table.c.due_ns <= now_ns, table.c.why.in_(_AT_ONCE)))
        .order_by(table.c.id)
        .limit(TOGETHER_MAX)
    )
    return [_waiting(row) for row in connection.execute(query).mappings()]


def postpone(connection: sa.Connection, person_id: str, turn: Turn, now_ns: int) -> None:
    """What was due for that person has its turn later."""
    due = sa.and_(table.c.person_id == person_id, table.c.due_ns <= now_ns)
    values = {"due_ns": turn.due_ns, "why": turn.why.value}
    connection.execute(sa.update(table).where(due).values(values))


def told(
    connection: sa.Connection, rows: Iterable[Waiting], bundle_id: str | None, now_ns: int
) -> None:
    """They have been handed over for sending, together if there is a bundle."""
    _update(connection, rows, {"due_ns": None, "told_ns": now_ns, "bundle_id": bundle_id})


def drop(connection: sa.Connection, rows: Iterable[Waiting], reason: str) -> None:
    """They are never told, for that reason."""
    _update(connection, rows, {"due_ns": None, "dropped": reason, "bundle_id": None})


def again(connection: sa.Connection, rows: Iterable[Waiting], now_ns: int) -> None:
    """Their bundle was not sent after all: they have their turn now."""
    _update(connection, rows, {"due_ns": now_ns, "told_ns": None, "bundle_id": None})


def of_incident(
    connection: sa.Connection, incident_id: str, purposes: Iterable[Purpose]
) -> list[Waiting]:
    """What waits of an incident, for any of `purposes`."""
    wanted = [purpose.value for purpose in purposes]
    query = (
        sa.select(table)
        .where(table.c.incident_id == incident_id, table.c.due_ns.is_not(None))
        .where(table.c.purpose.in_(wanted))
        .order_by(table.c.id)
    )
    return [_waiting(row) for row in connection.execute(query).mappings()]


def bundled(
    connection: sa.Connection, incident_id: str, purposes: Iterable[Purpose], *, tried: bool
) -> list[Waiting]:
    """What of an incident went into bundles, sent at least once or (not `tried`) never."""
    wanted = [purpose.value for purpose in purposes]
    query = (
        sa.select(table)
        .join(bundle_table, bundle_table.c.id == table.c.bundle_id)
        .join(outbox, outbox.c.id == bundle_table.c.outbox_id)
        .where(table.c.incident_id == incident_id, table.c.purpose.in_(wanted))
        .where(outbox.c.attempt > 0 if tried else outbox.c.attempt == 0)
        .order_by(table.c.id)
    )
    return [_waiting(row) for row in connection.execute(query).mappings()]


def of_bundle(connection: sa.Connection, bundle_id: str) -> list[Waiting]:
    """What went into a bundle."""
    query = sa.select(table).where(table.c.bundle_id == bundle_id).order_by(table.c.id)
    return [_waiting(row) for row in connection.execute(query).mappings()]


def _update(connection: sa.Connection, rows: Iterable[Waiting], values: dict[str, object]) -> None:
    ids = [{"row": row.row_id} for row in rows]
    if ids:
        ours = table.c.id == sa.bindparam("row")
        connection.execute(sa.update(table).where(ours).values(values), ids)


def _waiting(known: sa.RowMapping) -> Waiting:
    notice = Notice(
        incident_id=known["incident_id"],
        person_id=known["person_id"],
        channel=known["channel"],
        purpose=Purpose(known["purpose"]),
        generation=known["generation"],
        step=known["step"],
        round=known["round"],
    )
    return Waiting(known["id"], notice, Wait(known["why"]), known["bundle_id"])
