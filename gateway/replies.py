"""Texts from people: stored once, acted on when they can mean one thing only.

A text that is not understood, or may mean several incidents, changes nothing and gets a
question back, at most a few an hour to one phone. Strangers get no answer.
"""

from collections.abc import Mapping
from types import MappingProxyType

import sqlalchemy as sa

from alerts.channels.base import Inbound
from alerts.escalate import Purpose
from alerts.incident import Command, IllegalAct, Incident
from alerts.message import Answer, answer_text
from alerts.plan import SMS
from alerts.reply import NotUnderstood, Puzzle, Understood, understand
from alerts.roster import Person
from edge.reading import DAY_NS, HOUR_NS, Tier
from gateway import absences, bundling, merging, resident
from gateway.campaign.asking import take_answer
from gateway.closing.feedback import take_reply
from gateway.db import bundles, codes, incidents, outbox
from gateway.db.bundles import Bundle
from gateway.db.outbox import Message
from gateway.db.storable import storable
from gateway.db.tables import inbox
from gateway.notices import idempotency_id, is_short, phone, phones
from gateway.work import Work

ANSWERS_PER_HOUR = 3
FRESH_NS = DAY_NS
"""A text without a code may be about anything that its phone was told of for so long."""
STRANGERS_MAX = 1_000
REPEATED = "repeated"
UNKNOWN_PHONE = "unknown_phone"
UNKNOWN_MESSAGE = "unknown_message"
_STORED_MAX = 1_000
_MATTERS_MAX = 20
"""Incidents, merged or not, that a text without a code is looked for in; more are several."""

_ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {puzzle.value: Answer.NOT_UNDERSTOOD for puzzle in Puzzle}
    | {answer.value: answer for answer in Answer}
)


def take(work: Work, channel: str, inbound: Inbound) -> str:
    """What became of the text: the act taken, or in one word why none was."""
    if _is_stored(work.connection, channel, inbound):
        return REPEATED
    checked = (
        take_reply(work, inbound)
        or absences.take_text(work, inbound)
        or resident.take_answer(work, inbound)
        or take_answer(work, inbound)
        or resident.cry_for_help(work, inbound)
    )
    result, incident_id = (checked, None) if checked else _act_on(work, inbound)
    work.connection.execute(
        sa.insert(inbox).values(
            channel=channel,
            provider_id=inbound.provider_id,
            address=storable(inbound.address, 64),
            text=storable(inbound.text, _STORED_MAX),
            at_ns=inbound.at_ns,
            received_ns=work.now_ns,
            result=result,
            incident_id=incident_id,
        )
    )
    if result in {UNKNOWN_PHONE, UNKNOWN_MESSAGE}:
        _forget_strangers(work.connection)
    if result in _ANSWERS:
        _answer(work, channel, inbound, _ANSWERS[result])
    return result


def _forget_strangers(connection: sa.Connection) -> None:
    """Texts of unknown phones or about nothing of ours stay few: the oldest make room."""
    strange = inbox.c.result.in_((UNKNOWN_PHONE, UNKNOWN_MESSAGE))
    newest_first = sa.select(inbox.c.id).where(strange).order_by(inbox.c.id.desc())
    too_old = connection.execute(newest_first.offset(STRANGERS_MAX).limit(1)).scalar()
    if too_old is not None:
        connection.execute(sa.delete(inbox).where(strange, inbox.c.id <= too_old))


def _is_stored(connection: sa.Connection, channel: str, inbound: Inbound) -> bool:
    query = sa.select(inbox.c.id).where(
        inbox.c.channel == channel, inbox.c.provider_id == inbound.provider_id
    )
    return connection.execute(query).first() is not None


def _act_on(work: Work, inbound: Inbound) -> tuple[str, str | None]:
    meaning = understand(inbound.text)
    person = _person(work, inbound.address)
    if _is_stranger(work, person, inbound.about):
        return UNKNOWN_PHONE, None
    if isinstance(meaning, NotUnderstood):
        return meaning.puzzle.value, None
    if bundle := _bundle(work, person, inbound.about, meaning):
        by = _by(work, bundle.person_id, person)
        return bundling.answer(work, bundle, meaning.said.act, by), None
    target = _told(work, inbound.about) if inbound.about else _target(work, person, meaning)
    if not isinstance(target, tuple):
        return target, None
    incident, by = merging.standing(work.connection, target[0]), _by(work, target[1], person)
    said = meaning.said
    try:
        work.act(incident.id, Command(said.act, by=by, outcome=said.outcome))
    except IllegalAct:
        return Answer.OVER.value, incident.id
    return said.act.value, incident.id


def _is_stranger(work: Work, person: Person | None, about: str) -> bool:
    """Whether it is nobody of the roster's, or an answer to one to somebody who has left it."""
    if not about:
        return person is None
    owed = outbox.by_idempotency_id(work.connection, about)
    return owed is not None and work.book.roster.get(owed.notice.person_id) is None


def _by(work: Work, told: str, person: Person | None) -> str:
    """Who answers: whoever was told, or once they have left, who has their telephone now."""
    return told if person is None or work.book.roster.get(told) else person.id


def _bundle(
    work: Work, person: Person | None, about: str | None, meaning: Understood
) -> Bundle | None:
    """The bundle that was answered as a whole, by its message or its code; None otherwise.

    A code that has been given again since then is about what it was given for last.
    """
    if about:
        owed = outbox.by_idempotency_id(work.connection, about)
        return bundles.by_message(work.connection, owed.outbox_id) if owed else None
    if person is None or meaning.code is None:
        return None
    found = bundles.meant(work.connection, phone(person), meaning.code)
    given_ns = codes.given_ns(work.connection, phone(person), meaning.code)
    return None if found is None or (given_ns or 0) > found.created_ns else found


def _told(work: Work, about: str) -> tuple[Incident, str] | str:
    """The incident that the message `about` told of, and whom; or why there is none."""
    owed = outbox.by_idempotency_id(work.connection, about)
    if owed is None or owed.incident_id is None:
        return UNKNOWN_MESSAGE
    return incidents.get(work.connection, owed.incident_id), owed.notice.person_id


def _target(work: Work, person: Person | None, meaning: Understood) -> tuple[Incident, str] | str:
    """The incident that a person means who names a code, or has one only; or the question."""
    number = phone(person) if person else ""
    if meaning.code is not None:
        meant = codes.meant(work.connection, number, meaning.code)
        return meant or Answer.NOT_UNDERSTOOD.value
    since_ns = work.now_ns - FRESH_NS
    if bundles.has_told(work.connection, number, since_ns):
        return Answer.WHICH.value
    perhaps = codes.spoken_of(work.connection, number, since_ns, limit=_MATTERS_MAX)
    matters = {merging.standing(work.connection, incident).id for incident, _ in perhaps}
    is_one = len(matters) == 1 and len(perhaps) < _MATTERS_MAX
    return perhaps[0] if is_one else Answer.WHICH.value


def _person(work: Work, address: str) -> Person | None:
    people = work.book.roster.person
    return next((person for person in people if address in phones(person)), None)


def _answer(work: Work, channel: str, inbound: Inbound, answer: Answer) -> None:
    """Ask back over the channel that the text came by, or by SMS where it was no text channel."""
    person = _person(work, inbound.address)
    name, address = _way_back(person, channel) if person else ("", None)
    if person is None or address is None:
        return
    hour_ago_ns = work.now_ns - HOUR_NS
    asked = outbox.count_since(work.connection, address, Purpose.QUESTION, hour_ago_ns)
    if asked >= ANSWERS_PER_HOUR:
        return
    key = idempotency_id(f"{channel}\n{inbound.provider_id}")
    message = Message(
        key=f"{Purpose.QUESTION}.{key}",
        idempotency_id=key,
        incident_id=None,
        person_id=person.id,
        channel=name,
        purpose=Purpose.QUESTION,
        tier=Tier.IMPORTANT,
        generation=0,
        step=0,
        round=0,
        address=address,
        text=answer_text(answer, person.lang),
        payload={},
    )
    work.owes |= outbox.owe(work.connection, message, work.now_ns)


def _way_back(person: Person, channel: str) -> tuple[str, str | None]:
    own = person.address(channel) if is_short(channel) else None
    return (channel, own) if own else (SMS, person.sms)
