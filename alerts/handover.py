"""An open incident outlives its owner's shift: offered to the next on duty, passed on in time.

Pure. The owner keeps it until somebody has answered the offer, or their duty is over by the
roster's grace; then it passes all the same, and is offered on until somebody answers.
"""

from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from msgspec import Struct, structs

from alerts.assign import Choice, Need, Rung, Scene, assign
from alerts.escalate import Notice, Purpose
from alerts.incident import Incident, State
from alerts.plan import Plan
from alerts.roster import Person, Roster
from alerts.shift import duty_end_ns, is_on_duty
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS

HELD = frozenset({State.ACKNOWLEDGED, State.ON_SITE})
"""Somebody has said that it is theirs, and it is not done."""
OFFERS_MAX = 3
"""People whom one hand-over is offered to; then it stays with the last of them."""
_LOOK_NS = 8 * DAY_NS
_AWAY_NS = HOUR_NS


class Tenure(Struct, frozen=True):
    """Who holds an incident, until when, and to whom it is being offered.

    `ends_ns` is the end of their duty (None: not within a week), `due_ns` when an offer that
    nobody answered is acted upon. `tried` have been offered it in this hand-over.
    """

    incident_id: str
    person_id: str
    ends_ns: int | None
    due_ns: int | None = None
    successor: str | None = None
    tried: tuple[str, ...] = ()


class Change(StrEnum):
    """What a turn of a hand-over did, as the timeline calls it."""

    OFFERED = "hand_over"
    PASSED = "hand_over_passed"  # the grace is over; nobody has answered yet
    NOBODY = "hand_over_hole"
    KEPT = "hand_over_kept"  # offered to all there are; it stays with the last


@dataclass(frozen=True, slots=True)
class Turn:
    """Tenure and incident after a clock ran, what that did (None: nothing to tell), and owes."""

    tenure: Tenure
    incident: Incident
    change: Change | None = None
    notices: tuple[Notice, ...] = ()
    choice: Choice | None = None


def begun(incident_id: str, person: Person, zone: tzinfo, now_ns: int) -> Tenure:
    """`person` holds it from now on, until the end of their duty or of their next one.

    Somebody who is away for longer than a week has an hour.
    """
    ends_ns = duty_end_ns(person.pattern, now_ns, zone, _LOOK_NS)
    if ends_ns is None and not is_on_duty(person.pattern, now_ns, zone):
        ends_ns = now_ns + _AWAY_NS
    return Tenure(incident_id, person.id, ends_ns)


def turn(
    tenure: Tenure, incident: Incident, plan: Plan, roster: Roster, at: tuple[Scene, int]
) -> Turn:
    """What is due by the moment of `at`: an offer, a passing on, or nothing but a new end."""
    scene, now_ns = at
    owner = roster.get(tenure.person_id)
    offered = tenure.successor is not None
    if owner and not offered and is_on_duty(owner.pattern, now_ns, scene.zone):
        return Turn(begun(tenure.incident_id, owner, scene.zone, now_ns), incident)
    held = _passed(tenure) if offered else tenure
    told = _told(incident, held, now_ns)
    choice = _next(held, incident, plan, roster, at) if len(held.tried) < OFFERS_MAX else None
    if choice is not None:
        return _offered(held, told, choice, roster)
    if offered and (last := roster.get(held.person_id)):
        return Turn(begun(tenure.incident_id, last, scene.zone, now_ns), told, Change.KEPT)
    again = structs.replace(held, ends_ns=None, due_ns=now_ns + grace_ns(roster))
    if tenure.due_ns is None:
        return Turn(again, told, Change.NOBODY)
    return Turn(again, incident)


def grace_ns(roster: Roster) -> int:
    """How long after the end of a duty its owner still answers for an unanswered offer."""
    return int(roster.hand_over_s * SECOND_NS)


def _passed(tenure: Tenure) -> Tenure:
    """The successor holds it although they have not answered; they are not asked again."""
    return structs.replace(tenure, person_id=tenure.successor or tenure.person_id, successor=None)


def _told(incident: Incident, held: Tenure, now_ns: int) -> Incident:
    return structs.replace(
        incident, owner=held.person_id, version=incident.version + 1, changed_ns=now_ns
    )


def _next(
    held: Tenure, incident: Incident, plan: Plan, roster: Roster, at: tuple[Scene, int]
) -> Choice | None:
    """The best on duty for the owner's own roles, else a backup on duty; nobody is woken."""
    scene, now_ns = at
    owner = roster.get(held.person_id)
    need = Need(
        roles=owner.roles if owner else plan.step[0].roles,
        subject=incident.subject,
        tier=incident.tier,
        at_ns=now_ns,
        choose=1,
        without=frozenset({held.person_id, *held.tried}),
        last=True,
    )
    found = assign(roster, need, scene).choices
    return next((choice for choice in found if choice.rung is not Rung.ANYBODY), None)


def _offered(held: Tenure, incident: Incident, choice: Choice, roster: Roster) -> Turn:
    after = structs.replace(
        held,
        ends_ns=None,
        due_ns=incident.changed_ns + grace_ns(roster),
        successor=choice.person.id,
        tried=(*held.tried, choice.person.id),
    )
    to_whom = [(choice.person, Purpose.HAND_OVER)]
    if (owner := roster.get(held.person_id)) and not held.tried:
        to_whom.append((owner, Purpose.SHIFT_END))
    notices = tuple(_notice(incident, who, purpose) for who, purpose in to_whom)
    change = Change.PASSED if held.tried else Change.OFFERED
    return Turn(after, incident, change, notices, choice)


def _notice(incident: Incident, person: Person, purpose: Purpose) -> Notice:
    """On the channel they prefer; when that fails, delivery takes the next.

    The incident's version tells one hand-over from the next in the notice's key.
    """
    channel = person.channels[0]
    return Notice(
        incident.id, person.id, channel, purpose, incident.generation, 0, incident.version
    )
