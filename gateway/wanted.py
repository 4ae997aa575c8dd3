"""Whether what waits to be told still has a point, asked when its turn has come."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.escalate import Notice, Purpose
from alerts.incident import ENDED, ESCALATING, Incident, State
from gateway import holding, standing_down
from gateway.db import calls, tenures

if TYPE_CHECKING:
    from gateway.work import Work

BETWEEN_PEOPLE = frozenset({Purpose.HAND_OVER, Purpose.SHIFT_END, Purpose.CALL, Purpose.SUPPORT})
"""What somebody does or wants, who waits for it."""
_DONE = ENDED | {State.RESOLVED, State.VERIFIED}


def is_wanted(work: "Work", notice: Notice, incident: Incident) -> bool:
    """Whether the incident, as it is now, still calls for the notice."""
    if incident.generation != notice.generation:
        return False
    return _ASKED.get(notice.purpose, _alarms)(work, notice, incident)


def _alarms(work: "Work", _: Notice, incident: Incident) -> bool:
    return incident.state in ESCALATING and not holding.is_held(work, incident.id)


def _is_over(work: "Work", _: Notice, incident: Incident) -> bool:
    return standing_down.is_over(work, incident)


def _has_ended(_: "Work", __: Notice, incident: Incident) -> bool:
    return not incident.condition_active


def _runs(_: "Work", __: Notice, incident: Incident) -> bool:
    return incident.state not in ENDED


def _need_not_go(work: "Work", notice: Notice, incident: Incident) -> bool:
    """Whether it is in somebody else's hands, and nobody wants this person there as well."""
    person = notice.person_id
    if incident.state in ENDED or incident.supports > 0 or incident.owner in {None, person}:
        return False
    called = calls.of_incident(work.connection, incident.id)
    return not _is_offered(work, notice, incident) and not any(
        call.is_open and person in call.people for call in called
    )


def _is_in_need(_: "Work", __: Notice, incident: Incident) -> bool:
    return incident.state not in _DONE


def _is_called(work: "Work", notice: Notice, incident: Incident) -> bool:
    found = calls.of_incident(work.connection, incident.id)
    return any(call.number == notice.step and call.is_open for call in found)


def _is_offered(work: "Work", notice: Notice, incident: Incident) -> bool:
    held = tenures.find(work.connection, incident.id)
    return held is not None and held.successor == notice.person_id


def _is_leaving(work: "Work", notice: Notice, incident: Incident) -> bool:
    held = tenures.find(work.connection, incident.id)
    return held is not None and held.successor is not None and held.person_id == notice.person_id


_ASKED: Mapping[Purpose, Callable[["Work", Notice, Incident], bool]] = MappingProxyType(
    {
        Purpose.STAND_DOWN: _is_over,
        Purpose.BELATED: _has_ended,
        Purpose.OVERDUE: _runs,
        Purpose.TAKEN: _need_not_go,
        Purpose.SUPPORT: _is_in_need,
        Purpose.CALL: _is_called,
        Purpose.HAND_OVER: _is_offered,
        Purpose.SHIFT_END: _is_leaving,
    }
)
