"""The deadlines of an incident: who has to have answered, arrived or closed by when.

Pure: what an incident's state means for its clocks is a table. A clock that runs out is
struck once, however late, and goes on until its duty is done, so that both times are known.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct, structs

from alerts.incident import ENDED, ESCALATING, Incident, State
from alerts.plan import ClockKind, Plan, Terms
from alerts.within import WorkingDays, due, text_of
from edge.reading import Tier

PLAN = "plan"
"""The party of the clocks that run for an incident as a whole."""


class Fate(StrEnum):
    """What has become of a clock."""

    RUNNING = "running"
    MET = "met"
    DROPPED = "dropped"  # nobody has to do it any more


class Clock(Struct, frozen=True, kw_only=True):
    """One deadline of one party: the plan's own, a step's people, or a called department.

    `next_ns` is when it is looked at, None once it was struck or has ended. `missed_ns` is when
    the miss was noticed, which is later than `due_ns` by as long as nobody could look. `civil`
    says that it ends by the calendar, whatever a clock is set to; `assumed` that it rests on
    working days of a year that is not published.
    """

    incident_id: str
    generation: int
    party: str
    kind: ClockKind
    tier: Tier
    within: str
    started_ns: int
    due_ns: int
    assumed: bool
    civil: bool
    next_ns: int | None
    missed_ns: int | None = None
    ended_ns: int | None = None
    fate: Fate = Fate.RUNNING


class Case(NamedTuple):
    """An incident as its clocks see it; `held` says that nobody is told of it for now."""

    incident: Incident
    plan: Plan
    held: bool = False


def is_anew(before: Incident, after: Incident) -> bool:
    """Whether all time counts from the start again.

    Not when the plan only begins again for want of an answer: nobody has gained time by that.
    """
    if after.generation == before.generation:
        return False
    return (
        before.state not in ESCALATING
        or before.condition_active != after.condition_active
        or before.tier is not after.tier
    )


def step_party(step: int) -> str:
    """The party of those told at that step, counted from 0."""
    return f"step:{step}"


def step_of(party: str) -> int | None:
    """The step that `party` was told at; None for any other party."""
    kind, _, number = party.partition(":")
    return int(number) if kind == "step" else None


def begin(
    incident: Incident, party: str, terms: Terms, start_ns: int, zone: tzinfo
) -> tuple[Clock, ...]:
    """The clocks of `party` in the incident's present run, from `start_ns`."""
    return tuple(
        Clock(
            incident_id=incident.id,
            generation=incident.generation,
            party=party,
            kind=kind,
            tier=incident.tier,
            within=text_of(within),
            started_ns=start_ns,
            due_ns=end.at_ns,
            assumed=end.assumed,
            civil=isinstance(within, WorkingDays),
            next_ns=end.at_ns,
        )
        for kind, within in terms.limits().items()
        for end in [due(start_ns, within, zone)]
    )


_AFTER_ANSWER = {
    State.OPEN: Fate.RUNNING,
    State.DISPATCHED: Fate.RUNNING,
    State.ACKNOWLEDGED: Fate.MET,
    State.ON_SITE: Fate.MET,
    State.RESOLVED: Fate.MET,
    State.VERIFIED: Fate.MET,
    State.CLOSED: Fate.MET,
    State.MERGED: Fate.DROPPED,
    State.WITHDRAWN: Fate.DROPPED,
}
# What a state means for a duty; one that closes at once without a visit owes no arrival.
_FATES: Mapping[ClockKind, Mapping[State, Fate]] = MappingProxyType(
    {
        ClockKind.ANSWER: _AFTER_ANSWER,
        ClockKind.ARRIVE: _AFTER_ANSWER
        | {State.ACKNOWLEDGED: Fate.RUNNING, State.CLOSED: Fate.DROPPED},
        ClockKind.CLOSE: dict.fromkeys(State, Fate.RUNNING)
        | {State.CLOSED: Fate.MET, State.MERGED: Fate.DROPPED, State.WITHDRAWN: Fate.DROPPED},
    }
)


def settle(clocks: Sequence[Clock], case: Case, now_ns: int) -> list[tuple[Clock, Clock]]:
    """Each clock that the incident, as it now stands, changes: as it was and as it is.

    Clocks of called departments end by what the department does, or with the incident. A
    clock stands still while its people are stood down or not told, and goes on afterwards.
    """
    begun = max((clock.generation for clock in clocks if clock.party == PLAN), default=0)
    judged = [
        (clock, _fate(clock, case) if clock.generation >= begun else Fate.DROPPED)
        for clock in clocks
    ]
    return [
        (clock, _resume(clock, now_ns) if fate is Fate.RUNNING else end(clock, fate, now_ns))
        for clock, fate in judged
        if (clock.fate is Fate.RUNNING) != (fate is Fate.RUNNING) and clock.fate is not Fate.MET
    ]


def end(clock: Clock, fate: Fate, now_ns: int) -> Clock:
    """The clock once its duty is done, or owed no more."""
    return structs.replace(clock, fate=fate, ended_ns=now_ns, next_ns=None)


def strike(clock: Clock, now_ns: int) -> Clock:
    """The clock once its miss was noticed; it never is again."""
    return structs.replace(clock, missed_ns=now_ns, next_ns=None)


def _resume(clock: Clock, now_ns: int) -> Clock:
    due_ns = clock.due_ns + now_ns - (clock.ended_ns or now_ns)
    next_ns = due_ns if clock.missed_ns is None else None
    return structs.replace(clock, fate=Fate.RUNNING, ended_ns=None, due_ns=due_ns, next_ns=next_ns)


def _fate(clock: Clock, case: Case) -> Fate:
    incident = case.incident
    if not _is_ours(clock.party):
        return Fate.DROPPED if incident.state in ENDED else clock.fate
    fate = _FATES[clock.kind][incident.state]
    stands = case.held or (clock.kind is not ClockKind.CLOSE and _is_stood_down(case))
    return Fate.DROPPED if stands and fate is Fate.RUNNING else fate


def _is_ours(party: str) -> bool:
    return party == PLAN or step_of(party) is not None


def _is_stood_down(case: Case) -> bool:
    """Whether those on their way were told that they need not go on."""
    incident = case.incident
    over = not incident.condition_active and (incident.cleared_ns or 0) >= incident.started_ns
    return over and case.plan.on_clear == "stand_down"
