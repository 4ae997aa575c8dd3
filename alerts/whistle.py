"""吹哨报到: others are called in on an incident, and each has to answer and arrive by itself.

Pure: what an act means for a call is a table. A party is called once; it is called again only
after it was released or has handed the matter back.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, structs

from alerts.clocks import Fate
from alerts.incident import IllegalAct
from alerts.plan import ANSWERED_IN, ARRIVED_IN, ClockKind, Party, Plan, Role


class CallState(StrEnum):
    """Where a called party stands."""

    CALLED = "called"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    REFUSED = "refused"  # 退回: handed back
    RELEASED = "released"  # not needed any more


class CallAct(StrEnum):
    """What can be done about a call."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    REFUSE = "refuse"
    RELEASE = "release"


OPEN = frozenset({CallState.CALLED, CallState.ACCEPTED, CallState.ARRIVED})

# A pair not listed is illegal. Saying the same again is legal and changes nothing.
TRANSITIONS: Mapping[tuple[CallState, CallAct], CallState] = MappingProxyType(
    {
        (CallState.CALLED, CallAct.ACCEPT): CallState.ACCEPTED,
        (CallState.CALLED, CallAct.ARRIVE): CallState.ARRIVED,
        (CallState.CALLED, CallAct.REFUSE): CallState.REFUSED,
        (CallState.CALLED, CallAct.RELEASE): CallState.RELEASED,
        (CallState.ACCEPTED, CallAct.ACCEPT): CallState.ACCEPTED,
        (CallState.ACCEPTED, CallAct.ARRIVE): CallState.ARRIVED,
        (CallState.ACCEPTED, CallAct.REFUSE): CallState.REFUSED,
        (CallState.ACCEPTED, CallAct.RELEASE): CallState.RELEASED,
        (CallState.ARRIVED, CallAct.ACCEPT): CallState.ARRIVED,
        (CallState.ARRIVED, CallAct.ARRIVE): CallState.ARRIVED,
        (CallState.ARRIVED, CallAct.RELEASE): CallState.RELEASED,
    }
)

_OVER = {ClockKind.ANSWER: Fate.DROPPED, ClockKind.ARRIVE: Fate.DROPPED}
# What becomes of the party's deadlines; one not named goes on.
FATES: Mapping[CallState, Mapping[ClockKind, Fate]] = MappingProxyType(
    {
        CallState.CALLED: {},
        CallState.ACCEPTED: {ClockKind.ANSWER: Fate.MET},
        CallState.ARRIVED: {ClockKind.ANSWER: Fate.MET, ClockKind.ARRIVE: Fate.MET},
        CallState.REFUSED: _OVER,
        CallState.RELEASED: _OVER,
    }
)


class Call(Struct, frozen=True, kw_only=True):
    """One party called in on one incident; `number` counts the incident's calls from 1.

    `people` were told. `on_miss` names the roles told of a miss, and called in when the party
    hands back. `refers` is the call that was handed back to make this one.
    """

    incident_id: str
    number: int
    party: str
    name_zh: str
    name_en: str
    people: tuple[str, ...]
    channels: tuple[str, ...]
    on_miss: dict[ClockKind, tuple[Role, ...]]
    by: str
    note: str
    called_ns: int
    state: CallState = CallState.CALLED
    answered_ns: int | None = None
    arrived_ns: int | None = None
    ended_ns: int | None = None
    refers: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the party is still expected or there."""
        return self.state in OPEN


def act(call: Call, doing: CallAct, now_ns: int) -> Call:
    """The call after `doing`; itself when that was said before.

    Raises:
        IllegalAct: the call does not allow it.
    """
    after = TRANSITIONS.get((call.state, doing))
    if after is None:
        raise IllegalAct(f"{doing} is not possible while {call.state}")
    if after is call.state:
        return call
    came = after in {CallState.ACCEPTED, CallState.ARRIVED}
    return structs.replace(
        call,
        state=after,
        answered_ns=call.answered_ns or now_ns if came else call.answered_ns,
        arrived_ns=now_ns if after is CallState.ARRIVED else call.arrived_ns,
        ended_ns=None if came else now_ns,
    )


def call_party(number: int) -> str:
    """The party of that call's deadlines."""
    return f"call:{number}"


def call_of(party: str) -> int | None:
    """The number of the call whose deadlines `party` has; None for any other party."""
    kind, _, number = party.partition(":")
    return int(number) if kind == "call" else None


def chosen(plan: Plan, roles: tuple[Role, ...]) -> Party:
    """A party that the plan does not name, on usual terms; those last in the plan are above it."""
    above = tuple(role for role in plan.step[-1].roles if role not in roles)
    return Party(
        id="chosen",
        name_zh="其他力量",
        name_en="Others",
        roles=roles or plan.step[0].roles,
        channels=plan.step[-1].channels,
        ack_within=ANSWERED_IN,
        arrive_within=ARRIVED_IN,
        on_miss={ClockKind.ANSWER: above, ClockKind.ARRIVE: above} if above else {},
    )
