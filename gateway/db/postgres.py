"""How the gateway speaks to PostgreSQL: one writer at a time, and nobody waits without end.

Several gateways share one database. Each writes under the same lock, so a transaction sees all
that was committed before it, as on SQLite; what reads first and writes then cannot lose a race.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

_WRITER = 0x5357_0001
"""The number of the writers' lock in its database."""
_CONNECT_S = 3
_SILENCE_MS = 5_000
"""How long the other end may be silent before the connection counts as broken, either way."""
_SETTINGS: Mapping[str, str | int] = MappingProxyType(
    {
        "synchronous_commit": "on",  # a commit is on disk when it returns
        "lock_timeout": _SILENCE_MS,
        "statement_timeout": 2 * _SILENCE_MS,
        # A gateway that was stopped or cut off inside a transaction must not keep the others out.
        "idle_in_transaction_session_timeout": _SILENCE_MS,
        "tcp_keepalives_idle": 5,
        "tcp_keepalives_interval": 2,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": _SILENCE_MS,
    }
)


def connect(url: str) -> sa.Engine:
    """An engine for a `postgresql://` URL; nothing is connected yet."""
    settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_S,
            "options": settings,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": _SILENCE_MS,
        },
    )
    sa.event.listen(engine, "handle_error", partial(_as_away, _away(engine.dialect.loaded_dbapi)))
    return engine


def become_writer(connection: sa.Connection) -> None:
    """Until its transaction ends, `connection` alone writes.

    Raises:
        sqlalchemy.exc.OperationalError: another one wrote for all of five seconds.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER)))


def be_patient(connection: sa.Connection) -> None:
    """Until its transaction ends, `connection` waits and works as long as it takes."""
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {name} = 0")


def _away(psycopg: Any) -> tuple[type[Exception], ...]:
    """Told by the server when it ends our session or transaction; the driver files them elsewhere.

    The driver takes 9 MB, which a gateway over SQLite need not hold: it is not imported here.
    """
    return (
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.errors.InFailedSqlTransaction,
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.InterfaceError,
    )


def _as_away(away: tuple[type[Exception], ...], context: sa.engine.ExceptionContext) -> None:
    """A database that went away is one kind of error, however the driver calls it."""
    original = context.original_exception
    if isinstance(original, away):
        raise sa.exc.OperationalError(context.statement, None, original)
