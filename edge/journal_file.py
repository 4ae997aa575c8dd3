"""The journal's file: opened by one process, checked, and put aside when damaged.

A damaged file is renamed with a `.damaged-` ending, never deleted; the findings that can
still be read move into the fresh file, whose new epoch tells the gateway of the break.
"""

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

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

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR}


class JournalError(Exception):
    """The journal cannot do what was asked; the message says what to do."""


class JournalFull(JournalError):  # noqa: N818  (the disk's state; it passes without our doing)
    """There is no room on the disk; nothing was written."""


class JournalDamaged(JournalError):  # noqa: N818  (the file's state)
    """The file cannot be trusted any more."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file into JournalFull or JournalDamaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = code & 0xFF if code is not None else None
        if primary == sqlite3.SQLITE_FULL:
            raise JournalFull(f"{path}: no room on the disk; free some or move it") from error
        if primary in _DAMAGE:
            raise JournalDamaged(
                f"{path}: {error}; stop the edge, check the disk, and start again:"
                " a file that fails its check is put aside"
            ) from error
        raise


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
    whole file once.

    Raises:
        JournalDamaged: the file is broken.
        JournalError: the file is sound, but not a journal of this format.
    """
    with translated(path):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            _prepare(connection, path)
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
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise JournalDamaged(f"{path}: {verdict}; the file is put aside, check the disk")
    for older in range(version, FORMAT):
        connection.executescript(_MIGRATIONS[older])


def put_aside(path: Path, now_ns: int) -> Path:
    """Rename `path` and its companions so that a fresh journal can start; return the new name."""
    aside = path.with_name(f"{path.name}.damaged-{now_ns}")
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    log.error("journal %s is damaged; kept as %s, a fresh one takes its place", path, aside)
    return aside


def salvage_findings(aside: Path) -> list[tuple[str, int, bytes]]:
    """The findings `(id, revision, body)` that can still be read from a damaged journal."""
    found: list[tuple[str, int, bytes]] = []
    try:
        connection = sqlite3.connect(f"file:{aside}?mode=ro", uri=True)
    except sqlite3.Error:
        return found
    try:
        with suppress(sqlite3.Error):
            rows = connection.execute("SELECT id, revision, body FROM finding ORDER BY seq")
            found.extend(rows)
    finally:
        connection.close()
    return found
