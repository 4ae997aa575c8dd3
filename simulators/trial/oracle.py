"""What the engine owed the world in a trial, by the script and the truth alone.

The engine's tables are read for one thing only: what they claim, which is then held against what
carriers and people know.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from alerts.channels.base import Outcome
from edge.reading import Tier
from simulators.trial.cast import KINDS, reached_after_s, stands_down
from simulators.trial.script import Condition, Script
from simulators.trial.stage import incident_of
from simulators.trial.truth import Call, Truth

AFTER_ACK_S = 1.0
BLIP_S = 300.0
"""A condition over sooner may be withdrawn untold, if its plan stands down."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the engine's records say: states by message, acts as (incident, person, act).

    `answered` are the incidents that it takes for answered.
    """

    states: tuple[tuple[str, str], ...]
    acts: tuple[tuple[str, str, str], ...]
    answered: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one trial; every fault is a sentence that names its evidence, by its kind.

    `duplicates` are messages that rang more than once; those with no answer lost and no death
    between are faults, the others could not be told from messages never sent.
    """

    faults: tuple[tuple[str, str], ...]
    calls: int
    deaths: int
    duplicates: int

    def count(self, kind: str) -> int:
        """How many faults of that kind there were."""
        return sum(known == kind for known, _ in self.faults)


FAULTS = (
    "lost",
    "false_success",
    "after_ack",
    "wrong_ack",
    "ack_lost",
    "duplicates_outside",
)
"""Every kind of fault; all of them must be 0."""


def judge(script: Script, truth: Truth, claims: Claims) -> Judged:
    """The faults of one trial."""
    rung = Counter(ring.idempotency_id for ring in truth.rings)
    repeated = sorted(known for known, times in rung.items() if times > 1)
    by_id: dict[str, list[Call]] = {known: [] for known in repeated}
    for call in truth.calls:
        if call.idempotency_id in by_id:
            by_id[call.idempotency_id].append(call)
    faults = [
        *(("lost", said) for said in _lost(script, truth)),
        *(("false_success", said) for said in _false_successes(truth, claims)),
        *(("after_ack", said) for said in _after_acks(truth)),
        *(("wrong_ack", said) for said in _wrong_acks(truth, claims)),
        *(("ack_lost", said) for said in _lost_acks(truth, claims)),
        *(
            ("duplicates_outside", f"{known} was sent again although its answer was known")
            for known in repeated
            if not _answer_was_lost(script, truth, by_id[known])
        ),
    ]
    return Judged(tuple(faults), len(truth.calls), len(truth.deaths_s), len(repeated))


def _lost(script: Script, truth: Truth) -> Iterator[str]:
    """Conditions of which nobody was told; those of which a carrier lost the word are its own."""
    for condition in script.conditions:
        incident = incident_of(condition.subject)
        answered_s = min((m.at_s for m in truth.meant if m.incident == incident), default=None)
        since_s = _owed_since_s(condition, script.lost_people, answered_s)
        if since_s is None:
            continue
        rung = any(ring.incident == incident and ring.at_s >= since_s for ring in truth.rings)
        if not rung and not _carrier_lost_it(condition, incident, truth):
            category = KINDS[condition.kind][0]
            yield f"nobody was told of {incident} ({category}) since {since_s:.0f} s"


def _owed_since_s(
    condition: Condition, lost_people: frozenset[str], answered_s: float | None
) -> float | None:
    """From when on somebody must be told; None where nobody need be."""
    back_s, end_s = condition.returned_s, condition.cleared_s
    if back_s is not None and end_s is None:
        answered = answered_s is not None and answered_s <= back_s + BLIP_S
        return condition.raised_s if answered else back_s
    category = KINDS[condition.kind][0]
    if end_s is None or not stands_down(category):
        return condition.raised_s
    least_s = BLIP_S + reached_after_s(category, lost_people)
    # One that came and went has no stretch that need have lasted.
    lasted = back_s is None and end_s - condition.raised_s > least_s
    return condition.raised_s if lasted else None


def _carrier_lost_it(condition: Condition, incident: str, truth: Truth) -> bool:
    """A lesser alert that a provider took and dropped without a word: nobody could know."""
    if KINDS[condition.kind][1] is Tier.URGENT:
        return False
    return any(
        call.incident == incident and call.idempotency_id in truth.silent for call in truth.calls
    )


def _false_successes(truth: Truth, claims: Claims) -> Iterator[str]:
    rung = {ring.idempotency_id for ring in truth.rings}
    for known, state in claims.states:
        if state == "accepted" and not truth.taken[known]:
            yield f"{known} is {state} in the ledger, but no carrier ever took it"
        if state in {"delivered", "read"} and known not in rung:
            yield f"{known} is {state} in the ledger, but on nobody's device"


def _after_acks(truth: Truth) -> Iterator[str]:
    done_s: dict[str, float] = {}
    for meant in truth.meant:
        if meant.clear and meant.done_s is not None:
            done_s[meant.incident] = min(meant.done_s, done_s.get(meant.incident, meant.done_s))
    for call in truth.calls:
        late_s = call.began_s - done_s.get(call.incident, call.began_s)
        if call.purpose == "alert" and late_s > AFTER_ACK_S:
            yield f"{call.incident}: an alert went out {late_s:.1f} s after its answer"


def _wrong_acks(truth: Truth, claims: Claims) -> Iterator[str]:
    meant = {(each.incident, each.person, each.act.value) for each in truth.meant}
    for act in claims.acts:
        if act not in meant:
            yield f"{act[1]} never meant to {act[2]} {act[0]}"


def _lost_acks(truth: Truth, claims: Claims) -> Iterator[str]:
    for meant in truth.meant:
        if meant.clear and meant.incident not in claims.answered:
            yield f"{meant.person} answered for {meant.incident} at {meant.at_s:.0f} s, in vain"


def _answer_was_lost(script: Script, truth: Truth, calls: list[Call]) -> bool:
    """Whether before each repeat the caller may not have known that the message was taken."""
    return all(_may_be_unknown(script, truth, call) for call in calls[:-1])


def _may_be_unknown(script: Script, truth: Truth, call: Call) -> bool:
    if call.answer is not Outcome.ACCEPTED or call.ended_s is None:
        return True
    noted_s = max((busy.to_s + 2.0 for busy in script.busy if busy.holds(call.ended_s)), default=0)
    return any(call.ended_s <= death_s <= max(noted_s, call.ended_s) for death_s in truth.deaths_s)


def tally(judged: list[Judged]) -> Counter[str]:
    """The faults of many trials, by kind; every kind is there."""
    return Counter({kind: sum(each.count(kind) for each in judged) for kind in FAULTS})
