"""Connections to the gateway's database, and its schema brought up to date.

On SQLite every commit is on disk when it returns (WAL, synchronous FULL), and a writer takes
its lock at once, so that no transaction fails half-way for having begun as a reader.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import StaticPool

_BUSY_MS = 5_000
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {_BUSY_MS}",
)


def connect(url: str) -> sa.Engine:
    """An engine for `url`; `sqlite://` alone is a private database in memory."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    in_memory = {"poolclass": StaticPool} if url in {"sqlite://", "sqlite:///:memory:"} else {}
    engine = sa.create_engine(url, **in_memory)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A consistent view that blocks no writer; nothing written in it is kept."""
    with engine.connect().execution_options(reads_only=True) as connection:
        yield connection
        connection.rollback()


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction: committed, and on disk, when the block ends without an exception."""
    with engine.begin() as connection:
        yield connection


def upgrade(engine: sa.Engine) -> None:
    """The schema is the newest; all of the change is made, or none of it."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _prepare(connection: SqliteConnection, _: object) -> None:
    connection.isolation_level = None  # the begin below is ours, not the driver's
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
