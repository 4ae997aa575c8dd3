"""What was refused, kept in the journal's file for whoever mends it: the newest 10,000.

A message of a thousand strangers is a thousand letters, of which the first has the message.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

DEAD_LETTERS_MAX = 10_000
_PAYLOAD_BYTES_MAX = 4_096


class DeadLetter(NamedTuple):
    """Input that was refused: why, and as much of it as is worth keeping (4 KiB)."""

    received_ns: int
    reason: str
    topic: str
    payload: bytes
    detail: str


def bury(connection: sqlite3.Connection, letters: Sequence[DeadLetter]) -> int:
    """Add `letters`, within a transaction; returns how many older ones went for them."""
    if not letters:
        return 0
    connection.executemany(
        "INSERT INTO dead_letter (received_ns, reason, topic, payload, detail)"
        " VALUES (?, ?, ?, ?, ?)",
        _each_payload_once(letters),
    )
    return connection.execute(
        "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?",
        (DEAD_LETTERS_MAX,),
    ).rowcount


def _each_payload_once(letters: Sequence[DeadLetter]) -> Iterator[DeadLetter]:
    before: bytes | None = None
    for letter in letters:
        kept = b"" if letter.payload is before else letter.payload[:_PAYLOAD_BYTES_MAX]
        before = letter.payload
        yield letter._replace(payload=kept)
