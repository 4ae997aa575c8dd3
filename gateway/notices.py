"""From a notice to a message: address, words, reply code and one-time link.

The words are fixed when the message is owed, so that every try says the same.
"""

from dataclasses import dataclass
from hashlib import blake2b

import sqlalchemy as sa

from alerts.channels.catalog import kinds
from alerts.channels.sms import national
from alerts.code import Chance, CodesExhausted
from alerts.escalate import Notice, Purpose
from alerts.incident import Incident
from alerts.link import LinkClaim, nonce, sign
from alerts.message import Card, Lang, full_text, mark, missed_words, sms_text
from alerts.plan import ChannelName, ClockKind, Plan
from alerts.roster import Person
from edge.reading import Timeliness
from gateway.book import Book
from gateway.db import codes
from gateway.db.outbox import Message
from gateway.db.tables import link as link_table
from gateway.drills import is_drill

_TOLD_ONLY = frozenset({Purpose.STAND_DOWN, Purpose.TAKEN, Purpose.SHIFT_END})
_ISSUE = sa.insert(link_table)
NO_CODE = "0000"
"""Stands where a code would when none is left for a phone; it is never itself a code."""


def idempotency_id(key: str) -> str:
    """What a provider knows the message of `key` by, on every try: 25 safe characters."""
    return f"n{blake2b(key.encode(), digest_size=12).hexdigest()}"


def phones(person: Person) -> tuple[str, ...]:
    """The numbers that text messages reach this person at, in national form; may be none."""
    numbers = (person.address(name) for name in person.channels if is_short(name))
    return tuple(dict.fromkeys(national(number) for number in numbers if number))


def phone(person: Person) -> str:
    """What reply codes are kept by: the first number, or the person without one."""
    return next(iter(phones(person)), person.id)


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes messages; takes codes and links from the tables in the caller's transaction."""

    connection: sa.Connection
    book: Book
    chance: Chance
    now_ns: int

    def compose(self, incident: Incident, notice: Notice) -> Message | None:
        """The message of `notice`; None when its person or address has left the roster."""
        person = self.book.roster.get(notice.person_id)
        address = person.address(notice.channel) if person else None
        if person is None or address is None:
            return None
        card = self._card(incident, notice, person)
        by_text = is_short(notice.channel)
        return Message(
            key=notice.key,
            idempotency_id=idempotency_id(notice.key),
            incident_id=incident.id,
            person_id=person.id,
            channel=notice.channel,
            purpose=notice.purpose,
            tier=incident.tier,
            generation=notice.generation,
            step=notice.step,
            round=notice.round,
            address=address,
            text=sms_text(card, person.lang) if by_text else full_text(card, person.lang),
            payload=self._payload(incident, card, person),
        )

    def _card(self, incident: Incident, notice: Notice, person: Person) -> Card:
        plan = self.book.plan_of(self.connection, incident)
        chinese = person.lang == "zh"
        return Card(
            purpose=notice.purpose,
            tier=incident.tier,
            place=self.book.places.label(incident.subject, person.lang),
            title=plan.title_zh if chinese else plan.title_en,
            short=_short(plan, notice, person.lang),
            action=_action(plan, notice, person.lang),
            sentence=incident.sentence_zh if chinese else incident.sentence_en,
            at=f"{self.book.local(incident.opened_ns):%H:%M}",
            since=f"{self.book.local(incident.since_ns):%m-%d %H:%M}",
            late=incident.timeliness is not Timeliness.LIVE,
            code=self.code(incident, person),
            link="" if is_short(notice.channel) else self._link(incident, notice),
            drill=is_drill(incident.rule),
            owner=self._owner(incident),
        )

    def _owner(self, incident: Incident) -> str:
        owner = self.book.roster.get(incident.owner or "")
        return owner.name if owner else incident.owner or ""

    def code(self, incident: Incident, person: Person) -> str:
        """The code by which `person` names the incident; `NO_CODE` when none is left."""
        asked = codes.Asked(phone(person), incident.id, person.id)
        try:
            return codes.code_for(self.connection, asked, self.chance, self.now_ns)
        except CodesExhausted:
            return NO_CODE

    def _link(self, incident: Incident, notice: Notice) -> str:
        claim = LinkClaim(nonce(self.book.secret, notice.key), self.now_ns + self.book.link_life_ns)
        if notice.purpose in _TOLD_ONLY:
            return f"{self.book.public_url}/incidents/{incident.id}"
        self.connection.execute(
            _ISSUE,
            {
                "nonce": claim.nonce,
                "incident_id": incident.id,
                "person_id": notice.person_id,
                "issued_ns": self.now_ns,
                "expires_ns": claim.expires_ns,
            },
        )
        return f"{self.book.public_url}/a/{sign(self.book.secret, claim)}"

    def _payload(self, incident: Incident, card: Card, person: Person) -> dict[str, object]:
        return {
            "type": f"incident.{card.purpose}",
            "timestamp": self.book.iso(self.now_ns),
            "data": {
                "incident": incident.id,
                "tier": int(card.tier),
                "category": incident.category,
                "person": person.id,
                "lang": person.lang,
                "drill": card.drill,
                "place": mark(card.drill, person.lang) + card.place,
                "title": mark(card.drill, person.lang) + card.title,
                "short": card.short,
                "at": card.at,
                "late": card.late,
                "evidence": card.sentence,
                "action": card.action,
                "since": self.book.iso(incident.since_ns),
                "opened": self.book.iso(incident.opened_ns),
                "code": card.code,
                "link": card.link,
                "text": full_text(card, person.lang),
            },
        }


def _short(plan: Plan, notice: Notice, lang: Lang) -> str:
    """The order in few words; of something overdue, what has not been done."""
    if notice.purpose is Purpose.OVERDUE:
        return missed_words(tuple(ClockKind)[notice.step], lang)
    return plan.short_zh if lang == "zh" else plan.short_en


def _action(plan: Plan, notice: Notice, lang: Lang) -> str:
    """The order in full: that of the step, where it has one of its own."""
    steps = plan.step[notice.step : notice.step + 1] if notice.purpose is Purpose.ALERT else ()
    for step in steps:
        if step.do_zh:
            return step.do_zh if lang == "zh" else step.do_en
    return plan.action_zh if lang == "zh" else plan.action_en


def is_short(channel: ChannelName) -> bool:
    """Whether the channel carries one text message."""
    kind = kinds().get(channel)
    return kind is not None and kind.short
