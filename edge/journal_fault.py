"""What an error of SQLite says of the journal: wait for room, end, or trust the file no more.

Only what was read from the file can condemn it. A disk without room, rights or a mount that can be
written says nothing of what stands there, and must never cost it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class JournalError(Exception):
    """The journal cannot do what was asked; the message says what to do."""


class JournalFull(JournalError):  # noqa: N818  (the disk's state; it passes without our doing)
    """There is no room on the disk, or none but we may write there; nothing was written."""


class JournalDamaged(JournalError):  # noqa: N818  (the file's state)
    """The file cannot be trusted any more."""


_NO_ROOM = (JournalFull, "no room on the disk; free some or move it")
_HELD = (JournalFull, "another program is writing to it; end that program")
_NO_RIGHT = (JournalError, "cannot be written; mount its folder writable, or mend owner and rights")
_DAMAGED = (
    JournalDamaged,
    "stop the edge, check the disk, and start again: a file that fails its check is put aside",
)
_UNKNOWN = (JournalError, "the disk does not obey; check it, and start the edge again")

_Meaning = tuple[type[JournalError], str]
# SQLite's extended codes where they differ from their family, in the low byte.
_MEANINGS: dict[int, _Meaning] = {
    sqlite3.SQLITE_FULL: _NO_ROOM,
    sqlite3.SQLITE_IOERR_SHMSIZE: _NO_ROOM,  # the file beside it cannot grow to 32 KiB
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_READONLY: _NO_RIGHT,
    sqlite3.SQLITE_CANTOPEN: _NO_RIGHT,
    sqlite3.SQLITE_PERM: _NO_RIGHT,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR_READ: _DAMAGED,
    sqlite3.SQLITE_IOERR_SHORT_READ: _DAMAGED,
    sqlite3.SQLITE_IOERR_CORRUPTFS: _DAMAGED,
    sqlite3.SQLITE_IOERR: _UNKNOWN,
}
_FAMILY = 0xFF


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file into a JournalError that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        meaning = _MEANINGS.get(code) or _MEANINGS.get(code & _FAMILY)
        if meaning is None:
            raise
        kind, remedy = meaning
        raise kind(f"{path}: {error}; {remedy}") from error
