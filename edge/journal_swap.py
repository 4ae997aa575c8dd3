"""A damaged journal makes way for a fresh one, which has every finding that could be read.

The fresh file is whole on the disk before the old one moves, and a start finishes what a power cut
left half done: no finding is lost between the two. What is put aside is never deleted.
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

log = logging.getLogger(__name__)

_COMPANIONS = ("-wal", "-shm")

Connect = Callable[[Path], sqlite3.Connection]
_Row = tuple[str, int, bytes]


def replace(path: Path, now_ns: int, connect: Connect) -> None:
    """Put the damaged journal at `path` aside, and a fresh one by `connect` in its place.

    Raises:
        JournalError: there can be no fresh one; the old one stands where it stood.
    """
    findings = _salvaged(path)
    beside = _beside(path)
    _remove(beside)
    with closing(connect(beside)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT OR IGNORE INTO finding (id, revision, body) VALUES (?, ?, ?)", findings
        )
        connection.execute("COMMIT")
    aside = _put_aside(path, now_ns)
    _install(path)
    log.error(
        "journal %s is damaged; kept as %s, a fresh one with %d findings takes its place",
        path, aside, len(findings),
    )  # fmt: skip


def finish(path: Path, now_ns: int) -> None:
    """Bring a replacement to its end that was interrupted once the fresh journal was whole."""
    if path.exists() or not _beside(path).exists():
        return
    _put_aside(path, now_ns)  # what is left of the old one: its companions
    _install(path)
    log.warning("%s: the journal that took a damaged one's place is here now", path)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.fresh")


def _put_aside(path: Path, now_ns: int) -> Path:
    """Rename `path` and its companions, the file itself first; return its new name."""
    aside = path.with_name(f"{path.name}.damaged-{now_ns}")
    for ending in ("", *_COMPANIONS):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    return aside


def _install(path: Path) -> None:
    _beside(path).rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(path: Path) -> None:
    for ending in ("", *_COMPANIONS):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _salvaged(path: Path) -> list[_Row]:
    """The findings `(id, revision, body)` that can still be read, in their order.

    Read from both ends, as far as the damage allows.
    """
    rows: dict[int, _Row] = {}
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as old:
        with suppress(sqlite3.Error, UnicodeDecodeError):
            old.execute("PRAGMA writable_schema = ON")  # read on where the list of tables is broken
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error, UnicodeDecodeError):
                for seq, *row in old.execute(
                    f"SELECT seq, id, revision, body FROM finding ORDER BY seq {order}"  # noqa: S608  (of two words)
                ):
                    rows[seq] = (row[0], row[1], row[2])
    return [rows[seq] for seq in sorted(rows)]
