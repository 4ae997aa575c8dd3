"""One transaction's worth of change to incidents, and all that each change owes.

Every function here runs inside its caller's transaction: incident, timeline, outbox and
ledger are written together or not at all.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from msgspec import structs

from alerts import escalate
from alerts import incident as life
from alerts.assign import Scene
from alerts.claim import taken
from alerts.code import Chance
from alerts.escalate import Notice, PlanHole, Purpose
from alerts.explain import told
from alerts.incident import ESCALATING, Act, Command, Incident, State
from alerts.outbox import DeliveryState
from alerts.plan import Plan
from alerts.roster import Person
from edge.reading import Finding
from gateway import (
    belated,
    clockwork,
    drills,
    flapping,
    holding,
    merging,
    pacing,
    standing_down,
    tenancy,
    whistling,
    worsening,
)  # fmt: skip
from gateway.beginning import begin, opens
from gateway.book import Book
from gateway.closing import feedback, labels, terms
from gateway.db import cycles, incidents, outbox, phones, timeline
from gateway.db.incidents import Stated
from gateway.db.ledger import Report, Source, enter
from gateway.db.outbox import Owed
from gateway.db.storable import storable
from gateway.db.timeline import SYSTEM, note
from gateway.notices import Composer
from gateway.scene import scene_for

_PAGED = (Purpose.ALERT, Purpose.SUPPORT, Purpose.HAND_OVER)
_NO_LONGER_SO = (Purpose.TAKEN, Purpose.STAND_DOWN, Purpose.BELATED)
_REACHED = (*_PAGED, Purpose.CALL, Purpose.OVERDUE)
NOTE_MAX = 1_000
"""Characters of a person's note; the rest is cut off."""


class Work:
    """Changes to incidents within one transaction; `changed` has the ids of those touched.

    `flooded` remembers for whom too much is new just now.
    """

    def __init__(self, connection: sa.Connection, book: Book, chance: Chance, now_ns: int) -> None:
        self.connection = connection
        self.book = book
        self.now_ns = now_ns
        self.changed: set[str] = set()
        self.owes = False
        self.chance = chance
        self.flooded: dict[str, bool] = {}
        self._composer = Composer(connection, book, chance, now_ns)

    def take(self, finding: Finding, source: tuple[str, str, int]) -> bool:
        """Whether the finding was new; its incident is opened or brought up to date."""
        if not incidents.store_finding(self.connection, Stated(finding, source, self.now_ns)):
            return False
        incident = incidents.find(self.connection, life.incident_id(finding.id))
        if incident is None and (joined := cycles.incident_of(self.connection, finding.id)):
            incident = incidents.get(self.connection, joined)
        if incident is not None:
            self._absorb(incident, finding)
        elif opens(finding) and (earlier := flapping.earlier(self, finding)):
            self._absorb(flapping.carried_on(earlier, finding), finding)
        elif opens(finding):
            self._open(finding)
        return True

    def act(self, incident_id: str, command: Command, version: int | None = None) -> Incident:
        """The incident after the act, with all that the act stops or owes.

        Who acts by a login acts as the person whose it is; the timeline keeps the login.

        Raises:
            NoSuchIncident, Conflict, alerts.incident.IllegalAct: nothing changed.
        """
        before = incidents.get(self.connection, incident_id)
        if version is not None and version != before.version:
            raise incidents.Conflict(f"incident {incident_id} is at version {before.version}")
        command = structs.replace(command, note=storable(command.note, NOTE_MAX))
        merging.check(self.connection, before, command)
        command = drills.as_drill(before, command)
        terms.check(self.connection, before, command, self.book.closing, self.book.roster)
        person = self.book.roster.who(command.by)
        if whistling.answered(self, before, command):
            self._mark_acked(before, person)
            return before
        theirs = structs.replace(command, by=person)
        after = life.act(before, theirs, self.now_ns)
        after = tenancy.claimed(self.connection, self.book, before, after, theirs)
        after = terms.begun_again(after, command, self.book.roster)
        self.replace(before, after)
        outcome = after.outcome.value if after.outcome else None
        note(self.connection, after, command.act.value, command.by,
             note=command.note, outcome=outcome, owner=after.owner,
             **({"reason": command.reason.value} if command.reason else {}))  # fmt: skip
        self.owe(after, taken(before, after, theirs, self.told_of(after)))
        self._mark_acked(after, person)
        if before.state in ESCALATING:
            self.cancel(after, (Purpose.ALERT,), f"not needed: {command.act}")
        holding.cause_changed(self, after)
        if command.act is Act.SUPPORT:
            self.cancel(after, _NO_LONGER_SO, "somebody there asks for help")
            self._call_support(after)
        if command.act is Act.CLOSE:
            terms.write_down(self.connection, before, after, command)
            feedback.ask(self, after)
        if command.act in {Act.CLOSE, Act.REOPEN}:
            labels.owe(self.connection, after, command.act, self.now_ns, person)
        if command.act is Act.REWORK:
            self._send_back(after)
        if after.state is State.OPEN:
            self.cancel(after, _NO_LONGER_SO, f"no longer so: {command.act}")
            return self.advance(after)
        return holding.review(self, after)

    def advance(self, incident: Incident) -> Incident:
        """The incident with every due step taken, and the messages of those steps owed.

        One that something holds back is held instead.
        """
        incident = holding.review(self, incident)
        if not escalate.is_due(incident, self.now_ns):
            return incident
        plan = self.plan(incident)
        owed = escalate.advance(
            incident, plan, self.book.roster, self.now_ns, self.scene(incident, plan)
        )
        if owed.incident is incident:
            return incident
        self.replace(incident, owed.incident)
        self._note_holes(owed.incident, owed.holes)
        if owed.notices:
            steps = sorted({notice.step for notice in owed.notices})
            people = sorted({notice.person_id for notice in owed.notices})
            note(self.connection, owed.incident, "step", SYSTEM,
                 steps=steps, round=incident.round, people=people,
                 chosen=told(owed.choices, self.now_ns))  # fmt: skip
            self.owe(owed.incident, owed.notices)
            fresh = {notice.step for notice in owed.notices if notice.round == 0}
            clockwork.start_steps(self, owed.incident, sorted(fresh))
        if owed.exhausted:
            note(self.connection, owed.incident, "exhausted", SYSTEM, plan=plan.id)
        return owed.incident

    def owe(self, incident: Incident, notices: Iterable[Notice]) -> None:
        """A message is owed for each notice whose person can still be reached, now or later."""
        allowed = drills.allowed(self.connection, incident, notices)
        self.send(incident, pacing.sort(self, incident, allowed))

    def send(self, incident: Incident, notices: Iterable[Notice]) -> None:
        """A message is owed now for each notice whose person can still be reached."""
        for notice in notices:
            message = self._composer.compose(incident, notice)
            if message is None and (person := self.book.roster.get(notice.person_id)):
                message = self._composer.compose(incident, escalate.redirected(notice, person))
            if message is None:
                note(self.connection, incident, "unreachable", SYSTEM,
                     person=notice.person_id, channel=notice.channel)  # fmt: skip
            else:
                outbox.owe(self.connection, message, self.now_ns)
                self.owes = True

    def cancel(self, incident: Incident, purposes: Iterable[Purpose], reason: str) -> None:
        """No further try of these messages; what was never tried is failed for `reason`.

        One that is being sent just now is let go: its sender will find nothing more to do.
        """
        purposes = tuple(purposes)
        outbox.unwatch(self.connection, incident.id)
        pacing.take_back(self, incident, purposes, reason)
        for owed in outbox.of_incident(self.connection, incident.id, purposes):
            self.withdraw(owed, reason)

    def withdraw(self, owed: Owed, reason: str) -> None:
        """No further try of this message, unless it is being sent just now."""
        if owed.due_ns is None or owed.lease_until_ns is not None:
            return
        if owed.attempt == 0:
            failed = Report(DeliveryState.FAILED, reason, Source.ENGINE, self.now_ns)
            enter(self.connection, owed.outbox_id, failed, self.now_ns)
        outbox.settle(self.connection, owed.outbox_id, None)

    def replace(self, before: Incident, after: Incident) -> None:
        """`after` stands where `before` stood, and its change will be told.

        Raises:
            Conflict: the row is no longer `before`.
        """
        incidents.replace(self.connection, before, after)
        clockwork.follow(self, before, after)
        tenancy.follow(self.connection, self.book, before, after)
        self.changed.add(after.id)

    def plan(self, incident: Incident) -> Plan:
        """The plan by which the incident goes now."""
        return self.book.plan_of(self.connection, incident)

    def code(self, incident: Incident, person: Person) -> str:
        """The code by which that person names the incident in a text message."""
        return self._composer.code(incident, person)

    def scene(self, incident: Incident, plan: Plan) -> Scene:
        """What choosing people for that plan's steps rests on."""
        return scene_for(self.connection, self.book, plan, incident.subject, self.now_ns)

    def _open(self, finding: Finding) -> None:
        plans = self.book.plans_in_force(self.connection)
        incident = begin(self.book, plans, finding, self.now_ns)
        incidents.insert(self.connection, [incident])
        self.changed.add(incident.id)
        timeline.opened(self.connection, [incident])
        cycles.opened(self.connection, [incident])
        clockwork.start(self, incident)
        latest = incidents.latest_finding(self.connection, finding.id)
        if latest.revision > finding.revision:
            self._absorb(incident, latest)
        else:
            self.advance(incident)
            holding.cause_changed(self, incident)

    def _absorb(self, before: Incident, finding: Finding) -> None:
        plan = self.plan(before)
        told = self.told_of(before)
        late = belated.owed(self, before, finding, told)
        after = life.absorb(
            before,
            finding,
            told=bool(told or late),
            stand_down=plan.on_clear == "stand_down",
            now_ns=self.now_ns,
        )
        if after is before:
            return
        if after.condition_active and not before.condition_active:
            cycles.begun(self.connection, after, finding.id, self.now_ns)
            after = flapping.came_back(self, before, after)
        if worse := worsening.is_worse(after, finding):
            after = worsening.worsened(self, after, finding.tier)
        self.replace(before, after)
        kind = "withdrawn" if after.state is State.WITHDRAWN else finding.state.value
        kind = "worse" if worse else kind
        note(self.connection, after, kind, SYSTEM, revision=finding.revision)
        if before.condition_active and not after.condition_active:
            if before.state in ESCALATING and plan.on_clear == "stand_down":
                merging.outlived(self, after)
            self._stand_down(after, told, late)
        after = self.advance(after) if after.condition_active else holding.review(self, after)
        holding.cause_changed(self, after)

    def _stand_down(self, incident: Incident, told: list[Notice], late: list[Notice]) -> None:
        if not standing_down.may_turn_round(self, incident):
            return
        self.cancel(incident, _PAGED, "not needed: the condition is over")
        unaware = {notice.person_id for notice in late}
        aware = [notice for notice in told if notice.person_id not in unaware]
        self.owe(incident, [*late, *standing_down.notices(incident, aware)])

    def told_of(self, incident: Incident) -> list[Notice]:
        """The notices about it that may have reached somebody."""
        rows = outbox.of_incident(self.connection, incident.id, _REACHED)
        alone = [row.notice for row in rows if row.attempt > 0]
        return alone + pacing.told_together(self, incident, _REACHED)

    def _call_support(self, incident: Incident) -> None:
        plan = self.plan(incident)
        owed = escalate.support(incident, plan, self.book.roster, self.scene(incident, plan))
        self._note_holes(incident, owed.holes)
        self.owe(incident, owed.notices)

    def _send_back(self, incident: Incident) -> None:
        owner = self.book.roster.get(incident.owner or "")
        count = terms.reworks(self.connection, incident.id)
        self.owe(incident, terms.sent_back(incident, owner, count))

    def _note_holes(self, incident: Incident, holes: Iterable[PlanHole]) -> None:
        for hole in holes:
            note(self.connection, incident, "plan_hole", SYSTEM,
                 plan=hole.plan_id, step=hole.step, roles=hole.roles,
                 lack=hole.lack.value)  # fmt: skip

    def _mark_acked(self, incident: Incident, person_id: str) -> None:
        acked = Report(DeliveryState.ACKED, "answered", Source.PERSON, self.now_ns)
        for row in outbox.of_incident(self.connection, incident.id, _REACHED):
            if row.notice.person_id == person_id and row.attempt > 0:
                enter(self.connection, row.outbox_id, acked, self.now_ns)
                phones.clear(self.connection, person_id)
