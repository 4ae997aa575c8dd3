"""What happened, read back from the gateway's own records: for people and for tests."""

from collections import Counter, defaultdict
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from edge.reading import Finding
from gateway.db.engine import reading
from gateway.db.tables import finding, inbox, incident, outbox


class IncidentLine(Struct, frozen=True):
    """One incident as it stands; `home` is the code of the dwelling that it is about."""

    id: str
    home: str
    rule: str
    tier: int
    state: str
    timeliness: str
    opened_ns: int
    acked_ns: int | None
    owner: str | None
    sentence_zh: str


class FindingLine(Struct, frozen=True):
    """One statement of one finding."""

    id: str
    revision: int
    home: str
    rule: str
    state: str
    timeliness: str
    at_ns: int


class DeliveryLine(Struct, frozen=True):
    """One message that was owed to one person, and how far it has come."""

    key: str
    home: str | None
    person: str
    channel: str
    purpose: str
    state: str
    attempt: int
    text: str
    address: str


class ReplyLine(Struct, frozen=True):
    """One text from a person and what became of it."""

    address: str
    text: str
    result: str


class Chronicle(Struct, frozen=True):
    """All incidents, findings, deliveries and replies, each in a fixed order."""

    incidents: tuple[IncidentLine, ...]
    findings: tuple[FindingLine, ...]
    deliveries: tuple[DeliveryLine, ...]
    replies: tuple[ReplyLine, ...]

    def rules(self) -> dict[str, list[str]]:
        """The rules that made an incident, by home."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for line in self.incidents:
            found[line.home].add(line.rule)
        return {home: sorted(rules) for home, rules in sorted(found.items())}

    def about(self, home: str, rule: str) -> list[IncidentLine]:
        """The incidents of one home by one rule."""
        return [line for line in self.incidents if (line.home, line.rule) == (home, rule)]

    def delivered(self) -> Counter[str]:
        """How many messages the provider took or better, by channel."""
        taken = {"accepted", "delivered", "read", "acked"}
        return Counter(line.channel for line in self.deliveries if line.state in taken)


def read_chronicle(database: sa.Engine) -> Chronicle:
    """What `database` says happened so far."""
    with reading(database) as connection:
        homes = {
            row.id: _home(row.subject)
            for row in connection.execute(sa.select(incident.c.id, incident.c.subject))
        }
        return Chronicle(
            tuple(_incident(row) for row in _rows(connection, incident, "opened_ns", "id")),
            tuple(_finding(row) for row in _rows(connection, finding, "id", "revision")),
            tuple(_delivery(row, homes) for row in _rows(connection, outbox, "key")),
            tuple(_reply(row) for row in _rows(connection, inbox, "id")),
        )


def _rows(connection: sa.Connection, table: sa.Table, *order: str) -> sa.CursorResult[Any]:
    return connection.execute(sa.select(table).order_by(*(table.c[name] for name in order)))


def _home(subject: str) -> str:
    """The dwelling in `site/building/unit[/device]`; the whole of what is about no dwelling."""
    _, _, *parts = subject.split("/")
    return parts[0] if parts else subject


def _incident(row: sa.Row[Any]) -> IncidentLine:
    return IncidentLine(
        id=row.id,
        home=_home(row.subject),
        rule=row.rule,
        tier=row.tier,
        state=row.state,
        timeliness=row.timeliness,
        opened_ns=row.opened_ns,
        acked_ns=row.acked_ns,
        owner=row.owner,
        sentence_zh=row.sentence_zh,
    )


def _finding(row: sa.Row[Any]) -> FindingLine:
    body = msgspec.json.decode(row.body, type=Finding)
    return FindingLine(
        id=body.id,
        revision=body.revision,
        home=_home(body.subject),
        rule=body.rule,
        state=body.state.value,
        timeliness=body.timeliness.value,
        at_ns=body.at_ns,
    )


def _delivery(row: sa.Row[Any], homes: dict[str, str]) -> DeliveryLine:
    return DeliveryLine(
        key=row.key,
        home=homes.get(row.incident_id),
        person=row.person_id,
        channel=row.channel,
        purpose=row.purpose,
        state=row.state,
        attempt=row.attempt,
        text=row.text,
        address=row.address,
    )


def _reply(row: sa.Row[Any]) -> ReplyLine:
    return ReplyLine(row.address, row.text, row.result)
