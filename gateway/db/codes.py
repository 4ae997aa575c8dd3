"""Reply codes by phone: one for each incident that a phone was told of.

A code is not given again to the same phone for thirty days, nor while its incident is open.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from alerts.code import Chance, issue
from alerts.incident import ENDED, Incident, State
from edge.reading import DAY_NS
from gateway.db import bundles, incidents
from gateway.db.tables import code as table
from gateway.db.tables import incident as incident_table

RESERVED_NS = 30 * DAY_NS

_UNDONE = tuple(
    state.value for state in State if state not in ENDED | {State.RESOLVED, State.VERIFIED}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to answer for which incident, from which phone."""

    phone: str
    incident_id: str
    person_id: str


def code_for(connection: sa.Connection, asked: Asked, chance: Chance, now_ns: int) -> str:
    """The code that the phone already has for that incident, or a fresh one.

    Fresh also where that code has meanwhile been given for something else.

    Raises:
        alerts.code.CodesExhausted: too many are out for this phone.
    """
    known = {"of": asked.phone, "about": asked.incident_id}
    if (row := connection.execute(_HELD, known).first()) is not None:
        held = str(row.code), int(row.issued_ns)
        if not _is_lost(connection, asked, held, now_ns):
            return held[0]
        connection.execute(_GIVE_UP, known)
    issued = fresh(connection, asked.phone, chance, now_ns)
    connection.execute(
        _ISSUE,
        {
            "phone": asked.phone,
            "code": issued,
            "incident_id": asked.incident_id,
            "person_id": asked.person_id,
            "issued_ns": now_ns,
        },
    )
    return issued


def fresh(connection: sa.Connection, phone: str, chance: Chance, now_ns: int) -> str:
    """A code that stands for nothing on this phone.

    Raises:
        alerts.code.CodesExhausted: too many are out for it.
    """
    out = bundles.codes_out(connection, phone, now_ns)
    return issue(_taken(connection, phone, now_ns) | out, chance)


def meant(connection: sa.Connection, phone: str, code: str) -> tuple[Incident, str] | None:
    """The incident that `code` stands for on this phone, and the person it was given to."""
    query = (
        sa.select(table.c.incident_id, table.c.person_id)
        .where(table.c.phone == phone, table.c.code == code)
        .order_by(table.c.issued_ns.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else (incidents.get(connection, row[0]), str(row[1]))


def spoken_of(
    connection: sa.Connection, phone: str, since_ns: int, limit: int
) -> list[tuple[Incident, str]]:
    """Up to `limit` incidents that a text from this phone without a code may be about.

    Those it was told of that still need somebody, and those told of or settled since then: the
    owner of the phone may not know yet that another person has settled one.
    """
    lately = sa.or_(table.c.issued_ns >= since_ns, incident_table.c.changed_ns >= since_ns)
    query = (
        sa.select(table.c.incident_id, table.c.person_id)
        .join(incident_table, incident_table.c.id == table.c.incident_id)
        .where(table.c.phone == phone, sa.or_(lately, incident_table.c.state.in_(_UNDONE)))
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return [(incidents.get(connection, row[0]), str(row[1])) for row in rows]


def given_ns(connection: sa.Connection, phone: str, code: str) -> int | None:
    """When `code` was last given to this phone for an incident; None if it never was."""
    last = sa.select(sa.func.max(table.c.issued_ns))
    return connection.execute(last.where(table.c.phone == phone, table.c.code == code)).scalar()


def _is_lost(connection: sa.Connection, asked: Asked, held: tuple[str, int], now_ns: int) -> bool:
    """Whether the code that is held may stand, and stands, for something else by now."""
    code, issued_ns = held
    if now_ns - issued_ns <= RESERVED_NS:
        return False
    meant_last = meant(connection, asked.phone, code)
    bundle = bundles.meant(connection, asked.phone, code)
    is_ours = meant_last is not None and meant_last[0].id == asked.incident_id
    return not is_ours or (bundle is not None and bundle.created_ns > issued_ns)


def _taken(connection: sa.Connection, phone: str, now_ns: int) -> frozenset[str]:
    asked = {"of": phone, "since": now_ns - RESERVED_NS}
    return frozenset(connection.execute(_TAKEN, asked).scalars())


# Built once: each message asks for them.
_OF_THESE = sa.and_(
    table.c.phone == sa.bindparam("of"), table.c.incident_id == sa.bindparam("about")
)
_HELD = sa.select(table.c.code, table.c.issued_ns).where(_OF_THESE)
_GIVE_UP = sa.delete(table).where(_OF_THESE)
_ISSUE = sa.insert(table)
_TAKEN = (
    sa.select(table.c.code)
    .join(incident_table, incident_table.c.id == table.c.incident_id)
    .where(table.c.phone == sa.bindparam("of"))
    .where(sa.or_(table.c.issued_ns > sa.bindparam("since"), incident_table.c.state.in_(_UNDONE)))
)
