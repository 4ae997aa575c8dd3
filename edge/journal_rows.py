"""What no checksum guards in a sound file: rows that cannot be are noticed when it is opened.

A finding that cannot be read would end the edge at every start, and a cursor far ahead would count
what nobody has told as told: the one becomes a dead letter, the other begins anew.
"""

import logging
import sqlite3
from collections.abc import Mapping

import msgspec

from edge.dead_letter import DeadLetter, bury
from edge.health import Health
from edge.reading import Finding

log = logging.getLogger(__name__)


def bury_unreadable(connection: sqlite3.Connection, health: Health, now_ns: int) -> None:
    """Move findings whose body is damaged to the dead letters; count and tell them."""
    for table in ("finding", "shadow"):
        rows = connection.execute(f"SELECT seq, CAST(body AS BLOB) FROM {table}")  # noqa: S608  (of two words)
        broken = [(seq, body) for seq, body in rows if not _is_finding(body)]
        if broken:
            _bury(connection, table, broken, now_ns)
            health.count("findings_damaged", len(broken))
            log.error(
                "%s %s cannot be read and is among the dead letters: check the disk",
                table, [seq for seq, _ in broken],
            )  # fmt: skip


def sound_cursors(connection: sqlite3.Connection, of_findings: Mapping[str, str]) -> dict[str, int]:
    """The cursors by name, less those beyond the end of what they read.

    `of_findings` names the cursors that count the rows of another table than the entries. A reader
    whose cursor is left out reads from the beginning, which repeats and loses nothing.
    """
    ends = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
    (last,) = connection.execute("SELECT max(id) FROM entry").fetchone()
    sound: dict[str, int] = {}
    for name, position in connection.execute("SELECT name, position FROM cursor"):
        end = ends.get(of_findings[name], 0) if name in of_findings else last
        # Without entries, which all have aged, nothing is known of their end.
        if isinstance(position, int) and position >= 0 and (end is None or position <= end):
            sound[name] = position
        else:
            log.error("the journal's cursor %s stands at %r, which cannot be", name, position)
    return sound


def _bury(
    connection: sqlite3.Connection, table: str, broken: list[tuple[int, bytes]], now_ns: int
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    bury(
        connection,
        [DeadLetter(now_ns, "finding_damaged", "", body, f"{table} {seq}") for seq, body in broken],
    )
    connection.executemany(
        f"DELETE FROM {table} WHERE seq = ?",  # noqa: S608  (of two words)
        [(seq,) for seq, _ in broken],
    )
    connection.execute("COMMIT")


def _is_finding(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=Finding)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
