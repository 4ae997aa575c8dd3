"""The clocks of a plan: who is owed a notice now, and when the next one is due.

Pure and late-proof: after hours of standstill each overdue step runs once, a step that
finds nobody passes to the next at once and says so, and after an answer nothing runs.
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import structs

from alerts.incident import ESCALATING, Incident, State
from alerts.plan import ChannelName, Plan, Step
from alerts.roster import Person, Roster, recipients
from edge.reading import SECOND_NS


class Purpose(StrEnum):
    """Why a person is written to."""

    ALERT = "alert"
    SUPPORT = "support"  # somebody on the incident asked for help
    STAND_DOWN = "stand_down"
    QUESTION = "question"  # a text of theirs was not understood


@dataclass(frozen=True, slots=True)
class Notice:
    """One message owed to one person on one channel; `key` is the same on every run."""

    incident_id: str
    person_id: str
    channel: ChannelName
    purpose: Purpose
    generation: int
    step: int
    round: int

    @property
    def key(self) -> str:
        """Unique over all notices ever: no key, no second message."""
        run = f"{self.incident_id}.{self.generation}.{self.purpose}"
        return f"{run}.{self.step}.{self.round}.{self.person_id}.{self.channel}"


@dataclass(frozen=True, slots=True)
class PlanHole:
    """A step that found nobody to tell."""

    plan_id: str
    step: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """An incident after its clocks ran, and all that this owes.

    `exhausted` says that the plan has nothing left to do while nobody has answered.
    """

    incident: Incident
    notices: tuple[Notice, ...] = ()
    holes: tuple[PlanHole, ...] = ()
    exhausted: bool = False


def advance(incident: Incident, plan: Plan, roster: Roster, now_ns: int) -> Owed:
    """Every step due by `now_ns` taken once, worst case all of them; else `incident` as it was."""
    owed = Owed(incident)
    while _is_due(owed.incident, now_ns):
        owed = _take_step(owed, plan, roster, now_ns)
    if owed.incident is incident:
        return owed
    changed = structs.replace(owed.incident, version=incident.version + 1, changed_ns=now_ns)
    return Owed(changed, owed.notices, owed.holes, owed.exhausted)


def support(incident: Incident, plan: Plan, roster: Roster) -> Owed:
    """Notices for the help that was just asked for: the first manned step not yet reached.

    When every later step is unmanned or taken, the last manned one is asked again.
    """
    reached = min(incident.step, len(plan.step) - 1)
    order = [*range(reached, len(plan.step)), *range(reached - 1, -1, -1)]
    holes: list[PlanHole] = []
    for step in order:
        asked = structs.replace(incident, step=step, round=incident.supports)
        if notices := _notices(asked, plan.step[step], roster, Purpose.SUPPORT):
            return Owed(incident, notices, tuple(holes))
        holes.append(_hole(plan, step))
    return Owed(incident, (), tuple(holes), exhausted=True)


def fallback(notice: Notice, person: Person, tried: frozenset[ChannelName]) -> Notice | None:
    """The same notice on the person's next channel not in `tried`; None when all are."""
    for channel in person.channels:
        if channel not in tried and channel != notice.channel:
            return Notice(
                notice.incident_id,
                notice.person_id,
                channel,
                notice.purpose,
                notice.generation,
                notice.step,
                notice.round,
            )
    return None


def hasten(incident: Incident, now_ns: int) -> Incident:
    """The incident with its next step due now, for when all of the last step's sends failed."""
    if incident.state not in ESCALATING or incident.next_due_ns is None:
        return incident
    if incident.next_due_ns <= now_ns:
        return incident
    return structs.replace(
        incident, next_due_ns=now_ns, version=incident.version + 1, changed_ns=now_ns
    )


def _is_due(incident: Incident, now_ns: int) -> bool:
    due_ns = incident.next_due_ns
    return incident.state in ESCALATING and due_ns is not None and due_ns <= now_ns


def _take_step(owed: Owed, plan: Plan, roster: Roster, now_ns: int) -> Owed:
    incident = owed.incident
    index = min(incident.step, len(plan.step) - 1)
    current = structs.replace(incident, step=index)
    notices = _notices(current, plan.step[index], roster, Purpose.ALERT)
    holes = () if notices else (_hole(plan, index),)
    after = _scheduled(current, plan, now_ns, found=bool(notices))
    return Owed(
        structs.replace(after, state=State.DISPATCHED if notices else after.state),
        owed.notices + notices,
        owed.holes + holes,
        exhausted=after.next_due_ns is None,
    )


def _scheduled(incident: Incident, plan: Plan, now_ns: int, *, found: bool) -> Incident:
    if incident.step + 1 < len(plan.step):
        after_ns = int(plan.step[incident.step + 1].after * SECOND_NS)
        due_ns = incident.started_ns + after_ns if found else now_ns
        return structs.replace(incident, step=incident.step + 1, next_due_ns=due_ns)
    last = plan.step[-1]
    if last.repeat is None or incident.round >= last.repeat_max:
        return structs.replace(incident, next_due_ns=None)
    due_ns = now_ns + int(last.repeat * SECOND_NS)
    return structs.replace(incident, round=incident.round + 1, next_due_ns=due_ns)


def _notices(
    incident: Incident, step: Step, roster: Roster, purpose: Purpose
) -> tuple[Notice, ...]:
    return tuple(
        Notice(
            incident.id,
            person.id,
            channel,
            purpose,
            incident.generation,
            incident.step,
            incident.round,
        )
        for person in recipients(roster, step.roles, incident.subject)
        for channel in _channels(person, step)
    )


def _channels(person: Person, step: Step) -> tuple[ChannelName, ...]:
    wanted = tuple(name for name in step.channels if name in person.channels)
    return wanted or person.channels[:1]


def _hole(plan: Plan, step: int) -> PlanHole:
    return PlanHole(plan.id, step, tuple(plan.step[step].roles))
