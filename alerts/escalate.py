"""The clocks of a plan: who is owed a notice now, and when the next one is due.

Pure and late-proof: after hours of standstill each overdue step runs once, a step that
nobody mans passes to the next at once and says so, and after an answer nothing runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from msgspec import structs

from alerts.assign import CALM, Assignment, Choice, Lack, Scene, assign, need_of
from alerts.incident import ESCALATING, Incident, State
from alerts.plan import ChannelName, Plan, Step
from alerts.roster import Person, Roster
from edge.reading import SECOND_NS, Tier

REARM_S: Mapping[Tier, float] = MappingProxyType(
    {Tier.URGENT: 1_800.0, Tier.IMPORTANT: 7_200.0, Tier.GENERAL: 86_400.0}
)
"""How long after its end a plan begins anew: nobody has answered, and nothing ends by silence."""


class Purpose(StrEnum):
    """Why a person is written to."""

    ALERT = "alert"
    SUPPORT = "support"  # somebody on the incident asked for help
    STAND_DOWN = "stand_down"
    REWORK = "rework"  # what they did has not passed verification
    TAKEN = "taken"  # somebody else has it
    HAND_OVER = "hand_over"  # its owner's duty is over
    SHIFT_END = "shift_end"  # their own duty is over; it is being handed over
    FEEDBACK = "feedback"  # how they found the service
    CHECK = "check"  # a home is asked in a mass check
    BELATED = "belated"  # it was over before anybody could be told
    BUNDLE = "bundle"  # many incidents at once
    QUESTION = "question"  # a text of theirs was not understood
    CALL = "call"  # somebody on the incident wants them to come as well
    OVERDUE = "overdue"  # somebody below has not done their part in time


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
class About:
    """What a notice outside the steps is about; the numbers tell it from its like."""

    purpose: Purpose
    step: int
    round: int


@dataclass(frozen=True, slots=True)
class PlanHole:
    """A step that did not find its own people, and why."""

    plan_id: str
    step: int
    roles: tuple[str, ...]
    lack: Lack = Lack.UNMANNED


@dataclass(frozen=True, slots=True)
class Owed:
    """An incident after its clocks ran, and all that this owes; `choices` say who was told and why.

    `exhausted` says that the plan has come to its end while nobody has answered; it begins anew
    after `REARM_S`.
    """

    incident: Incident
    notices: tuple[Notice, ...] = ()
    holes: tuple[PlanHole, ...] = ()
    exhausted: bool = False
    choices: tuple[Choice, ...] = ()


def advance(
    incident: Incident, plan: Plan, roster: Roster, now_ns: int, scene: Scene = CALM
) -> Owed:
    """Every step due by `now_ns` taken once, worst case all of them; else `incident` as it was."""
    owed = Owed(incident)
    crew = _Crew(plan, roster, scene, now_ns)
    while is_due(owed.incident, now_ns):
        owed = _take_step(owed, crew)
    if owed.incident is incident:
        return owed
    changed = structs.replace(owed.incident, version=incident.version + 1, changed_ns=now_ns)
    return replace(owed, incident=changed)


def support(incident: Incident, plan: Plan, roster: Roster, scene: Scene = CALM) -> Owed:
    """Notices for the help that was just asked for: the first manned step not yet reached.

    When every later step is unmanned or taken, the last manned one is asked again; when all
    are unmanned, whoever the area has.
    """
    reached = min(incident.step, len(plan.step) - 1)
    order = [*range(reached, len(plan.step)), *range(reached - 1, -1, -1)]
    crew = _Crew(plan, roster, scene, incident.changed_ns)
    holes: list[PlanHole] = []
    for step in order:
        asked = structs.replace(incident, step=step, round=incident.supports)
        found = crew.of(asked, last=step == order[-1])
        if found.lack is not None:
            holes.append(_hole(plan, step, found.lack))
        if notices := _notices(asked, plan.step[step], found, Purpose.SUPPORT):
            return Owed(incident, notices, tuple(holes), choices=found.choices)
    return Owed(incident, (), tuple(holes), exhausted=True)


def addressed(
    incident: Incident, people: Iterable[Person], channels: tuple[ChannelName, ...], about: About
) -> tuple[Notice, ...]:
    """A notice to each of `people` on those of `channels` that reach them, outside the steps."""
    return tuple(
        Notice(
            incident.id,
            person.id,
            channel,
            about.purpose,
            incident.generation,
            about.step,
            about.round,
        )
        for person in people
        for channel in _channels(person, channels)
    )


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


def redirected(notice: Notice, person: Person) -> Notice:
    """The same notice on a channel that the person still has; addresses change while it waits."""
    if notice.channel in person.channels:
        return notice
    return replace(notice, channel=person.channels[0])


def hasten(incident: Incident, now_ns: int) -> Incident:
    """The incident with its next step due now, for when all of the last step's sends failed."""
    if incident.state not in ESCALATING or incident.next_due_ns is None:
        return incident
    if incident.next_due_ns <= now_ns:
        return incident
    return structs.replace(
        incident, next_due_ns=now_ns, version=incident.version + 1, changed_ns=now_ns
    )


def is_due(incident: Incident, now_ns: int) -> bool:
    """Whether a step of its plan is to be taken by now."""
    due_ns = incident.next_due_ns
    return incident.state in ESCALATING and due_ns is not None and due_ns <= now_ns


@dataclass(frozen=True, slots=True)
class _Crew:
    """Those whom the steps of one plan find at one moment."""

    plan: Plan
    roster: Roster
    scene: Scene
    now_ns: int

    def of(self, incident: Incident, *, last: bool) -> Assignment:
        step = self.plan.step[incident.step]
        need = need_of(step, incident.subject, incident.tier, self.now_ns, last=last)
        return assign(self.roster, need, self.scene)


def _take_step(owed: Owed, crew: _Crew) -> Owed:
    incident, plan = owed.incident, crew.plan
    if _is_over(incident, plan):
        incident = _begun_again(incident, crew.now_ns)
    index = min(incident.step, len(plan.step) - 1)
    current = structs.replace(incident, step=index)
    found = crew.of(current, last=index == len(plan.step) - 1)
    notices = _notices(current, plan.step[index], found, Purpose.ALERT)
    holes = () if found.lack is None else (_hole(plan, index, found.lack),)
    after = _scheduled(current, plan, crew.now_ns, found=bool(notices))
    return Owed(
        structs.replace(after, state=State.DISPATCHED if notices else after.state),
        owed.notices + notices,
        owed.holes + holes,
        exhausted=_is_over(after, plan),
        choices=owed.choices + found.choices,
    )


def _scheduled(incident: Incident, plan: Plan, now_ns: int, *, found: bool) -> Incident:
    if incident.step + 1 < len(plan.step):
        after_ns = int(plan.step[incident.step + 1].after * SECOND_NS)
        due_ns = incident.started_ns + after_ns if found else now_ns
        return structs.replace(incident, step=incident.step + 1, next_due_ns=due_ns)
    last = plan.step[-1]
    wait_s = last.repeat
    if wait_s is None or incident.round >= last.repeat_max:
        wait_s = REARM_S[incident.tier]
    due_ns = now_ns + int(wait_s * SECOND_NS)
    return structs.replace(incident, round=incident.round + 1, next_due_ns=due_ns)


def _is_over(incident: Incident, plan: Plan) -> bool:
    """Whether the plan's last repeat has been taken: what comes next is its beginning."""
    return incident.step >= len(plan.step) - 1 and incident.round > plan.step[-1].repeat_max


def _begun_again(incident: Incident, now_ns: int) -> Incident:
    return structs.replace(
        incident, generation=incident.generation + 1, started_ns=now_ns, step=0, round=0
    )


def _notices(
    incident: Incident, step: Step, found: Assignment, purpose: Purpose
) -> tuple[Notice, ...]:
    return tuple(
        Notice(
            incident.id,
            choice.person.id,
            channel,
            purpose,
            incident.generation,
            incident.step,
            incident.round,
        )
        for choice in found.choices
        for channel in _channels(choice.person, step.channels)
    )


def _channels(person: Person, channels: tuple[ChannelName, ...]) -> tuple[ChannelName, ...]:
    wanted = tuple(name for name in channels if name in person.channels)
    return wanted or person.channels[:1]


def _hole(plan: Plan, step: int, lack: Lack) -> PlanHole:
    return PlanHole(plan.id, step, tuple(plan.step[step].roles), lack)
