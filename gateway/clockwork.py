"""The deadlines of incidents in one transaction: begun, ended, and told upward when missed.

A miss is on the timeline with both of its ends: whose deadline it was, and who was told.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import structs

from alerts import clocks as deadlines
from alerts import escalate
from alerts.assign import now_on_duty
from alerts.clocks import PLAN, Case, Clock, Fate, step_of, step_party
from alerts.escalate import About, Purpose
from alerts.incident import ENDED, ESCALATING, Incident
from alerts.plan import ClockKind, Plan, Terms
from alerts.roster import recipients
from alerts.whistle import Call, call_of
from edge.reading import MINUTE_NS
from gateway import holding, pacing, whistling
from gateway.db import calls, incidents, outbox
from gateway.db import clocks as rows
from gateway.db.timeline import SYSTEM, note

if TYPE_CHECKING:
    from gateway.work import Work

log = logging.getLogger(__name__)

_TOLD = (Purpose.ALERT, Purpose.SUPPORT)
_KINDS = tuple(ClockKind)
_CALLS_FROM = 1_000  # steps are numbered below this


def start(work: "Work", incident: Incident) -> None:
    """The clocks of the plan run from the start of the incident's present run."""
    rows.insert(work.connection, begun(work, incident))


def begun(work: "Work", incident: Incident) -> tuple[Clock, ...]:
    """The clocks of the plan that run from then on."""
    plan = work.plan(incident)
    return deadlines.begin(incident, PLAN, plan, incident.started_ns, work.book.zone)


def start_steps(work: "Work", incident: Incident, steps: Iterable[int]) -> None:
    """The clocks of those told at `steps` just now run."""
    plan, zone = work.plan(incident), work.book.zone
    for step in steps:
        party, terms = step_party(step), plan.step[step]
        rows.insert(work.connection, deadlines.begin(incident, party, terms, work.now_ns, zone))


def follow(work: "Work", before: Incident, after: Incident) -> None:
    """The clocks are as `after` has them: ended, standing still, going on, or begun anew."""
    if deadlines.is_anew(before, after):
        start(work, after)
    known = rows.of_incident(work.connection, after.id)
    case = Case(after, work.plan(after), held=holding.is_held(work, after.id))
    for was, now in deadlines.settle(known, case, work.now_ns):
        rows.replace(work.connection, was, now)
        if now.fate is not Fate.RUNNING and was.missed_ns is not None:
            _take_back(work, was)
    if after.state in ENDED and before.state not in ENDED:
        whistling.release(work, after)


def strike_due(work: "Work", limit: int) -> int:
    """Up to `limit` missed deadlines are told upward, the worst first; returns how many."""
    due = rows.due(work.connection, work.now_ns, limit)
    for clock in due:
        _strike_or_wait(work, clock)
    return len(due)


def _strike_or_wait(work: "Work", clock: Clock) -> None:
    """Its miss is told; if that breaks, it waits a minute and the others go on."""
    try:
        with work.connection.begin_nested():
            strike(work, clock)
    except sa.exc.OperationalError:
        raise
    except Exception:
        # This supervises clocks: one that breaks us must not hide the misses of all the others.
        log.exception("a clock of incident %s cannot be struck yet", clock.incident_id)
        rows.postpone(work.connection, clock, work.now_ns + MINUTE_NS)


def strike(work: "Work", clock: Clock) -> None:
    """The miss is on the timeline, and those above are told of it.

    Raises:
        Conflict: the clock has changed meanwhile.
    """
    incident = incidents.get(work.connection, clock.incident_id)
    rows.replace(work.connection, clock, deadlines.strike(clock, work.now_ns))
    work.changed.add(incident.id)
    plan = work.plan(incident)
    call = _call(work, clock)
    on_miss = call.on_miss if call else terms_of(plan, clock.party).on_miss
    roles = on_miss.get(clock.kind, ())
    responsible = recipients(work.book.roster, roles, incident.subject)
    above = now_on_duty(responsible, work.now_ns, work.book.zone)
    knew = frozenset() if call else _know_already(work, incident, clock)
    told = [person for person in above if person.id not in knew]
    now = structs.replace(incident, changed_ns=work.now_ns)
    note(work.connection, now, "missed", SYSTEM, clock=clock.kind, party=clock.party,
         whose=_whose(work, incident, clock, call), due_ns=clock.due_ns,
         started_ns=clock.started_ns,
         assumed=clock.assumed, roles=roles, told=[person.id for person in told],
         knew=[person.id for person in above if person.id in knew])  # fmt: skip
    if roles and not above:
        note(work.connection, now, "plan_hole", SYSTEM, plan=plan.id, roles=roles)
    about = structs.replace(incident, generation=clock.generation)
    work.owe(incident, escalate.addressed(about, told, plan.step[-1].channels, _about(clock)))


def _call(work: "Work", clock: Clock) -> Call | None:
    """The call whose deadline this is, if it is one's."""
    number = call_of(clock.party)
    found = calls.of_incident(work.connection, clock.incident_id) if number else []
    return next((call for call in found if call.number == number), None)


def terms_of(plan: Plan, party: str) -> Terms:
    """The limits of `party`; the plan's own where its step is gone."""
    step = step_of(party)
    return plan if step is None or step >= len(plan.step) else plan.step[step]


def _know_already(work: "Work", incident: Incident, clock: Clock) -> frozenset[str]:
    """Whom the plan has told and goes on telling: one message about one silence is enough."""
    if incident.state not in ESCALATING or incident.next_due_ns is None:
        return frozenset()
    told = outbox.of_incident(work.connection, incident.id, _TOLD)
    return frozenset(
        row.notice.person_id for row in told if row.notice.generation >= clock.generation
    )


def _whose(work: "Work", incident: Incident, clock: Clock, call: Call | None) -> list[str]:
    """Who had to: those called, the owner, or else everybody who was told by then."""
    if call is not None:
        return list(call.people)
    if incident.owner is not None:
        return [incident.owner]
    step = step_of(clock.party)
    told = outbox.of_incident(work.connection, incident.id, _TOLD)
    return sorted({
        row.notice.person_id
        for row in told
        if row.notice.generation >= clock.generation and step in {None, row.notice.step}
    })  # fmt: skip


def _about(clock: Clock) -> About:
    """What tells the messages about this miss from all others of the incident."""
    step, call = step_of(clock.party), call_of(clock.party)
    party = _CALLS_FROM + call if call else 0 if step is None else step + 1
    return About(Purpose.OVERDUE, _KINDS.index(clock.kind), party)


def _take_back(work: "Work", clock: Clock) -> None:
    """What was to be told of the miss and has not been sent yet is not needed any more."""
    about = _about(clock)
    ours = (clock.generation, about.step, about.round)
    for owed in outbox.of_incident(work.connection, clock.incident_id, [Purpose.OVERDUE]):
        if (owed.notice.generation, owed.notice.step, owed.notice.round) == ours:
            work.withdraw(owed, f"not needed: {clock.kind} came late")
    pacing.drop_about(work, clock.incident_id, ours, f"not needed: {clock.kind} came late")
