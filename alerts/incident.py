"""The life of an incident: one episode of one condition, until a person has closed it.

Pure: a change is `(incident, command, now_ns) -> incident`. Nothing closes by silence, and
nothing closes without a person and an outcome.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, structs

from edge.reading import Finding, FindingState, Tier, Timeliness


class State(StrEnum):
    """Where an incident stands on its way from 立案 to 结案."""

    OPEN = "open"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    ON_SITE = "on_site"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What a person can do to an incident."""

    ACKNOWLEDGE = "acknowledge"
    ARRIVE = "arrive"
    SUPPORT = "support"  # the person needs help; the next step of the plan is told
    RESOLVE = "resolve"
    VERIFY = "verify"
    CLOSE = "close"
    REWORK = "rework"  # 核查不通过: back to whoever handled it, with a reason
    REOPEN = "reopen"
    MERGE = "merge"


class Outcome(StrEnum):
    """What the incident turned out to be; flows back to the rules."""

    REAL = "real"
    FALSE_ALARM = "false_alarm"
    DEVICE_FAULT = "device_fault"
    DRILL = "drill"
    FAMILY_CONFIRMED = "family_confirmed"


class FalseReason(StrEnum):
    """Why an alarm was false; `not_said` is what stands where nobody said it."""

    AWAY = "away"
    ROUTINE = "routine"
    LOW_USE = "low_use"
    COOKING = "cooking"
    MISTOUCH = "mistouch"
    LATE_DATA = "late_data"
    MOUNTING = "mounting"
    TEST = "test"
    OTHER = "other"
    NOT_SAID = "not_said"


class IllegalAct(Exception):  # noqa: N818  (the caller's mistake or a lost race, not a fault of ours)
    """The act is not allowed in this state, or lacks what it needs; nothing changed."""


ESCALATING = frozenset({State.OPEN, State.DISPATCHED})
"""Nobody has answered yet: the plan's clocks run."""

ENDED = frozenset({State.CLOSED, State.MERGED, State.WITHDRAWN})

_ANSWERED = {
    Act.ACKNOWLEDGE: State.ACKNOWLEDGED,
    Act.ARRIVE: State.ON_SITE,
    Act.SUPPORT: State.ACKNOWLEDGED,
    Act.RESOLVE: State.RESOLVED,
    Act.CLOSE: State.CLOSED,
    Act.MERGE: State.MERGED,
}

# A pair not listed is illegal. A second acknowledgement is legal and changes no owner.
TRANSITIONS: Mapping[tuple[State, Act], State] = MappingProxyType(
    {(State.OPEN, act): after for act, after in _ANSWERED.items()}
    | {(State.DISPATCHED, act): after for act, after in _ANSWERED.items()}
    | {(State.ACKNOWLEDGED, act): after for act, after in _ANSWERED.items()}
    | {(State.ON_SITE, act): after for act, after in _ANSWERED.items()}
    | {
        (State.ON_SITE, Act.ACKNOWLEDGE): State.ON_SITE,
        (State.ON_SITE, Act.SUPPORT): State.ON_SITE,
        (State.RESOLVED, Act.VERIFY): State.VERIFIED,
        (State.RESOLVED, Act.REWORK): State.ACKNOWLEDGED,
        (State.VERIFIED, Act.REWORK): State.ACKNOWLEDGED,
        (State.RESOLVED, Act.CLOSE): State.CLOSED,
        (State.RESOLVED, Act.REOPEN): State.OPEN,
        (State.VERIFIED, Act.CLOSE): State.CLOSED,
        (State.VERIFIED, Act.REOPEN): State.OPEN,
        (State.CLOSED, Act.REOPEN): State.OPEN,
        (State.WITHDRAWN, Act.REOPEN): State.OPEN,
        (State.MERGED, Act.REOPEN): State.OPEN,
    }
)


class Command(Struct, frozen=True):
    """One act by one person.

    `outcome` is needed to close, unless an earlier resolve proposed one; `reason` goes with a
    false alarm only; `into` (an incident id) is needed to merge, and a note to send back for
    rework. `by` is a person id or an account's login, never empty.
    """

    act: Act
    by: str
    outcome: Outcome | None = None
    note: str = ""
    into: str | None = None
    reason: FalseReason | None = None


class Incident(Struct, frozen=True, kw_only=True):
    """One incident as it stands; `version` counts its changes, for compare-and-set.

    `generation` counts the runs of its plan (a reopened incident starts another one);
    within a run, `step` is the next step to take and `round` how often the last one has
    been repeated. `next_due_ns` is when the plan acts next, None when no clock runs.
    `outcome` before the close is a proposal. Texts of evidence are the latest finding's.
    """

    id: str
    finding_id: str
    finding_revision: int
    rule: str
    category: str
    tier: Tier
    subject: str
    timeliness: Timeliness
    sentence_zh: str
    sentence_en: str
    complete_until_ns: int
    plan_id: str
    plan_version: int
    state: State
    version: int
    opened_ns: int
    since_ns: int
    changed_ns: int
    condition_active: bool
    cleared_ns: int | None
    generation: int
    started_ns: int
    step: int
    round: int
    next_due_ns: int | None
    supports: int
    owner: str | None
    acked_ns: int | None
    outcome: Outcome | None
    note: str
    merged_into: str | None


def incident_id(finding_id: str) -> str:
    """The id of the incident of that finding: equal on every gateway and every replay."""
    return f"i{finding_id}"


def open_incident(finding: Finding, plan_id: str, plan_version: int, now_ns: int) -> Incident:
    """A fresh incident whose plan's first step is due at `now_ns`."""
    return Incident(
        id=incident_id(finding.id),
        finding_id=finding.id,
        finding_revision=finding.revision,
        rule=finding.rule,
        category=finding.category,
        tier=finding.tier,
        subject=finding.subject,
        timeliness=finding.timeliness,
        sentence_zh=finding.evidence.sentence_zh,
        sentence_en=finding.evidence.sentence_en,
        complete_until_ns=finding.evidence.complete_until_ns,
        plan_id=plan_id,
        plan_version=plan_version,
        state=State.OPEN,
        version=1,
        opened_ns=now_ns,
        since_ns=finding.since_ns,
        changed_ns=now_ns,
        condition_active=True,
        cleared_ns=None,
        generation=0,
        started_ns=now_ns,
        step=0,
        round=0,
        next_due_ns=now_ns,
        supports=0,
        owner=None,
        acked_ns=None,
        outcome=None,
        note="",
        merged_into=None,
    )


def act(incident: Incident, command: Command, now_ns: int) -> Incident:
    """The incident after `command`.

    Raises:
        IllegalAct: the state does not allow it, nobody is named, a close has no outcome, a
            merge no other incident, a rework no reason, or a reason belongs to no false alarm.
    """
    after = TRANSITIONS.get((incident.state, command.act))
    if after is None:
        raise IllegalAct(f"{command.act} is not possible while {incident.state}")
    if not command.by.strip():
        raise IllegalAct(f"{command.act} needs the person who does it")
    outcome = None if command.act is Act.REWORK else command.outcome or incident.outcome
    if command.act is Act.REWORK and not command.note.strip():
        raise IllegalAct("rework needs a note that says why")
    if command.reason and outcome is not Outcome.FALSE_ALARM:
        raise IllegalAct("only a false alarm has a reason of its own")
    if after is State.CLOSED and outcome is None:
        raise IllegalAct("close needs an outcome")
    if after is State.MERGED and command.into in {None, incident.id}:
        raise IllegalAct("merge needs another incident to merge into")
    if command.act is Act.REOPEN:
        return _reopened(incident, command, now_ns)
    return structs.replace(
        incident,
        state=after,
        version=incident.version + 1,
        changed_ns=now_ns,
        next_due_ns=None,
        supports=incident.supports + (command.act is Act.SUPPORT),
        owner=incident.owner or command.by,
        acked_ns=now_ns if incident.acked_ns is None else incident.acked_ns,
        outcome=outcome,
        note=command.note or incident.note,
        merged_into=command.into if after is State.MERGED else incident.merged_into,
    )


def absorb(
    incident: Incident, finding: Finding, *, told: bool, stand_down: bool, now_ns: int
) -> Incident:
    """The incident after a later statement of its finding; an older one changes nothing.

    `told` is whether any message may already have reached anybody; `stand_down` whether the
    plan ends its escalation when the condition clears. If so, a clear before anybody was told
    withdraws; a later one, and one of a plan that goes on, leaves the incident to a person. A
    condition that comes back under the same finding starts the plan again, unless somebody has
    answered.
    """
    if finding.id != incident.finding_id or finding.revision <= incident.finding_revision:
        return incident
    active = finding.state is not FindingState.CLEARED
    current = structs.replace(
        incident,
        version=incident.version + 1,
        changed_ns=now_ns,
        finding_revision=finding.revision,
        timeliness=finding.timeliness if active else incident.timeliness,
        sentence_zh=finding.evidence.sentence_zh,
        sentence_en=finding.evidence.sentence_en,
        complete_until_ns=finding.evidence.complete_until_ns,
        condition_active=active,
        cleared_ns=None if active else (incident.cleared_ns or now_ns),
    )
    if active:
        came_back = not incident.condition_active and (
            incident.state in ESCALATING or incident.state is State.WITHDRAWN
        )
        return restarted(current, now_ns) if came_back else current
    if not incident.condition_active:
        return current  # a person has reopened it although the condition is over
    if incident.state in ESCALATING and stand_down and not told:
        return structs.replace(current, state=State.WITHDRAWN, next_due_ns=None)
    if incident.state in ESCALATING and stand_down:
        return structs.replace(current, next_due_ns=None)
    return current


def _reopened(incident: Incident, command: Command, now_ns: int) -> Incident:
    return structs.replace(
        restarted(incident, now_ns),
        version=incident.version + 1,
        changed_ns=now_ns,
        owner=None,
        acked_ns=None,
        outcome=None,
        note=command.note or incident.note,
        merged_into=None,
    )


def restarted(incident: Incident, now_ns: int) -> Incident:
    """The incident with its plan begun anew; the caller counts the change."""
    return structs.replace(
        incident,
        state=State.OPEN,
        generation=incident.generation + 1,
        started_ns=now_ns,
        step=0,
        round=0,
        next_due_ns=now_ns,
    )
