"""A twin of gammu-smsd: the same SQLite tables, a modem and a network made of chance.

It sends one text at a time as a modem does, and at least once as the daemon does: the
phone has the text before the note of it is on disk. Runs in virtual time.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush
from pathlib import Path
from random import Random

from edge.clock import Clock, sleep
from edge.reading import SECOND_NS

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS gammu (Version INTEGER NOT NULL PRIMARY KEY);
    INSERT OR IGNORE INTO gammu VALUES (17);
    CREATE TABLE IF NOT EXISTS phones (
        IMEI TEXT PRIMARY KEY, ID TEXT NOT NULL, UpdatedInDB TEXT NOT NULL,
        TimeOut TEXT NOT NULL, Sent INTEGER NOT NULL DEFAULT 0,
        Received INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS outbox (
        ID INTEGER PRIMARY KEY AUTOINCREMENT, CreatorID TEXT NOT NULL,
        DestinationNumber TEXT NOT NULL, TextDecoded TEXT NOT NULL, Coding TEXT NOT NULL,
        Class INTEGER, MultiPart TEXT NOT NULL, DeliveryReport TEXT NOT NULL,
        InsertIntoDB TEXT NOT NULL, SendingDateTime TEXT NOT NULL, SendingTimeOut TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS sentitems (
        ID INTEGER NOT NULL, SequencePosition INTEGER NOT NULL DEFAULT 1,
        CreatorID TEXT NOT NULL, DestinationNumber TEXT NOT NULL, TextDecoded TEXT NOT NULL,
        SendingDateTime TEXT NOT NULL, DeliveryDateTime TEXT, Status TEXT NOT NULL,
        StatusCode INTEGER NOT NULL DEFAULT -1, PRIMARY KEY (ID, SequencePosition));
    CREATE TABLE IF NOT EXISTS inbox (
        ID INTEGER PRIMARY KEY AUTOINCREMENT, ReceivingDateTime TEXT NOT NULL,
        SenderNumber TEXT NOT NULL, TextDecoded TEXT NOT NULL,
        Processed TEXT NOT NULL DEFAULT 'false');
"""
_OLDEST = "SELECT ID, CreatorID, DestinationNumber, TextDecoded FROM outbox ORDER BY ID LIMIT 1"
_SENT = """
    INSERT INTO sentitems (ID, CreatorID, DestinationNumber, TextDecoded, SendingDateTime,
                           Status, StatusCode) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_PHONE = """
    INSERT INTO phones (IMEI, ID, UpdatedInDB, TimeOut) VALUES ('twin', 'twin', ?, ?)
    ON CONFLICT (IMEI) DO UPDATE SET UpdatedInDB = excluded.UpdatedInDB,
                                     TimeOut = excluded.TimeOut
"""

Ring = Callable[[str, str], None]
"""Told (number, text) when a phone has a text."""


@dataclass(frozen=True, slots=True)
class Network:
    """How the modem and the mobile network behave; fractions are of texts, 0 to 1.

    `refused` texts end as SendingError with `cause` (a +CMS number), `undelivered` ones as
    DeliveryFailed without ringing, `unreported` ones arrive but are never reported.
    """

    send_s: tuple[float, float] = (2.0, 5.0)
    report_s: tuple[float, float] = (1.0, 10.0)
    refused: float = 0.0
    cause: int = 38
    undelivered: float = 0.0
    unreported: float = 0.0


class SmsdTwin:
    """A daemon over `database`, which is made if missing; `ring` has each text that arrives.

    It looks into its outbox every `loop_s` and shows itself alive every `refresh_s`.
    Reports not yet given when it ends are never given.
    """

    def __init__(
        self,
        database: Path,
        clock: Clock,
        ring: Ring,
        *,
        rng: Random,
        network: Network | None = None,
    ) -> None:
        self.network = network or Network()
        self.loop_s = 1.0
        self.refresh_s = 60.0
        self._database = database
        self._clock = clock
        self._ring = ring
        self._rng = rng
        self._reports: list[tuple[int, int, str]] = []
        self._refresh_ns = 0
        with closing(self._open()) as db:
            db.executescript(_SCHEMA)

    async def run(self) -> None:
        """Send, report and refresh until cancelled."""
        with closing(self._open()) as db:
            while True:
                self._refresh(db)
                self._report(db)
                row = db.execute(_OLDEST).fetchone()
                if row is None:
                    await sleep(self._clock, self.loop_s)
                else:
                    await sleep(self._clock, self._rng.uniform(*self.network.send_s))
                    self._send(db, *row)

    def receive(self, number: str, text: str) -> None:
        """A phone's text to us is in the inbox."""
        with closing(self._open()) as db:
            db.execute(
                "INSERT INTO inbox (ReceivingDateTime, SenderNumber, TextDecoded) VALUES (?, ?, ?)",
                (self._now(), number, text),
            )

    def _send(
        self, db: sqlite3.Connection, item: int, creator: str, number: str, text: str
    ) -> None:
        if self._rng.random() < self.network.refused:
            status, cause = "SendingError", self.network.cause
        else:
            status, cause = "SendingOK", -1
            self._fly(item, number, text)
        db.execute("BEGIN IMMEDIATE")
        db.execute(_SENT, (item, creator, number, text, self._now(), status, cause))
        db.execute("DELETE FROM outbox WHERE ID = ?", (item,))
        db.execute("COMMIT")

    def _fly(self, item: int, number: str, text: str) -> None:
        word = "DeliveryFailed" if self._rng.random() < self.network.undelivered else "DeliveryOK"
        if word == "DeliveryOK":
            self._ring(number, text)
        if self._rng.random() >= self.network.unreported:
            delay_s = self._rng.uniform(*self.network.report_s)
            due_ns = self._clock.now_ns() + int(delay_s * SECOND_NS)
            heappush(self._reports, (due_ns, item, word))

    def _report(self, db: sqlite3.Connection) -> None:
        while self._reports and self._reports[0][0] <= self._clock.now_ns():
            _, item, word = heappop(self._reports)
            db.execute(
                "UPDATE sentitems SET Status = ?, DeliveryDateTime = ? WHERE ID = ?",
                (word, self._now(), item),
            )

    def _refresh(self, db: sqlite3.Connection) -> None:
        now_ns = self._clock.now_ns()
        if now_ns >= self._refresh_ns:
            db.execute(_PHONE, (self._now(), self._now()))
            self._refresh_ns = now_ns + int(self.refresh_s * SECOND_NS)

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._database, isolation_level=None)
        db.execute("PRAGMA synchronous = OFF")  # a simulated modem need not outlive a power cut
        return db

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._clock.now_ns() // SECOND_NS, tz=UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}"
