"""An engine whose people have shifts, over a private SQLite file, and what it said to whom."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from alerts.channels.base import Outcome, Verdict
from alerts.incident import Act, Command, Incident
from alerts.roster import Roster
from edge.outbox import Envelope
from edge.reading import HOUR_NS, Tier, finding_id
from gateway.db import incidents, phones, tables, tenures
from gateway.db.engine import connect, reading, upgrade
from gateway.engine import Engine
from tests.unit.gateway.test_engine import NOW, a_book, a_finding

# `NOW` is a Thursday, 16:53 in China.
DAY = [{"from": "08:00", "to": "18:00"}]
NIGHT = [{"from": "18:00", "to": "08:00"}]
SIX_NS = 1_760_004_000 * 1_000_000_000
"""18:00 of that day."""
QUARTER_NS = HOUR_NS // 4


def person(name: str, number: int, **more: Any) -> dict[str, Any]:
    own = {"id": name, "name": name.title(), "roles": ["grid_worker"], "areas": ["s01"]}
    return own | {"sms": f"1380000000{number}"} | more


def shifts() -> list[dict[str, Any]]:
    return [
        person("wang", 1, shift=DAY),
        person("zhao", 2, shift=NIGHT),
        person("sun", 3, shift=NIGHT),
        person("li", 4, roles=["backup"]),
    ]


@dataclass
class DutyWorld:
    """`sent` is what was tried: person, purpose, text."""

    engine: Engine
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    seq: int = 0

    def raise_one(self, now_ns: int, tier: Tier = Tier.URGENT) -> Incident:
        """A new incident of the same home."""
        self.seq += 1
        since_ns = NOW - self.seq * HOUR_NS
        finding = a_finding(
            id=finding_id("welfare", "s01/b01/u0101", since_ns), since_ns=since_ns, tier=tier
        )
        self.engine.take_finding(Envelope(1, "e01", "epoch", self.seq, finding), now_ns)
        return self.incident(f"i{finding.id}")

    def incident(self, incident_id: str) -> Incident:
        with reading(self.engine.database) as connection:
            return incidents.get(connection, incident_id)

    def go_by(self, roster: Roster) -> None:
        """The engine's people are those of `roster`."""
        self.engine.book = replace(self.engine.book, roster=roster)

    def go_to(self, now_ns: int) -> None:
        """Everything due by then is done."""
        self.engine.advance_due(now_ns)

    def send(self, now_ns: int, outcome: Outcome = Outcome.DELIVERED) -> list[tuple[str, str]]:
        """What is owed is tried; person and purpose of each."""
        claims = self.engine.claim(now_ns, 100)
        for claim in claims:
            self.engine.record(claim, Verdict(outcome, "because"), now_ns)
        rows = {row["id"]: row for row in self.rows(tables.outbox)}
        tried = [rows[claim.outbox_id] for claim in claims]
        self.sent += [(row["person_id"], row["purpose"], row["text"]) for row in tried]
        return [(row["person_id"], row["purpose"]) for row in tried]

    def answer(self, incident: Incident, who: str, now_ns: int, act: Act = Act.ACKNOWLEDGE) -> None:
        self.engine.act(incident.id, Command(act, by=who), now_ns=now_ns)

    def rows(self, table: sa.Table) -> Sequence[sa.RowMapping]:
        with reading(self.engine.database) as connection:
            return (
                connection.execute(sa.select(table).order_by(*table.primary_key)).mappings().all()
            )

    def events(self) -> list[str]:
        return [row["kind"] for row in self.rows(tables.incident_event)]

    def failing(self) -> frozenset[str]:
        with reading(self.engine.database) as connection:
            return phones.failing(connection, self.engine.book.roster)

    def due_ns(self) -> int | None:
        with reading(self.engine.database) as connection:
            return connection.execute(tenures.NEXT_DUE).scalar()

    def restarted(self) -> "DutyWorld":
        """The same database in the hands of another process."""
        book = self.engine.book
        return DutyWorld(Engine(self.engine.database, book, random.Random(2)), seq=self.seq)


def make_world(folder: Path, people: list[dict[str, Any]] | None = None) -> DutyWorld:
    database = connect(f"sqlite:///{folder / 'duty.db'}")
    upgrade(database)
    roster = Roster.model_validate({"version": 1, "person": people or shifts()})
    return DutyWorld(Engine(database, replace(a_book(), roster=roster), random.Random(1)))
