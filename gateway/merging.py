"""Incidents merged into another: what may be, whose the answers are, and what outlives the other.

A merged incident is told by nobody, so the other one has to be alive when it is merged, and
whatever still lasts when the other is over before anybody has answered is told by itself again.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from alerts.incident import ENDED, ESCALATING, Act, Command, IllegalAct, Incident, State
from gateway.db import incidents
from gateway.db.tables import incident as table
from gateway.db.timeline import SYSTEM
from gateway.drills import is_drill

if TYPE_CHECKING:
    from gateway.work import Work

_NOTE = "并入的事件已恢复，本件仍在持续 / what it was merged into is over, and this is not"


def check(connection: sa.Connection, incident: Incident, command: Command) -> None:
    """Nothing stands against the merge, if the act is one, but what the incident itself knows.

    Raises:
        NoSuchIncident: there is none to merge into.
        IllegalAct: the other has ended, would be told of later than this one, or is a drill and
            this is none.
    """
    if command.into is None:
        return
    other = incidents.get(connection, command.into)
    if other.state in ENDED:
        raise IllegalAct(f"what it is merged into is {other.state} already")
    if is_drill(other.rule) != is_drill(incident.rule):
        raise IllegalAct("a drill and an alarm are never one matter")
    if other.tier > incident.tier and other.state in ESCALATING:
        raise IllegalAct("merge the less urgent one into this: nobody has answered it yet")


def standing(connection: sa.Connection, incident: Incident) -> Incident:
    """The incident that stands for `incident` now: the end of its merges, or itself."""
    seen = {incident.id}
    while incident.state is State.MERGED and incident.merged_into not in {None, *seen}:
        incident = incidents.get(connection, str(incident.merged_into))
        seen.add(incident.id)
    return incident


def lasting(connection: sa.Connection, into: Incident) -> list[Incident]:
    """All that was merged into that one, at once or by turns, and whose condition still lasts."""
    return [each for each in _merged(connection, into.id, set()) if each.condition_active]


def outlived(work: "Work", over: Incident) -> None:
    """What lasts of what was merged into `over` is an incident of its own again."""
    for each in lasting(work.connection, over):
        work.act(each.id, Command(Act.REOPEN, by=SYSTEM, note=_NOTE))


def _merged(connection: sa.Connection, into: str, seen: set[str]) -> Iterator[Incident]:
    # By the state first, which has an index: few incidents are merged.
    query = sa.select(table).where(
        table.c.state == State.MERGED.value, table.c.merged_into == into, table.c.id.not_in(seen)
    )
    for row in connection.execute(query).mappings().all():
        found = incidents.from_row(row)
        seen.add(found.id)
        yield found
        yield from _merged(connection, found.id, seen)
