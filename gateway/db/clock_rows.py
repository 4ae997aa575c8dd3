"""What the gateway last knew of the time, for its next start."""

import sqlalchemy as sa
from msgspec import Struct

from gateway.db.node_tables import gateway_clock as table

_ONLY = 1
_KNOWN = sa.update(table).where(table.c.id == _ONLY)


class LastTime(Struct, frozen=True):
    """Our time when it was last written, the machine's boot, and the wall's lead then.

    `boot` is empty where elapsed times of two processes cannot be compared.
    """

    now_ns: int
    boot: str
    ahead_ns: int


def last(connection: sa.Connection) -> LastTime | None:
    """What the process before wrote, if any did."""
    row = connection.execute(sa.select(table).where(table.c.id == _ONLY)).first()
    return None if row is None else LastTime(row.now_ns, row.boot, row.ahead_ns)


def write(connection: sa.Connection, time: LastTime) -> None:
    """This is what the next start will find."""
    values = {"now_ns": time.now_ns, "boot": time.boot, "ahead_ns": time.ahead_ns}
    if connection.execute(_KNOWN, values).rowcount == 0:
        connection.execute(sa.insert(table), {"id": _ONLY, **values})
