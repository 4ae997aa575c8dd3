"""One message for many incidents: made, sent, answered, and taken apart again if need be."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alerts.bundle import Bundle as Words
from alerts.bundle import Entry, News, full_bundle, grouped, sms_bundle
from alerts.code import CodesExhausted
from alerts.escalate import Purpose
from alerts.incident import ESCALATING, Act, Command, Incident
from alerts.message import Answer
from alerts.outbox import DeliveryState
from alerts.plan import ChannelName
from alerts.roster import Person
from edge.reading import Tier
from gateway import merging
from gateway.db import bundles, codes, outbox, waiting
from gateway.db.bundles import Bundle
from gateway.db.ledger import Report, Source, enter
from gateway.db.outbox import Message, Owed
from gateway.db.timeline import SYSTEM, note
from gateway.db.waiting import Waiting
from gateway.notices import NO_CODE, idempotency_id, is_short, phone
from gateway.wanted import is_wanted

if TYPE_CHECKING:
    from gateway.work import Work

_NAMED_MAX = 200
"""Incidents that a bundle's payload names; its page has them all."""

_NEWS = {
    Purpose.STAND_DOWN: News.OVER,
    Purpose.TAKEN: News.TAKEN,
    Purpose.HAND_OVER: News.OFFERED,
    Purpose.SHIFT_END: News.LEFT,
    Purpose.CALL: News.CALLED,
    Purpose.SUPPORT: News.CALLED,
}
_ASKS = frozenset({Purpose.HAND_OVER, Purpose.CALL, Purpose.SUPPORT})
"""What asks to be answered although somebody has the incident."""


def make(
    work: "Work", person: Person, rows: list[Waiting], incidents: Mapping[str, Incident]
) -> None:
    """One message to the person tells of all `rows`, over the channel that they prefer."""
    wanted = {row.notice.channel for row in rows}
    channel = next((name for name in person.channels if name in wanted), person.channels[0])
    made = Bundle(
        id=idempotency_id(f"bundle {person.id} {work.now_ns} {rows[0].row_id}")[:24],
        person_id=person.id,
        phone=phone(person),
        code=_fresh_code(work, phone(person)),
        created_ns=work.now_ns,
        count=len(incidents),
        outbox_id=0,
    )
    bundles.insert(work.connection, made)
    waiting.told(work.connection, rows, made.id, work.now_ns)
    _send(work, made, person, channel)
    for incident in incidents.values():
        note(work.connection, incident, "bundled", SYSTEM, person=person.id, bundle=made.id)


def undo(work: "Work", bundle_id: str, reason: str) -> bool:
    """Whether the bundle was not sent and is none any more; what it held has its turn at once."""
    found = bundles.find(work.connection, bundle_id)
    if found is None:
        return False
    owed = outbox.get(work.connection, found.outbox_id)
    if owed.attempt or owed.lease_until_ns is not None:
        return False
    failed = Report(DeliveryState.FAILED, reason, Source.ENGINE, work.now_ns)
    enter(work.connection, owed.outbox_id, failed, work.now_ns)
    outbox.settle(work.connection, owed.outbox_id, None)
    waiting.again(work.connection, waiting.of_bundle(work.connection, bundle_id), work.now_ns)
    work.owes = True
    return True


def fall_back(work: "Work", owed: Owed) -> None:
    """The bundle goes over the person's next channel, unless every one has been tried."""
    found = bundles.by_outbox(work.connection, owed.outbox_id)
    person = work.book.roster.get(owed.notice.person_id)
    if found is None or person is None:
        return
    later = person.channels[_position(person, owed.notice.channel) + 1 :]
    if later:
        _send(work, found, person, later[0])


def answer(work: "Work", bundle: Bundle, act: Act, by: str) -> str:
    """What became of an answer by `by` to the whole bundle: the act, or the question to ask back.

    Only taking them over can be meant for all.
    """
    if act is not Act.ACKNOWLEDGE:
        return Answer.WHICH.value
    members = {
        each.id: merging.standing(work.connection, each)
        for each in bundles.members(work.connection, bundle.id)
    }
    rows = waiting.of_bundle(work.connection, bundle.id)
    asking = {
        notice.incident_id
        for notice in (row.notice for row in rows if row.notice.purpose in _ASKS)
        if (incident := members.get(notice.incident_id))
        and incident.id == notice.incident_id
        and is_wanted(work, notice, incident)
    }
    waiting_ones = {
        incident.id
        for incident in members.values()
        if incident.state in ESCALATING or incident.id in asking
    }
    for incident_id in sorted(waiting_ones):
        work.act(incident_id, Command(Act.ACKNOWLEDGE, by=by))
    acked = Report(DeliveryState.ACKED, "answered", Source.PERSON, work.now_ns)
    enter(work.connection, bundle.outbox_id, acked, work.now_ns)
    return Act.ACKNOWLEDGE.value if waiting_ones else Answer.OVER.value


def _send(work: "Work", made: Bundle, person: Person, channel: ChannelName) -> None:
    """The bundle, as the tables have it, is owed to the person over `channel`."""
    rows = waiting.of_bundle(work.connection, made.id)
    incidents = bundles.members(work.connection, made.id)
    news: dict[str, News] = {}
    for row in rows:
        said = _NEWS.get(row.notice.purpose, News.ALARM)
        news[row.notice.incident_id] = min(said, news.get(row.notice.incident_id, said))
    entries = [_entry(work, person, each, news[each.id]) for each in incidents]
    words = Words(grouped(entries), len(entries), made.code)
    text = sms_bundle(words, person.lang) if is_short(channel) else full_bundle(words, person.lang)
    key = f"bundle.{made.id}.{channel}"
    message = Message(
        key=key,
        idempotency_id=idempotency_id(key),
        incident_id=None,
        person_id=person.id,
        channel=channel,
        purpose=Purpose.BUNDLE,
        tier=min((each.tier for each in incidents), default=Tier.GENERAL),
        generation=0,
        step=0,
        round=0,
        address=person.address(channel) or "",
        text=text,
        payload=_payload(work, made, text, incidents),
    )
    work.owes |= outbox.owe(work.connection, message, work.now_ns)
    owed = outbox.by_idempotency_id(work.connection, message.idempotency_id)
    if owed is not None:
        bundles.resend(work.connection, made.id, owed.outbox_id)


def _payload(work: "Work", made: Bundle, text: str, incidents: list[Incident]) -> dict[str, object]:
    return {
        "type": "bundle",
        "timestamp": work.book.iso(work.now_ns),
        "data": {
            "bundle": made.id,
            "person": made.person_id,
            "count": len(incidents),
            "incidents": [each.id for each in incidents[:_NAMED_MAX]],
            "code": made.code,
            "link": f"{work.book.public_url}/bundles/{made.id}",
            "text": text,
        },
    }


def _entry(work: "Work", person: Person, incident: Incident, news: News) -> Entry:
    plan, places = work.plan(incident), work.book.places
    building = "/".join(incident.subject.split("/")[:2])
    return Entry(
        tier=incident.tier,
        title=plan.title_zh if person.lang == "zh" else plan.title_en,
        place=places.label(incident.subject, person.lang),
        within=places.label(building, person.lang),
        news=news,
    )


def _fresh_code(work: "Work", number: str) -> str:
    try:
        return codes.fresh(work.connection, number, work.chance, work.now_ns)
    except CodesExhausted:
        return NO_CODE


def _position(person: Person, channel: ChannelName) -> int:
    return person.channels.index(channel) if channel in person.channels else -1
