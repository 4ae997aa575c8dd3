"""The journal's file: opened by one process, and checked whole before it is believed.

What fails its check makes way for a fresh file (`edge.journal_swap`), whose new epoch tells the
gateway of the break.
"""

import fcntl
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import IO

from edge.journal_fault import JournalDamaged, JournalError, translated

FORMAT = 3
_PAGE_KIB = 4
# Commits of a few small pages each: a long WAL lets the same tail page be overwritten many
# times before it is copied into the file once. 4,000 pages bound it to 16 MB.
_WAL_PAGES = 4_000
_WAL_BYTES_KEPT = 2 * _WAL_PAGES * _PAGE_KIB * 1_024

_HELD = """
CREATE TABLE held (
    id INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, steady_ns INTEGER NOT NULL,
    topic TEXT NOT NULL, payload BLOB NOT NULL, retain INTEGER NOT NULL);
CREATE TABLE placed (
    boot TEXT PRIMARY KEY, shift_ns INTEGER NOT NULL, exact INTEGER NOT NULL) WITHOUT ROWID;
"""
_SHADOW = """
CREATE TABLE shadow (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, revision INTEGER NOT NULL,
    body BLOB NOT NULL, UNIQUE (id, revision));
"""
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
    first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, count INTEGER NOT NULL,
    blob BLOB NOT NULL);
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received_ns INTEGER NOT NULL,
    reason TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, detail TEXT NOT NULL);
CREATE TABLE cursor (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE checkpoint (entry_id INTEGER PRIMARY KEY, blob BLOB NOT NULL);
CREATE TABLE finding (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, revision INTEGER NOT NULL,
    body BLOB NOT NULL, published_ns INTEGER, UNIQUE (id, revision));
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
{_HELD}{_SHADOW}
PRAGMA user_version = {FORMAT};
COMMIT;
"""

# From each older format to the next one.
_MIGRATIONS = {
    1: f"BEGIN IMMEDIATE;\n{_HELD}\nPRAGMA user_version = 2;\nCOMMIT;",
    2: f"BEGIN IMMEDIATE;\n{_SHADOW}\nPRAGMA user_version = 3;\nCOMMIT;",
}


def lock(path: Path) -> IO[str]:
    """Hold the right to write `path` until the file returned is closed.

    The file also remembers, as text, the epoch of the journal that was last written there.

    Raises:
        JournalError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = path.with_name(path.name + ".lock").open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise JournalError(
            f"{path}: another edge is using this journal; give each edge its own"
        ) from None
    return held


def connect(path: Path) -> sqlite3.Connection:
    """A checked connection to the journal at `path`, which is made if there is none.

    A commit is on the disk when it returns (WAL, synchronous FULL). The check reads the
    whole file once. Text that is none is read with a replacement for what cannot be.

    Raises:
        JournalDamaged: the file is broken.
        JournalError: the file is sound, but not a journal of this format, or not ours to use.
    """
    with translated(path):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.text_factory = _text
            _prepare(connection, path)
        except (UnicodeDecodeError, sqlite3.OperationalError) as error:
            connection.close()
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR:
                raise
            # A name in it is no text, or its schema is not what its header says.
            raise JournalDamaged(f"{path}: {error}; the file is put aside") from None
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version == 0 and tables == 0:
        connection.executescript(_SCHEMA)
        return
    if version != FORMAT and version not in _MIGRATIONS:
        raise JournalError(
            f"{path}: not a journal of format {FORMAT} but of {version};"
            " name another file, or use the release that wrote it"
        )
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise JournalDamaged(f"{path}: {verdict}; the file is put aside, check the disk")
    for older in range(version, FORMAT):
        connection.executescript(_MIGRATIONS[older])
    if _shape(connection) != _shape_of_format():
        raise JournalDamaged(f"{path}: its tables are not a journal's; the file is put aside")


_Row = tuple[str | int, ...]


def _shape(connection: sqlite3.Connection) -> set[_Row]:
    """Every table and index by its names; and columns, by type, constraint and place in the key.

    A bit of the schema may be wrong in a file that is sound else: rows whose key is no key any
    more are not found by it.
    """
    named = connection.execute(
        "SELECT type, name, tbl_name, iif(name = 'sqlite_sequence', sql, '') FROM sqlite_schema"
    )
    columns = connection.execute(
        'SELECT t.name, c.name, c.type, c."notnull", c.pk'
        " FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'"
    )
    return {*named, *columns}


@cache
def _shape_of_format() -> frozenset[_Row]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(_SCHEMA)
        return frozenset(_shape(connection))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
