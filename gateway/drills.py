"""Drills: an incident from end to end in which nothing has happened.

A drill is found by no detector and told by its rule alone, so that no statistic counts it and
no detector learns of it. Every message of it says so; whatever it is closed as is a drill.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from msgspec import Struct, structs

from alerts.escalate import Notice
from alerts.incident import Act, Command, Incident, Outcome, incident_id
from alerts.plan import ChannelName
from edge.reading import SECOND_NS, Evidence, Finding, FindingState, Tier, Timeliness, finding_id
from gateway.db.closing_tables import drill as table
from gateway.db.engine import reading
from gateway.db.tables import incident as incidents
from gateway.db.tables import incident_event as events
from gateway.db.tables import ledger, outbox

RULE = "drill"
"""The rule of every drill; no detector is called so."""
DRILLS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Order:
    """A drill to begin: without channels, all that the plan names are used."""

    category: str
    area: str
    tier: Tier
    by: str
    channels: tuple[ChannelName, ...] = ()


class Answer(Struct, frozen=True):
    """One person in a drill: when first told, and how soon they answered; None: not yet."""

    person_id: str
    channels: tuple[str, ...]
    told_ns: int
    answered_s: float | None


class Held(Struct, frozen=True):
    """One drill and what came of it."""

    incident_id: str
    category: str
    area: str
    state: str
    by: str
    at_ns: int
    answers: tuple[Answer, ...]


def is_drill(rule: str) -> bool:
    """Whether incidents of `rule` are drills."""
    return rule == RULE


def finding_of(order: Order, since_ns: int) -> Finding:
    """The finding that opens the drill of `since_ns`: the same on every call."""
    return Finding(
        id=finding_id(RULE, order.area, since_ns),
        revision=0,
        rule=RULE,
        rule_version=1,
        subject=order.area,
        category=order.category,
        tier=order.tier,
        state=FindingState.RAISED,
        since_ns=since_ns,
        at_ns=since_ns,
        timeliness=Timeliness.LIVE,
        evidence=Evidence(
            seen={},
            usual={},
            complete_until_ns=since_ns,
            delay_s_worst=0.0,
            sentence_zh="【演练】没有发生任何情况，请按真实情况答复",
            sentence_en="DRILL: nothing has happened; answer as if it had",
        ),
    )


def announce(connection: sa.Connection, finding: Finding, order: Order, now_ns: int) -> bool:
    """Whether this drill is new; it is written down, for its incident to follow."""
    found = incident_id(finding.id)
    if connection.execute(sa.select(table).where(table.c.incident_id == found)).first():
        return False
    row = {"incident_id": found, "by": order.by, "at_ns": now_ns}
    connection.execute(sa.insert(table).values(row | {"channels": " ".join(order.channels)}))
    return True


def allowed(
    connection: sa.Connection, incident: Incident, notices: Iterable[Notice]
) -> list[Notice]:
    """All notices of an alarm; of a drill those over the channels that were chosen."""
    if not is_drill(incident.rule):
        return list(notices)
    query = sa.select(table.c.channels).where(table.c.incident_id == incident.id)
    chosen = (connection.execute(query).scalar() or "").split()
    return [notice for notice in notices if not chosen or notice.channel in chosen]


def as_drill(incident: Incident, command: Command) -> Command:
    """`command` as it counts: of a drill nothing comes but a drill."""
    if not is_drill(incident.rule) or command.act not in {Act.RESOLVE, Act.CLOSE}:
        return command
    return structs.replace(command, outcome=Outcome.DRILL, reason=None)


def held(database: sa.Engine) -> list[Held]:
    """The latest drills, newest first, with everybody's time to answer."""
    columns = (table.c.incident_id, table.c.by, table.c.at_ns)
    query = (
        sa.select(*columns, incidents.c.category, incidents.c.subject, incidents.c.state)
        .join(incidents, incidents.c.id == table.c.incident_id)
        .order_by(table.c.at_ns.desc())
        .limit(DRILLS_SHOWN)
    )
    with reading(database) as connection:
        return [
            Held(
                row["incident_id"], row["category"], row["subject"], row["state"], row["by"],
                row["at_ns"], _answers(connection, row["incident_id"]),
            )
            for row in connection.execute(query).mappings().all()
        ]  # fmt: skip


def _answers(connection: sa.Connection, of: str) -> tuple[Answer, ...]:
    """Everybody who was sent anything, by when; a message never handed over tells nobody."""
    sent = (
        sa.select(outbox.c.person_id, outbox.c.channel, sa.func.min(ledger.c.at_ns).label("at_ns"))
        .join(ledger, ledger.c.outbox_id == outbox.c.id)
        .where(outbox.c.incident_id == of, ledger.c.state == "submitted")
        .group_by(outbox.c.person_id, outbox.c.channel)
    )
    told: dict[str, list[tuple[int, str]]] = {}
    for row in connection.execute(sent).mappings():
        told.setdefault(row["person_id"], []).append((row["at_ns"], row["channel"]))
    first = _first_acts(connection, of)
    return tuple(
        Answer(person, tuple(sorted(channel for _, channel in ways)), min(ways)[0],
               (first[person] - min(ways)[0]) / SECOND_NS if person in first else None)
        for person, ways in sorted(told.items())
    )  # fmt: skip


def _first_acts(connection: sa.Connection, of: str) -> dict[str, int]:
    acts = [act.value for act in Act]
    query = (
        sa.select(events.c.by, sa.func.min(events.c.at_ns).label("at_ns"))
        .where(events.c.incident_id == of, events.c.kind.in_(acts))
        .group_by(events.c.by)
    )
    return {row["by"]: row["at_ns"] for row in connection.execute(query).mappings()}
