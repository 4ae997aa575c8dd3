"""Connections to the gateway's database, and its schema brought up to date.

Every commit is on disk when it returns (SQLite: WAL, synchronous FULL), and a writer takes its
lock at once, so that no transaction fails half-way for having begun as a reader.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteOperationalError

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.pool import StaticPool

from edge.settings import ConfigError, ConfigFault
from gateway.db import postgres

_BUSY_MS = 5_000
_READS = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {_BUSY_MS}",
)


def connect(url: str) -> sa.Engine:
    """An engine for `url`; `sqlite://` alone is a private database in memory."""
    if url.startswith("postgresql"):
        return postgres.connect(url)
    in_memory = {"poolclass": StaticPool} if url in {"sqlite://", "sqlite:///:memory:"} else {}
    engine = sa.create_engine(url, **in_memory)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A consistent view that blocks no writer; nothing written in it is kept."""
    terms = _READS if is_shared(engine) else {"reads_only": True}
    with engine.connect().execution_options(**terms) as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction: committed, and on disk, when the block ends without an exception."""
    with engine.begin() as connection:
        if is_shared(engine):
            postgres.become_writer(connection)
        yield connection


def is_shared(engine: sa.Engine) -> bool:
    """Whether other gateways may work on the same database: on PostgreSQL they may."""
    return engine.dialect.name == "postgresql"


def upgrade(engine: sa.Engine) -> None:
    """The schema is the newest; all of the change is made, or none of it.

    Of several gateways that start together, one makes it and the others wait.

    Raises:
        ConfigError: a newer release has made the schema; nothing was changed.
    """
    try:
        _migrate(engine, lambda config: command.upgrade(config, "head"))
    except CommandError as error:
        problem = f"a newer release has worked on this database: {error}"
        remedy = "start that release, or put back the copy made before it"
        raise ConfigError([ConfigFault(_name(engine), "schema", problem, remedy)]) from None


def _name(engine: sa.Engine) -> Path:
    return Path(engine.url.database or "database")


def downgrade(engine: sa.Engine, revision: str) -> None:
    """The schema is that of an older `revision`, "base" for none; what it cannot hold is gone."""
    _migrate(engine, lambda config: command.downgrade(config, revision))


def _migrate(engine: sa.Engine, change: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if is_shared(engine):
            postgres.be_patient(connection)
            postgres.become_writer(connection)
        config.attributes["connection"] = connection
        change(config)


def _prepare(connection: SqliteConnection, _: object) -> None:
    connection.isolation_level = None  # the begin below is ours, not the driver's
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """Said to the driver itself: every transaction begins so, and most ask for one row."""
    reads_only = connection.get_execution_options().get("reads_only", False)
    begin = "BEGIN" if reads_only else "BEGIN IMMEDIATE"
    try:
        connection.connection.cursor().execute(begin)
    except SqliteOperationalError as error:
        raise sa.exc.OperationalError(begin, {}, error) from error
