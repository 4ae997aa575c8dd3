"""The tables of gammu-smsd (schema 17) as a queue that takes each message once.

Every call is one short transaction on a connection of its own. Our rows are those whose
`CreatorID` starts with a prefix of ours; nobody else's are touched. What the reader has
settled is kept in a table of our own beside the daemon's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from alerts.channels.base import Unavailable
from edge.reading import SECOND_NS

PAGE = 100
_PREFIX = "sw:"
_LONG_AGO = "2000-01-01 00:00:00"  # due at once, whichever time zone the daemon compares in

_SETTLED = (
    "CREATE TABLE IF NOT EXISTS shouwang_settled"
    " (item INTEGER PRIMARY KEY, status TEXT NOT NULL, at_s INTEGER NOT NULL)"
)
_INJECT = """
    INSERT INTO outbox (CreatorID, DestinationNumber, TextDecoded, Coding, Class, MultiPart,
                        DeliveryReport, InsertIntoDB, SendingDateTime, SendingTimeOut)
    VALUES (?, ?, ?, 'Unicode_No_Compression', -1, 'false', 'yes', ?, ?, ?)
"""
# The daemon notes a message in sentitems before it takes it out of outbox.
_WAITING = """
    SELECT 1 FROM outbox o WHERE o.CreatorID = ?
    AND NOT EXISTS (SELECT 1 FROM sentitems s WHERE s.ID = o.ID)
"""
_NEWEST = "SELECT ID, Status, StatusCode FROM sentitems WHERE CreatorID = ? ORDER BY ID DESC"
_REPORTS = """
    SELECT s.ID, s.CreatorID, s.Status, s.StatusCode
    FROM sentitems s LEFT JOIN shouwang_settled t ON t.item = s.ID
    WHERE s.CreatorID LIKE ? AND (t.status IS NULL OR t.status <> s.Status)
    ORDER BY s.ID LIMIT ?
"""
_TEXTS = """
    SELECT ID, ReceivingDateTime, SenderNumber, TextDecoded FROM inbox
    WHERE Processed = 'false' ORDER BY ID LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What the daemon says of one message: `status` in its words, `cause` a CMS code or -1."""

    item: int
    idempotency_id: str
    status: str
    cause: int


class Text(NamedTuple):
    """One text in the daemon's inbox; `received` is in the daemon's own civil time."""

    item: int
    received: str
    number: str
    text: str


class SmsdQueue:
    """The daemon's database at `path`; a locked or missing one raises Unavailable."""

    def __init__(self, path: Path, lock_wait_s: float) -> None:
        self._path = path
        self._lock_wait_s = lock_wait_s

    def inject(
        self, idempotency_id: str, number: str, text: str, *, again: frozenset[str], now_ns: int
    ) -> Report | None:
        """None: the message waits in the queue, once. Otherwise the daemon's word on it.

        A message whose latest status is in `again` is queued anew and its past is settled.
        """
        with self._writing() as db:
            creator = _PREFIX + idempotency_id
            if db.execute(_WAITING, (creator,)).fetchone():
                return None
            known = _newest(db, idempotency_id)
            if known is not None and known.status not in again:
                return known
            if known is not None:
                _settle(db, known.item, known.status, now_ns)
            at = _stamp(now_ns)
            db.execute(_INJECT, (creator, number, text, at, _LONG_AGO, _LONG_AGO))
            return None

    def reports(self) -> list[Report]:
        """A page of words on our messages that are not settled, oldest message first."""
        with self._reading() as db:
            rows = db.execute(_REPORTS, (_PREFIX + "%", PAGE)).fetchall()
        return [Report(item, creator[len(_PREFIX) :], *said) for item, creator, *said in rows]

    def texts(self) -> list[Text]:
        """A page of texts received and not settled, oldest first."""
        with self._reading() as db:
            return [Text(*row) for row in db.execute(_TEXTS, (PAGE,))]

    def settle(self, reports: list[tuple[int, str]], texts: list[int], now_ns: int) -> None:
        """Neither these reports, as (item, status), nor these texts are returned again."""
        with self._writing() as db:
            for item, status in reports:
                _settle(db, item, status, now_ns)
            marks = [(item,) for item in texts]
            db.executemany("UPDATE inbox SET Processed = 'true' WHERE ID = ?", marks)

    def prune(self, before_ns: int) -> int:
        """A page of our messages settled before that time is gone; say how many went."""
        with self._writing() as db:
            due = db.execute(
                "SELECT item FROM shouwang_settled WHERE at_s < ? LIMIT ?",
                (before_ns // SECOND_NS, PAGE),
            ).fetchall()
            db.executemany("DELETE FROM sentitems WHERE ID = ?", due)
            db.executemany("DELETE FROM shouwang_settled WHERE item = ?", due)
        return len(due)

    def sign_of_life(self) -> str:
        """A text that changes whenever the daemon refreshes its phones; empty: never yet."""
        with self._reading() as db:
            query = "SELECT ID, UpdatedInDB, TimeOut, Sent, Received FROM phones ORDER BY IMEI"
            rows = db.execute(query).fetchall()
        return repr(rows) if rows else ""

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            db = self._open()
        except sqlite3.Error as error:
            raise self._unavailable(error) from None
        try:
            yield db
        except sqlite3.Error as error:
            raise self._unavailable(error) from None
        finally:
            db.close()

    def _open(self) -> sqlite3.Connection:
        uri = f"{self._path.absolute().as_uri()}?mode=rw"  # never make an empty database
        db = sqlite3.connect(uri, uri=True, timeout=self._lock_wait_s, isolation_level=None)
        try:
            db.execute(_SETTLED)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _unavailable(self, error: sqlite3.Error) -> Unavailable:
        return Unavailable(f"gammu-smsd database {self._path}: {error}; check that it is running")


def _newest(db: sqlite3.Connection, idempotency_id: str) -> Report | None:
    row = db.execute(_NEWEST, (_PREFIX + idempotency_id,)).fetchone()
    return Report(row[0], idempotency_id, row[1], row[2]) if row else None


def _settle(db: sqlite3.Connection, item: int, status: str, now_ns: int) -> None:
    values = (item, status, now_ns // SECOND_NS)
    db.execute("INSERT OR REPLACE INTO shouwang_settled VALUES (?, ?, ?)", values)


def _stamp(now_ns: int) -> str:
    return f"{datetime.fromtimestamp(now_ns // SECOND_NS, tz=UTC):%Y-%m-%d %H:%M:%S}"
