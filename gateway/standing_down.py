"""Who hears that a condition is over and that they need not go: never against a person's word."""

from typing import TYPE_CHECKING

from alerts.escalate import Notice, Purpose
from alerts.handover import HELD
from alerts.incident import Incident, State
from gateway import merging
from gateway.db import calls

if TYPE_CHECKING:
    from gateway.work import Work

_DONE = frozenset({State.RESOLVED, State.VERIFIED, State.CLOSED, State.MERGED})


def may_turn_round(work: "Work", incident: Incident) -> bool:
    """Whether those who were told need not go, now that the condition has ended.

    Not where the plan goes on whatever a device says.
    """
    if incident.next_due_ns is not None or incident.state in _DONE:
        return False
    return work.plan(incident).on_clear == "stand_down" and is_over(work, incident)


def is_over(work: "Work", incident: Incident) -> bool:
    """Whether the condition has ended, with all that was merged into it, and others may stay away.

    Whoever is there may have asked for others, or have called them in.
    """
    return (
        not incident.condition_active
        and not _are_others_wanted(work, incident)
        and not merging.lasting(work.connection, incident)
    )


def notices(incident: Incident, told: list[Notice]) -> list[Notice]:
    """A word to each who was told, on each channel by which they were."""
    reached = sorted({(notice.person_id, notice.channel) for notice in told})
    return [
        Notice(incident.id, person, channel, Purpose.STAND_DOWN, incident.generation, 0, 0)
        for person, channel in reached
    ]


def _are_others_wanted(work: "Work", incident: Incident) -> bool:
    if incident.state not in HELD:
        return False
    called = calls.of_incident(work.connection, incident.id)
    return incident.supports > 0 or any(call.is_open for call in called)
