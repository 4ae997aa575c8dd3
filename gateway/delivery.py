"""What becomes of a message after a try: settled, tried again, or on another channel.

A table says what each outcome means for the ledger; policies in `alerts.outbox` say when to
try again. An outcome that arrives after its lease has passed on is only written down.
"""

from collections.abc import Mapping
from types import MappingProxyType

from alerts import escalate
from alerts.channels.base import Outcome, Receipt, Verdict
from alerts.escalate import Purpose
from alerts.incident import ESCALATING, Incident
from alerts.outbox import RANK, RETRY, DeliveryState
from edge.reading import MINUTE_NS, Tier
from gateway import bundling, hearing_from, holding, wanted
from gateway.db import incidents, outbox
from gateway.db.ledger import Report, Source, enter
from gateway.db.outbox import Claim, Owed
from gateway.db.timeline import SYSTEM, note
from gateway.work import Work

RECEIPT_NS = MINUTE_NS
"""How long an urgent alert may be with a provider without a word of its arrival."""

PATIENCE_NS = 10 * MINUTE_NS
"""How long a message that is not urgent waits for room on its channel alone."""

# A temporary refusal leaves a message submitted: it is known not to be further.
_STATES: Mapping[Outcome, DeliveryState] = MappingProxyType(
    {
        Outcome.ACCEPTED: DeliveryState.ACCEPTED,
        Outcome.DELIVERED: DeliveryState.DELIVERED,
        Outcome.TEMPORARY: DeliveryState.SUBMITTED,
        Outcome.PERMANENT: DeliveryState.FAILED,
        Outcome.UNKNOWN: DeliveryState.UNKNOWN,
    }
)
_REASSURES = frozenset({Purpose.STAND_DOWN, Purpose.BELATED, Purpose.TAKEN})
_MAY_PASS = _REASSURES | {Purpose.ALERT}
_TAKEN = frozenset({Outcome.ACCEPTED, Outcome.DELIVERED})
_UNBILLED = frozenset({Outcome.TEMPORARY, Outcome.PERMANENT})
# The last word on a message in one of these was a refusal, so giving up on it is a failure;
# an unknown one stays unknown.
_REFUSED = frozenset({DeliveryState.SUBMITTED, DeliveryState.ACCEPTED})


def record(work: Work, claim: Claim, verdict: Verdict) -> None:
    """The try is in the ledger and what follows from it is decided, unless it is fenced off."""
    before = outbox.get(work.connection, claim.outbox_id)
    _enter(work, before, verdict.outcome, verdict.reason, Source.CHANNEL)
    hearing_from.judge(work, before, verdict.outcome, verdict.reason)
    if verdict.outcome in _UNBILLED:
        costs = work.book.budgets.costs
        costs.give_back(work.connection, claim.channel, claim.out.text, work.now_ns)
    if before.token != claim.token or before.lease_until_ns is None:
        return
    owed = outbox.get(work.connection, claim.outbox_id)
    # A provider's word that it failed may come before the answer that they took it.
    failed = owed.state is DeliveryState.FAILED
    wants_more = not _has_arrived(owed) and (failed or verdict.outcome not in _TAKEN)
    again = wants_more and not failed
    due_ns = _again_ns(work, owed, verdict) if again else None
    outbox.settle(work.connection, owed.outbox_id, due_ns, verdict.provider_id)
    if verdict.outcome is Outcome.ACCEPTED and not failed and not _has_arrived(owed):
        _wait_for_receipt(work, owed)
    if wants_more and (due_ns is None or owed.attempt == RETRY.fallback_at):
        _fall_back(work, owed, gave_up=due_ns is None)


def receipt(work: Work, receipt: Receipt) -> bool:
    """Whether the receipt belongs to a message of ours; a repeated one changes nothing."""
    before = outbox.by_idempotency_id(work.connection, receipt.idempotency_id)
    if before is None:
        return False
    state = _STATES[receipt.outcome]
    report = Report(state, _reason(receipt), Source.RECEIPT, receipt.at_ns)
    if not enter(work.connection, before.outbox_id, report, work.now_ns):
        return True
    hearing_from.judge(work, before, receipt.outcome, receipt.reason)
    _touch(work, before)
    owed = outbox.get(work.connection, before.outbox_id)
    if owed.lease_until_ns is None:
        _follow(work, owed, receipt)
    return True


def unheard_of(work: Work, owed: Owed) -> bool:
    """A provider took the message and no word came since: whether another channel is used too."""
    if _has_arrived(owed) or not is_wanted(work, owed):
        return False
    hearing_from.unheard(work, owed)
    _fall_back(work, owed, gave_up=False)
    return True


def _wait_for_receipt(work: Work, owed: Owed) -> None:
    """Urgent alerts are not left with a provider that only says that it has them."""
    if owed.notice.purpose is Purpose.ALERT and _is_urgent(work, owed):
        outbox.watch(work.connection, owed.outbox_id, work.now_ns + RECEIPT_NS)


def crowded_out(work: Work, owed: Owed) -> None:
    """No room for the message now: if it is urgent or has long to wait, it goes elsewhere too."""
    waits_long = owed.due_ns is not None and owed.due_ns - work.now_ns >= PATIENCE_NS
    if waits_long or _is_urgent(work, owed):
        _fall_back(work, owed, gave_up=False)


def _is_urgent(work: Work, owed: Owed) -> bool:
    if owed.incident_id is None:
        return False
    return incidents.get(work.connection, owed.incident_id).tier is Tier.URGENT


def _follow(work: Work, owed: Owed, receipt: Receipt) -> None:
    """Do what a new receipt calls for while nobody is sending the message."""
    if receipt.outcome in _TAKEN or _has_arrived(owed):
        outbox.settle(work.connection, owed.outbox_id, None)
    elif receipt.outcome is Outcome.PERMANENT:
        outbox.settle(work.connection, owed.outbox_id, None)
        _fall_back(work, owed, gave_up=True)
    elif receipt.outcome is Outcome.TEMPORARY and owed.due_ns is None:
        due_ns = _again_ns(work, owed, Verdict(Outcome.TEMPORARY))
        outbox.settle(work.connection, owed.outbox_id, due_ns)
        if due_ns is None:
            _fall_back(work, owed, gave_up=True)


def _enter(work: Work, owed: Owed, outcome: Outcome, reason: str, source: Source) -> None:
    report = Report(_STATES[outcome], reason or outcome.value, source, work.now_ns)
    enter(work.connection, owed.outbox_id, report, work.now_ns, owed.state)
    _touch(work, owed)


def _reason(receipt: Receipt) -> str:
    return f"{receipt.reason} [{receipt.key}]" if receipt.key else receipt.reason


def _touch(work: Work, owed: Owed) -> None:
    if owed.incident_id is not None:
        work.changed.add(owed.incident_id)


def _again_ns(work: Work, owed: Owed, verdict: Verdict) -> int | None:
    if not is_wanted(work, owed):
        return None
    return RETRY.next_ns(owed.attempt, work.now_ns, verdict.retry_after_s)


def _has_arrived(owed: Owed) -> bool:
    return RANK[owed.state] >= RANK[DeliveryState.DELIVERED]


def is_wanted(work: Work, owed: Owed) -> bool:
    """Whether the message still has a point: an alert, until it is answered or held.

    What reassures has one only while it is true.
    """
    if owed.notice.purpose not in _MAY_PASS or owed.incident_id is None:
        return True
    incident = incidents.get(work.connection, owed.incident_id)
    if owed.notice.purpose in _REASSURES:
        return wanted.is_wanted(work, owed.notice, incident)
    return _is_running(incident, owed) and not holding.is_held(work, incident.id)


def _is_running(incident: Incident, owed: Owed) -> bool:
    stood_down = not incident.condition_active and incident.next_due_ns is None
    return (
        incident.state in ESCALATING
        and incident.generation == owed.notice.generation
        and not stood_down
    )


def _fall_back(work: Work, owed: Owed, *, gave_up: bool) -> None:
    """Owe the same on the person's next channel; without one, bring the next step forward."""
    if owed.notice.purpose is Purpose.BUNDLE:
        bundling.fall_back(work, owed)
    if owed.incident_id is None or not is_wanted(work, owed):
        return
    incident = incidents.get(work.connection, owed.incident_id)
    if gave_up and outbox.get(work.connection, owed.outbox_id).state in _REFUSED:
        reason = f"gave up after {owed.attempt} tries"
        failed = Report(DeliveryState.FAILED, reason, Source.ENGINE, work.now_ns)
        enter(work.connection, owed.outbox_id, failed, work.now_ns)
    same_step = [
        row
        for row in outbox.of_incident(work.connection, incident.id, [owed.notice.purpose])
        if _step(row) == _step(owed)
    ]
    person = work.book.roster.get(owed.notice.person_id)
    tried = frozenset(
        row.notice.channel for row in same_step if row.notice.person_id == owed.notice.person_id
    )
    if person is not None and (other := escalate.fallback(owed.notice, person, tried)):
        work.owe(incident, [other])
    elif all(_has_failed(row) for row in same_step):
        _hasten(work, incident, owed)


def _step(owed: Owed) -> tuple[int, int, int]:
    return owed.notice.generation, owed.notice.step, owed.notice.round


def _has_failed(owed: Owed) -> bool:
    return owed.due_ns is None and owed.state in {DeliveryState.FAILED, DeliveryState.UNKNOWN}


def _hasten(work: Work, incident: Incident, owed: Owed) -> None:
    """Every send of the newest step failed: the next step need not wait for its clock."""
    if owed.notice.purpose is not Purpose.ALERT or incident.round > 0:
        return
    if incident.step != owed.notice.step + 1:
        return
    sooner = escalate.hasten(incident, work.now_ns)
    if sooner is not incident:
        work.replace(incident, sooner)
        note(work.connection, sooner, "hastened", SYSTEM, step=owed.notice.step)
        work.advance(sooner)
