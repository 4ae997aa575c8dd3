"""How incidents are closed here: who verifies, and what then follows from the outcome.

Every function runs inside its caller's transaction, beside the act that it belongs to.
"""

import sqlalchemy as sa
from msgspec import structs
from pydantic import Field

from alerts.escalate import Notice, Purpose
from alerts.incident import (
    Act,
    Command,
    FalseReason,
    IllegalAct,
    Incident,
    Outcome,
    State,
    restarted,
)
from alerts.roster import Person, Roster
from edge.reading import Tier
from edge.settings import Settings
from gateway.db.closing_tables import closing as table
from gateway.db.tables import incident_event as events
from gateway.drills import is_drill

CHECKS = (Act.VERIFY, Act.REWORK)


class OwnWork(IllegalAct):
    """Whoever resolved it would verify it, or send it back."""


class ClosingSettings(Settings):
    """`verify_tiers` are closed only after another person than the resolver has verified."""

    verify_tiers: tuple[Tier, ...] = Field(default=(), max_length=len(Tier))


def check(
    connection: sa.Connection,
    incident: Incident,
    command: Command,
    settings: ClosingSettings,
    roster: Roster,
) -> None:
    """Nothing stands against the act but what the incident's own table knows.

    A person is one by `roster`, whether they sign in or answer by telephone.

    Raises:
        OwnWork: the resolver would verify their own work, or close it as something else than
            what was verified.
        IllegalAct: a tier that has to be verified would be closed without.
    """
    if command.act in CHECKS or _is_turned(incident, command):
        resolver = last_by(connection, incident, Act.RESOLVE)
        if resolver is not None and roster.same_person(command.by, resolver):
            raise OwnWork("another person than the one who resolved it verifies")
    # Which is a drill is not asked of the outcome: that is what one person says of the case.
    due = incident.tier in settings.verify_tiers and not is_drill(incident.rule)
    if command.act is Act.CLOSE and due and incident.state is not State.VERIFIED:
        raise IllegalAct(f"tier {incident.tier} is verified before it is closed")


def _is_turned(incident: Incident, command: Command) -> bool:
    """Whether it would be closed as something else than what was verified."""
    verified = incident.outcome if incident.state is State.VERIFIED else None
    return command.act is Act.CLOSE and bool(verified and command.outcome not in {None, verified})


def last_by(connection: sa.Connection, incident: Incident, act: Act) -> str | None:
    """Who did that to the incident last; None when nobody has."""
    query = (
        sa.select(events.c.by)
        .where(events.c.incident_id == incident.id, events.c.kind == act.value)
        .order_by(events.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


def reworks(connection: sa.Connection, incident_id: str) -> int:
    """How often the incident was sent back."""
    query = sa.select(sa.func.count()).where(
        events.c.incident_id == incident_id, events.c.kind == Act.REWORK.value
    )
    return int(connection.execute(query).scalar_one())


def write_down(
    connection: sa.Connection, before: Incident, after: Incident, command: Command
) -> None:
    """How the incident was closed stands in its row; an earlier close is overwritten."""
    assert after.outcome is not None  # noqa: S101  (no close without an outcome)
    reason = command.reason or FalseReason.NOT_SAID
    verified = before.state is State.VERIFIED
    is_false = after.outcome is Outcome.FALSE_ALARM
    connection.execute(sa.delete(table).where(table.c.incident_id == after.id))
    connection.execute(
        sa.insert(table).values(
            incident_id=after.id,
            outcome=after.outcome.value,
            reason=reason.value if is_false else "",
            by=command.by,
            resolved_by=last_by(connection, after, Act.RESOLVE),
            verified_by=last_by(connection, after, Act.VERIFY) if verified else None,
            reworks=reworks(connection, after.id),
            at_ns=after.changed_ns,
        )
    )


def begun_again(incident: Incident, command: Command, roster: Roster) -> Incident:
    """What is sent back to somebody who is not of the roster is nobody's: its plan begins anew."""
    if command.act is not Act.REWORK or roster.get(incident.owner or "") is not None:
        return incident
    return structs.replace(restarted(incident, incident.changed_ns), owner=None, acked_ns=None)


def sent_back(incident: Incident, owner: Person | None, count: int) -> tuple[Notice, ...]:
    """What the owner is told after a rework, the `count`th; nothing to one without an address."""
    if owner is None or not owner.channels:
        return ()
    channel, run = owner.channels[0], incident.generation
    return (Notice(incident.id, owner.id, channel, Purpose.REWORK, run, 0, count),)
