"""Calls others in on an incident, in one transaction: messages, deadlines and the timeline.

Every function works inside its caller's transaction. A party that hands back does not leave a
hole: whoever stands above it is called in its place.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from alerts import clocks as deadlines
from alerts import escalate, whistle
from alerts.assign import now_on_duty
from alerts.clocks import Fate
from alerts.escalate import About, Purpose
from alerts.incident import ENDED, ESCALATING, Act, Command, IllegalAct, Incident
from alerts.plan import ClockKind, Party, Role
from alerts.roster import recipients
from alerts.whistle import Call, CallAct, CallState, call_party
from gateway.db import calls, clocks, incidents, outbox
from gateway.db.storable import storable
from gateway.db.timeline import SYSTEM, note

if TYPE_CHECKING:
    from gateway.work import Work

CALLS_MAX = 50
_NOTE_MAX = 500
_MEANS = {Act.ACKNOWLEDGE: CallAct.ACCEPT, Act.ARRIVE: CallAct.ARRIVE}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to call: a party of the plan by its id, a role, or a person of the roster."""

    party: str = ""
    role: Role | None = None
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Summons:
    key: str
    party: Party
    people: tuple[str, ...]
    note: str = ""
    refers: int | None = None


def call_in(work: "Work", incident_id: str, wanted: Wanted, by: str) -> Call:
    """The call of that party: a new one, or the one that is open already, unchanged.

    Raises:
        NoSuchIncident: there is none of that id.
        IllegalAct: the incident has ended, nobody fits, or there are too many calls.
    """
    incident = incidents.get(work.connection, incident_id)
    if incident.state in ENDED:
        raise IllegalAct(f"nobody can be called in while {incident.state}")
    summons = _summons(work, incident, wanted)
    known = calls.of_incident(work.connection, incident.id)
    for call in known:
        if call.party == summons.key and call.is_open:
            return call
    if len(known) >= CALLS_MAX:
        raise IllegalAct(f"{CALLS_MAX} calls were made already")
    if not summons.people:
        raise IllegalAct("nobody of the roster fits")
    return _begin(work, incident, summons, by)


def act(work: "Work", call: Call, doing: CallAct, by: str, told: str = "") -> Call:
    """The call after somebody's word about it, with what that ends and owes.

    Raises:
        IllegalAct: the call does not allow it.
    """
    after = whistle.act(call, doing, work.now_ns)
    if after is call:
        return call
    incident = incidents.get(work.connection, call.incident_id)
    calls.replace(work.connection, call, after)
    _end_clocks(work, after)
    _say(work, incident, after, by, told)
    if not after.is_open:
        _take_back(work, after)
    if after.state is CallState.REFUSED:
        _hand_up(work, incident, after)
    return after


def answered(work: "Work", incident: Incident, command: Command) -> bool:
    """Whether the act is a called person's word about their call, and nothing else.

    While nobody at all has answered, it is an answer to the incident as well.
    """
    doing, person = _MEANS.get(command.act), work.book.roster.who(command.by)
    mine = [
        call
        for call in calls.of_incident(work.connection, incident.id)
        if call.is_open and person in call.people
    ]
    if doing is None or not mine or incident.state in ENDED:
        return False
    for call in mine:
        act(work, call, doing, command.by, command.note)
    return incident.state not in ESCALATING


def release(work: "Work", incident: Incident) -> None:
    """The incident has ended: nobody who was called is waited for any more."""
    for call in calls.of_incident(work.connection, incident.id):
        if call.is_open:
            act(work, call, CallAct.RELEASE, SYSTEM)


def _summons(work: "Work", incident: Incident, wanted: Wanted) -> _Summons:
    plan, subject = work.plan(incident), incident.subject
    told = storable(wanted.note, _NOTE_MAX)
    if wanted.person:
        person = work.book.roster.get(wanted.person)
        found = (person.id,) if person else ()
        chosen = whistle.chosen(plan, person.roles if person else ())
        return _Summons(f"person:{wanted.person}", chosen, found, told)
    named = {party.id: party for party in plan.party}
    if wanted.party and wanted.party not in named:
        raise IllegalAct("the plan names no such party")
    roles = () if wanted.role is None else (wanted.role,)
    party = named[wanted.party] if wanted.party else whistle.chosen(plan, roles)
    key = f"plan:{wanted.party}" if wanted.party else f"role:{wanted.role}"
    responsible = recipients(work.book.roster, party.roles, subject)
    people = now_on_duty(responsible, work.now_ns, work.book.zone)
    return _Summons(key, party, tuple(person.id for person in people), told)


def _begin(work: "Work", incident: Incident, summons: _Summons, by: str) -> Call:
    party = summons.party
    call = Call(
        incident_id=incident.id,
        number=len(calls.of_incident(work.connection, incident.id)) + 1,
        party=summons.key,
        name_zh=party.name_zh,
        name_en=party.name_en,
        people=summons.people,
        channels=party.channels,
        on_miss=party.on_miss,
        by=by,
        note=summons.note,
        called_ns=work.now_ns,
        refers=summons.refers,
    )
    calls.insert(work.connection, call)
    begun = deadlines.begin(incident, call_party(call.number), party, work.now_ns, work.book.zone)
    clocks.insert(work.connection, begun)
    _say(work, incident, call, by, call.note)
    people = [p for p in map(work.book.roster.get, call.people) if p is not None]
    about = About(Purpose.CALL, call.number, 0)
    work.owe(incident, escalate.addressed(incident, people, call.channels, about))
    return call


def _hand_up(work: "Work", incident: Incident, call: Call) -> None:
    roles = call.on_miss.get(ClockKind.ANSWER, ())
    responsible = recipients(work.book.roster, roles, incident.subject)
    above = now_on_duty(responsible, work.now_ns, work.book.zone)
    people = tuple(person.id for person in above if person.id not in call.people)
    if incident.state in ENDED or not people:
        note(work.connection, _now(work, incident), "plan_hole", SYSTEM,
             plan=incident.plan_id, roles=roles)  # fmt: skip
        return
    party = whistle.chosen(work.plan(incident), roles)
    summons = _Summons(f"above:{call.number}", party, people, call.note, call.number)
    _begin(work, incident, summons, SYSTEM)


def _end_clocks(work: "Work", call: Call) -> None:
    fates = whistle.FATES[call.state]
    for clock in clocks.of_incident(work.connection, call.incident_id):
        fate = fates.get(clock.kind) if clock.party == call_party(call.number) else None
        if fate is not None and clock.fate is Fate.RUNNING:
            clocks.replace(work.connection, clock, deadlines.end(clock, fate, work.now_ns))


def _take_back(work: "Work", call: Call) -> None:
    for owed in outbox.of_incident(work.connection, call.incident_id, [Purpose.CALL]):
        if owed.notice.step == call.number:
            work.withdraw(owed, f"not needed: {call.state}")


def _say(work: "Work", incident: Incident, call: Call, by: str, told: str) -> None:
    work.changed.add(incident.id)
    note(work.connection, _now(work, incident), f"call_{call.state}", by, call=call.number,
         note=told, party_zh=call.name_zh, party_en=call.name_en, people=call.people)  # fmt: skip


def _now(work: "Work", incident: Incident) -> Incident:
    return structs.replace(incident, changed_ns=work.now_ns)
