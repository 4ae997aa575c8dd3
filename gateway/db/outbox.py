"""Messages owed to people, claimed under a lease and settled by what became of them.

A claim's token fences it: a sender that slept through its lease may still add what it
learned to the ledger, but no longer decides what happens next.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from alerts.channels.base import Outgoing
from alerts.escalate import Notice, Purpose
from alerts.outbox import DeliveryState
from edge.reading import Tier
from gateway.db.budgets import Budgets, Sending
from gateway.db.ledger import Report, Source, enter
from gateway.db.storable import storable
from gateway.db.tables import outbox as table


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready to be owed; `incident_id` is None only for an answer to a text."""

    key: str
    idempotency_id: str
    incident_id: str | None
    person_id: str
    channel: str
    purpose: Purpose
    tier: Tier
    generation: int
    step: int
    round: int
    address: str
    text: str
    payload: dict[str, object]


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that the holder may send until its lease ends; `attempt` counts from 1."""

    outbox_id: int
    token: int
    attempt: int
    channel: str
    tier: Tier
    incident_id: str | None
    out: Outgoing


@dataclass(frozen=True, slots=True)
class Owed:
    """A row as its settlement needs it; `due_ns` is None once nothing more is sent."""

    outbox_id: int
    token: int
    attempt: int
    state: DeliveryState
    due_ns: int | None
    lease_until_ns: int | None
    notice: Notice
    incident_id: str | None


# Built once: to build it of two dozen values takes longer than to run it.
_INSERT = sa.insert(table).returning(table.c.id)
_WANTED: sa.BindParameter[str] = sa.bindparam("wanted")
_OF_KEY = sa.select(table.c.id).where(table.c.key == _WANTED)
_BY_KEY = sa.select(table.c.id).where(table.c.key == sa.bindparam("wanted"))


def owe(connection: sa.Connection, message: Message, now_ns: int) -> bool:
    """Whether the message is newly owed; a key owed before is left as it is."""
    if connection.execute(_BY_KEY, {"wanted": message.key}).first():
        return False
    row = {name: getattr(message, name) for name in message.__slots__}
    row |= {"tier": int(message.tier), "purpose": message.purpose.value}
    row |= {"payload": msgspec.json.encode(message.payload).decode()}
    row |= {"state": DeliveryState.QUEUED.value, "reason": "", "attempt": 0, "lease_token": 0}
    row |= {"created_ns": now_ns, "due_ns": now_ns}
    outbox_id = connection.execute(_INSERT, row).scalar_one()
    queued = Report(DeliveryState.QUEUED, "", Source.ENGINE, now_ns)
    enter(connection, outbox_id, queued, now_ns, queued.state)
    return True


@dataclass(frozen=True, slots=True)
class Terms:
    """How much to claim, how urgent, for how long, within which budgets, and by which gateway."""

    limit: int
    lease_ns: int
    tier_max: Tier
    budgets: Budgets
    by: str | None = None


def claim(
    connection: sa.Connection, now_ns: int, terms: Terms, is_wanted: Callable[[Owed], bool]
) -> tuple[list[Claim], list[Owed]]:
    """Due messages within `terms`, most urgent first, leased; and those that had to wait.

    A message whose earlier lease ran out was perhaps sent: its ledger says unknown, and it is
    sent again only while it `is_wanted`. One that finds no room in a budget or below a cap is
    due again when there is some.
    """
    claims: list[Claim] = []
    waiting: list[Owed] = []
    while len(claims) < terms.limit and len(waiting) < _WAITING_MAX:
        rows = _due(connection, now_ns, terms, terms.limit - len(claims))
        for row in rows:
            if row["lease_until_ns"] is not None and not is_wanted(_owed(row)):
                _forsake(connection, row["id"], now_ns)
                continue
            out = Sending(row["channel"], row["address"], row["text"], Tier(row["tier"]))
            room_ns = terms.budgets.room_ns(connection, out, now_ns)
            if room_ns > now_ns:
                settle(connection, row["id"], room_ns)
                waiting.append(get(connection, row["id"]))
                continue
            terms.budgets.book(connection, out, now_ns)
            claims.append(_leased(connection, row, now_ns, terms))
        if not rows:
            break
    return claims, waiting


_WAITING_MAX = 500
"""Messages without room that one claim puts off; the next claim goes on with the others."""


def _due(
    connection: sa.Connection, now_ns: int, terms: Terms, limit: int
) -> Sequence[sa.RowMapping]:
    asked = {"now": now_ns, "tier": int(terms.tier_max), "most": limit}
    return connection.execute(_DUE, asked).mappings().all()


# Statements asked for each message are built once: to build one takes longer than to run it.
_NOW: sa.BindParameter[int] = sa.bindparam("now")
_CLAIMABLE = sa.and_(
    table.c.due_ns <= _NOW,
    table.c.tier <= sa.bindparam("tier"),
    sa.or_(table.c.lease_until_ns.is_(None), table.c.lease_until_ns <= _NOW),
)
_DUE = (
    sa.select(table)
    .where(_CLAIMABLE)
    .order_by(table.c.tier, table.c.due_ns, table.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_HAS_DUE = sa.select(table.c.id).where(_CLAIMABLE).limit(1)
NEXT_FREE = sa.select(
    sa.func.min(
        sa.case(
            (table.c.lease_until_ns > table.c.due_ns, table.c.lease_until_ns), else_=table.c.due_ns
        )
    )
).where(table.c.due_ns.is_not(None))
"""When the next message may be claimed; None when none is waiting."""
NEXT_WATCH = sa.select(sa.func.min(table.c.watch_ns))
"""When the lack of a receipt is noticed next; None when none is waited for."""
_THIS = table.c.id == sa.bindparam("message")
_GET = sa.select(table).where(_THIS)
_OF_ID = sa.select(table).where(table.c.idempotency_id == _WANTED)
_OF_INCIDENT = (
    sa.select(table)
    .where(table.c.incident_id == _WANTED)
    .where(table.c.purpose.in_(sa.bindparam("purposes", expanding=True)))
    .order_by(table.c.id)
)
_SET = sa.update(table).where(_THIS)


def has_due(connection: sa.Connection, now_ns: int, tier_max: Tier) -> bool:
    """Whether a claim would find a message; asks without a writer's lock."""
    return connection.execute(_HAS_DUE, {"now": now_ns, "tier": int(tier_max)}).first() is not None


def watch(connection: sa.Connection, outbox_id: int, watch_ns: int) -> None:
    """The message is looked at again at `watch_ns`, whether a receipt has come."""
    values = {"watch_ns": watch_ns}
    connection.execute(sa.update(table).where(table.c.id == outbox_id).values(values))


def unwatch(connection: sa.Connection, incident_id: str) -> None:
    """Nobody waits for receipts of the incident any more."""
    ours = sa.and_(table.c.incident_id == incident_id, table.c.watch_ns.is_not(None))
    connection.execute(sa.update(table).where(ours).values(watch_ns=None))


def unreceipted(connection: sa.Connection, now_ns: int, limit: int) -> list[Owed]:
    """Messages whose receipt was waited for until now; none of them is watched any more."""
    query = sa.select(table).where(table.c.watch_ns <= now_ns).order_by(table.c.watch_ns)
    rows = connection.execute(query.limit(limit)).mappings().all()
    if ids := [row["id"] for row in rows]:
        connection.execute(sa.update(table).where(table.c.id.in_(ids)).values(watch_ns=None))
    return [_owed(row) for row in rows]


def settle(
    connection: sa.Connection, outbox_id: int, due_ns: int | None, provider_id: str | None = None
) -> None:
    """The lease is over; the message is due again at `due_ns`, or never."""
    values: dict[str, object] = {"lease_until_ns": None, "due_ns": due_ns}
    if provider_id is not None:
        values["provider_id"] = storable(provider_id, 128)
    connection.execute(_SET, values | {"message": outbox_id})


def get(connection: sa.Connection, outbox_id: int) -> Owed:
    """The row of that id, which must exist."""
    return _owed(connection.execute(_GET, {"message": outbox_id}).mappings().one())


def by_idempotency_id(connection: sa.Connection, idempotency_id: str) -> Owed | None:
    """The row that carries that id, or None: not a message of ours."""
    row = connection.execute(_OF_ID, {"wanted": idempotency_id}).mappings().first()
    return None if row is None else _owed(row)


def of_incident(
    connection: sa.Connection, incident_id: str, purposes: Iterable[Purpose]
) -> list[Owed]:
    """All messages about an incident for any of `purposes`, oldest first."""
    asked = {"wanted": incident_id, "purposes": [purpose.value for purpose in purposes]}
    return [_owed(row) for row in connection.execute(_OF_INCIDENT, asked).mappings()]


def count_since(connection: sa.Connection, address: str, purpose: Purpose, since_ns: int) -> int:
    """How many messages of `purpose` this address has been owed since then."""
    query = sa.select(sa.func.count()).where(
        table.c.address == address,
        table.c.purpose == purpose.value,
        table.c.created_ns >= since_ns,
    )
    return int(connection.execute(query).scalar_one())


def _forsake(connection: sa.Connection, outbox_id: int, now_ns: int) -> None:
    enter(connection, outbox_id, _lost(now_ns), now_ns)
    settle(connection, outbox_id, None)


def _lost(now_ns: int) -> Report:
    return Report(DeliveryState.UNKNOWN, "no word on the last try", Source.ENGINE, now_ns)


def _leased(connection: sa.Connection, row: sa.RowMapping, now_ns: int, terms: Terms) -> Claim:
    owed = _owed(row)
    token, attempt = owed.token + 1, owed.attempt + 1
    until_ns = now_ns + terms.lease_ns
    leased = {"lease_token": token, "attempt": attempt, "lease_until_ns": until_ns}
    connection.execute(_SET, leased | {"lease_by": terms.by, "message": owed.outbox_id})
    if owed.lease_until_ns is not None:
        enter(connection, owed.outbox_id, _lost(now_ns), now_ns)
    submitted = Report(DeliveryState.SUBMITTED, f"try {attempt}", Source.ENGINE, now_ns)
    known = None if owed.lease_until_ns is not None else owed.state
    enter(connection, owed.outbox_id, submitted, now_ns, known)
    return Claim(
        outbox_id=owed.outbox_id,
        token=token,
        attempt=attempt,
        channel=row["channel"],
        tier=Tier(row["tier"]),
        incident_id=owed.incident_id,
        out=Outgoing(
            idempotency_id=row["idempotency_id"],
            address=row["address"],
            text=row["text"],
            payload=msgspec.json.decode(row["payload"], type=dict[str, object]),
            created_ns=row["created_ns"],
        ),
    )


def _owed(row: sa.RowMapping) -> Owed:
    return Owed(
        outbox_id=row["id"],
        token=row["lease_token"],
        attempt=row["attempt"],
        state=DeliveryState(row["state"]),
        due_ns=row["due_ns"],
        lease_until_ns=row["lease_until_ns"],
        notice=Notice(
            incident_id=row["incident_id"] or "",
            person_id=row["person_id"],
            channel=row["channel"],
            purpose=Purpose(row["purpose"]),
            generation=row["generation"],
            step=row["step"],
            round=row["round"],
        ),
        incident_id=row["incident_id"],
    )
