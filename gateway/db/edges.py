"""What the gateway knows of the edges: how far it has taken their findings, and their health."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from msgspec import Struct

from gateway.db.storable import storable
from gateway.db.tables import dead_letter, edge_cursor, edge_status

DEAD_LETTERS_MAX = 10_000
NEVER_NS = 0
"""When an edge was heard of which only an old, retained word is known."""
_PAYLOAD_BYTES_MAX = 4_096
_TEXT_MAX = 500
_EDGES_MAX = 500


class Origin(Struct, frozen=True):
    """Which finding of which journal a message brings, as its envelope numbers it."""

    edge: str
    epoch: str
    seq: int
    after: int = 0
    acked: int = 0


def move_cursor(connection: sa.Connection, origins: Sequence[Origin], now_ns: int) -> int:
    """All findings of one journal up to the returned number are ours, `origins` included or not.

    These, at least one, are of that journal, in the order in which they came. A finding whose
    forerunner has not come does not move the cursor: a broker may lose a message that it has
    confirmed. The edge sends both again, in order. One who was told that more is held than is here
    was told so by a database of which this is an older copy: that is a dead letter.
    """
    edge, epoch = origins[0].edge, origins[0].epoch
    here = {"from": edge, "in": epoch}
    known = connection.execute(_UPTO, here).scalar()
    upto = known or 0
    if known is not None and (told := max(origin.acked for origin in origins)) > known:
        bury(connection, _put_back(edge, known, told), now_ns)
    for origin in origins:
        upto = max(upto, origin.acked)
        if origin.after <= upto:
            upto = max(upto, origin.seq)
    if known is None:
        connection.execute(
            sa.insert(edge_cursor).values(edge=edge, epoch=epoch, upto=upto, changed_ns=now_ns)
        )
    elif upto > known:
        connection.execute(_MOVE, here | {"upto": upto, "changed_ns": now_ns})
    return upto


# Built once: each portion of findings asks for them.
_HERE = (edge_cursor.c.edge == sa.bindparam("from")) & (edge_cursor.c.epoch == sa.bindparam("in"))
_UPTO = sa.select(edge_cursor.c.upto).where(_HERE)
_MOVE = sa.update(edge_cursor).where(_HERE)


def hear(connection: sa.Connection, edge: str, now_ns: int, *, fresh: bool, **told: object) -> None:
    """`told` (columns) is known of `edge`; a `fresh` word also says that it lives now.

    The last will of an older boot than the one that is up changes nothing: it came late.
    """
    if told.get("up") is False and _is_late(connection, edge, told.get("boot")):
        return
    values = told | ({"at_ns": now_ns} if fresh else {})
    changed = connection.execute(
        sa.update(edge_status).where(edge_status.c.edge == edge).values(values)
    )
    if changed.rowcount == 0:
        first = {"up": True, "boot": 0, "health": "{}", "at_ns": NEVER_NS} | values
        connection.execute(sa.insert(edge_status).values(edge=edge, **first))


def names(connection: sa.Connection) -> list[str]:
    """Every edge that was ever heard, at most 500."""
    query = sa.select(edge_status.c.edge).order_by(edge_status.c.edge).limit(_EDGES_MAX)
    return [row.edge for row in connection.execute(query)]


def _is_late(connection: sa.Connection, edge: str, boot: object) -> bool:
    query = sa.select(edge_status.c.boot).where(edge_status.c.edge == edge, edge_status.c.up)
    known = connection.execute(query).scalar()
    return known is not None and isinstance(boot, int) and boot < known


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that could not be used, and why."""

    topic: str
    payload: bytes
    reason: str
    detail: str


def _put_back(edge: str, known: int, told: int) -> Letter:
    detail = (
        f"{edge} was told that its findings up to {told} are held, here they end at {known}:"
        " an older copy of the database was put back, and what they opened is not in it"
    )
    return Letter(f"/_finding/{edge}", b"", "put_back", detail)


def bury(connection: sa.Connection, letter: Letter, now_ns: int) -> None:
    """The message is among the dead letters, the oldest of which make room for it."""
    result = connection.execute(
        sa.insert(dead_letter)
        .values(
            topic=storable(letter.topic, _TEXT_MAX),
            reason=letter.reason,
            detail=storable(letter.detail, _TEXT_MAX),
            payload=letter.payload[:_PAYLOAD_BYTES_MAX],
            at_ns=now_ns,
        )
        .returning(dead_letter.c.id)
    )
    oldest = result.scalar_one() - DEAD_LETTERS_MAX
    connection.execute(sa.delete(dead_letter).where(dead_letter.c.id <= oldest))
