"""What rules in the shadow said, kept in the journal's file beside what people are told.

A table of its own: what is not in the outbox cannot be sent by mistake. It holds the last
10,000 statements; older ones go and are counted, since a replay makes them again.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from edge.reading import Finding

SHADOWED_MAX = 10_000

Read = Callable[[str, tuple[int, ...]], list[tuple[Any, ...]]]
"""Answers a query about the journal's file."""


def keep(connection: sqlite3.Connection, findings: Sequence[Finding]) -> int:
    """Add `findings`, each statement once, within a transaction; returns how many went for them."""
    connection.executemany(
        "INSERT OR IGNORE INTO shadow (id, revision, body) VALUES (?, ?, ?)",
        [(each.id, each.revision, msgspec.json.encode(each)) for each in findings],
    )
    return connection.execute(
        "DELETE FROM shadow WHERE seq <= (SELECT max(seq) FROM shadow) - ?", (SHADOWED_MAX,)
    ).rowcount


def shadowed(read: Read, after: int, limit: int) -> list[tuple[int, Finding]]:
    """Up to `limit` of what is kept, numbered above `after`, with their numbers."""
    rows = read("SELECT seq, body FROM shadow WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
    return [(seq, msgspec.json.decode(body, type=Finding)) for seq, body in rows]
