"""One gateway a SQLite file: what an earlier process left half done is ours to take up at once.

On PostgreSQL several gateways share the work, and only the end of a lease says so.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from gateway.db.engine import writing
from gateway.db.tables import outbox


class AlreadyServedError(OSError):
    """Another gateway is running on this database."""


@contextmanager
def sole_gateway(database: sa.Engine) -> Iterator[None]:
    """While the block runs, no other gateway serves `database`; nothing to hold on PostgreSQL.

    Raises:
        AlreadyServedError: another one does.
    """
    file = database.url.database
    if database.dialect.name != "sqlite" or file in {None, "", ":memory:"}:
        yield
        return
    Path(str(file)).parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{file}.lock").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            problem = f"another gateway is running on {file}; stop it first"
            raise AlreadyServedError(problem) from None
        yield


def end_leases(database: sa.Engine, now_ns: int) -> int:
    """Messages that an earlier process was sending may be claimed again; returns how many.

    Only under `sole_gateway`, and before the first claim. Each was perhaps sent: the next
    claim writes that down and repeats its idempotency id.
    """
    if database.dialect.name != "sqlite":
        return 0
    with writing(database) as connection:
        ended = connection.execute(
            sa.update(outbox).where(outbox.c.lease_until_ns > now_ns).values(lease_until_ns=now_ns)
        )
    return ended.rowcount
