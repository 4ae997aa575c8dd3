"""One job, offered to several, is one person's: the first to answer has it, the others hear so."""

from collections.abc import Sequence

from alerts.escalate import Notice, Purpose
from alerts.incident import Act, Command, Incident


def taken(
    before: Incident, after: Incident, command: Command, told: Sequence[Notice]
) -> list[Notice]:
    """Who is to hear that somebody has it, on the channel by which they were `told`.

    Everybody else who was told, when it gets an owner or another one; and whoever answers an
    offer that somebody else had answered before, once.
    """
    if after.owner is None or command.act is Act.MERGE:
        return []
    if before.owner != after.owner:
        others = [each for each in told if each.person_id != after.owner]
        return [_notice(each, step=0, turn=after.version) for each in _first(after, others)]
    if command.act is Act.ACKNOWLEDGE and command.by != after.owner:
        late = [each for each in told if each.person_id == command.by]
        return [_notice(each, step=1, turn=0) for each in _first(after, late)]
    return []


def _first(incident: Incident, told: Sequence[Notice]) -> list[Notice]:
    """The first notice of each person in this run of the plan."""
    now = [each for each in told if each.generation == incident.generation]
    return list({each.person_id: each for each in reversed(now)}.values())[::-1]


def _notice(told: Notice, *, step: int, turn: int) -> Notice:
    return Notice(
        told.incident_id, told.person_id, told.channel, Purpose.TAKEN, told.generation, step, turn
    )
