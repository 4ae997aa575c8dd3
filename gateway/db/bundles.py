"""Bundles as rows, their reply codes, and how much each person has been told."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from msgspec import Struct

from alerts.escalate import Purpose
from alerts.incident import ENDED, Incident, State
from alerts.pace import Traffic
from edge.reading import DAY_NS
from gateway.db.bundle_tables import bundle as table
from gateway.db.bundle_tables import traffic as traffic_table
from gateway.db.bundle_tables import waiting
from gateway.db.incidents import from_row
from gateway.db.tables import incident, outbox

CODE_KEPT_NS = 30 * DAY_NS

# Statements asked for each message are built once: to build one takes longer than to run it.
_CODES_OUT = sa.select(table.c.code).where(
    table.c.phone == sa.bindparam("of"), table.c.created_ns > sa.bindparam("since")
)
_OF_PERSON = traffic_table.c.person_id == sa.bindparam("person")
_TRAFFIC = sa.select(traffic_table).where(_OF_PERSON)
_SET_TRAFFIC = sa.update(traffic_table).where(_OF_PERSON)
_NEW_TRAFFIC = sa.insert(traffic_table)
_UNDONE = [s.value for s in State if s not in ENDED | {State.RESOLVED, State.VERIFIED}]


class Bundle(Struct, frozen=True):
    """One bundle: for whom, its reply code, and how many incidents it told of."""

    id: str
    person_id: str
    phone: str
    code: str
    created_ns: int
    count: int
    outbox_id: int


@dataclass(frozen=True, slots=True)
class Recent:
    """New incidents in a person's areas: since when, and how many are enough to know."""

    since_ns: int
    enough: int


def insert(connection: sa.Connection, bundle: Bundle) -> None:
    """A new row."""
    row = {name: getattr(bundle, name) for name in Bundle.__struct_fields__}
    connection.execute(sa.insert(table).values(row))


def find(connection: sa.Connection, bundle_id: str) -> Bundle | None:
    """The bundle of that id, or None."""
    return _bundle(connection, sa.select(table).where(table.c.id == bundle_id))


def by_message(connection: sa.Connection, outbox_id: int) -> Bundle | None:
    """The bundle that the message tells of, be it over another channel by now; or None."""
    query = sa.select(outbox.c.key).where(
        outbox.c.id == outbox_id, outbox.c.purpose == Purpose.BUNDLE.value
    )
    key = connection.execute(query).scalar()
    return None if key is None else find(connection, key.split(".")[1])


def by_outbox(connection: sa.Connection, outbox_id: int) -> Bundle | None:
    """The bundle whose newest message that is, or None."""
    return _bundle(connection, sa.select(table).where(table.c.outbox_id == outbox_id))


def meant(connection: sa.Connection, phone: str, code: str) -> Bundle | None:
    """The newest bundle that `code` stands for on this phone, or None."""
    query = sa.select(table).where(table.c.phone == phone, table.c.code == code)
    return _bundle(connection, query.order_by(table.c.created_ns.desc()).limit(1))


def resend(connection: sa.Connection, bundle_id: str, outbox_id: int) -> None:
    """Another message carries the bundle from now on."""
    ours = table.c.id == bundle_id
    connection.execute(sa.update(table).where(ours).values(outbox_id=outbox_id))


def members(connection: sa.Connection, bundle_id: str) -> list[Incident]:
    """The incidents of a bundle, the most urgent and oldest first."""
    inside = sa.select(waiting.c.incident_id).where(waiting.c.bundle_id == bundle_id)
    query = sa.select(incident).where(incident.c.id.in_(inside))
    query = query.order_by(incident.c.tier, incident.c.opened_ns)
    return [from_row(row) for row in connection.execute(query).mappings()]


def codes_out(connection: sa.Connection, phone: str, now_ns: int) -> frozenset[str]:
    """Codes of bundles that this phone may still answer by."""
    asked = {"of": phone, "since": now_ns - CODE_KEPT_NS}
    return frozenset(connection.execute(_CODES_OUT, asked).scalars())


def has_told(connection: sa.Connection, phone: str, since_ns: int) -> bool:
    """Whether this phone was told of a bundle since then, or of one that still needs somebody."""
    query = (
        sa.select(waiting.c.id)
        .join(table, table.c.id == waiting.c.bundle_id)
        .join(incident, incident.c.id == waiting.c.incident_id)
        .where(table.c.phone == phone)
        .where(sa.or_(table.c.created_ns > since_ns, incident.c.state.in_(_UNDONE)))
        .limit(1)
    )
    return connection.execute(query).first() is not None


def traffic_of(connection: sa.Connection, person_id: str, *, flooded: bool) -> Traffic:
    """What the person has been told lately."""
    row = connection.execute(_TRAFFIC, {"person": person_id}).first()
    return Traffic(flooded) if row is None else Traffic(flooded, row.told_ns, row.full_ns)


def keep_traffic(connection: sa.Connection, person_id: str, traffic: Traffic) -> None:
    """What the person has been told lately is `traffic`."""
    values = {"told_ns": traffic.told_ns, "full_ns": traffic.full_ns}
    if not connection.execute(_SET_TRAFFIC, values | {"person": person_id}).rowcount:
        connection.execute(_NEW_TRAFFIC, values | {"person_id": person_id})


def is_flooded(connection: sa.Connection, areas: Collection[str], recent: Recent) -> bool:
    """Whether enough lesser incidents were opened in `areas` since then."""
    asked: dict[str, object] = {"since": recent.since_ns, "enough": recent.enough}
    for number, area in enumerate(areas):
        asked |= {f"area{number}": area, f"within{number}": f"{area}/%"}
    return connection.execute(_opened_in(len(areas)), asked).scalar_one() >= recent.enough


@cache
def _opened_in(areas: int) -> sa.Select[int]:
    """How many lesser incidents were opened in so many areas since then, if not enough."""
    inside = (
        sa.or_(
            incident.c.subject == sa.bindparam(f"area{number}"),
            incident.c.subject.like(sa.bindparam(f"within{number}")),
        )
        for number in range(areas)
    )
    found = (
        sa.select(incident.c.id)
        .where(incident.c.opened_ns > sa.bindparam("since"), incident.c.tier.in_((2, 3)))
        .where(sa.or_(sa.false(), *inside))
        .limit(sa.bindparam("enough"))
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(found)


def _bundle(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> Bundle | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else Bundle(**{name: row[name] for name in Bundle.__struct_fields__})
