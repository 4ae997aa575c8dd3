"""Asks the family how they found the service after a close, and takes each answer once.

Off unless `[feedback]` says so. Every function works inside its caller's transaction.
"""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import Struct, structs

from alerts.channels.base import Inbound
from alerts.escalate import Purpose
from alerts.incident import Incident, Outcome
from alerts.link import LinkClaim, LinkError, LinkFault, nonce, sign, verify
from alerts.plan import Role
from alerts.rating import COMMENT_MAX, Grade, invitation, question, rating
from alerts.roster import Person, recipients
from alerts.work_item import WorkClass
from edge.reading import DAY_NS, Tier
from gateway import work_items
from gateway.db import codes, incidents, outbox
from gateway.db.feedback_tables import feedback as table
from gateway.db.outbox import Message
from gateway.db.storable import storable
from gateway.db.timeline import note
from gateway.notices import idempotency_id, is_short, phone

if TYPE_CHECKING:
    from gateway.work import Work

ASKED_MAX = 3
"""Family members who are asked about one case."""


class Given(Struct, frozen=True):
    """What somebody answered."""

    grade: Grade
    comment: str


def ask(work: "Work", incident: Incident) -> None:
    """The family of the incident's home is owed the question, once for each close."""
    if not work.book.feedback.enabled or incident.outcome is Outcome.DRILL:
        return
    family = recipients(work.book.roster, (Role.FAMILY,), incident.subject)
    for person in [each for each in family if each.channels][:ASKED_MAX]:
        _ask_one(work, incident, person)


def _ask_one(work: "Work", incident: Incident, person: Person) -> None:
    key = f"feedback.{incident.id}.{incident.generation}.{person.id}"
    ours = nonce(work.book.secret, key)
    if work.connection.execute(sa.select(table).where(table.c.nonce == ours)).first():
        return
    expires_ns = work.now_ns + work.book.feedback.days * DAY_NS
    row = {
        "nonce": ours, "incident_id": incident.id, "generation": incident.generation,
        "person_id": person.id, "phone": phone(person), "issued_ns": work.now_ns,
        "expires_ns": expires_ns, "used_ns": None, "grade": "", "comment": "",
    }  # fmt: skip
    work.connection.execute(sa.insert(table).values(row))
    channel = person.channels[0]
    token = sign(work.book.secret, LinkClaim(ours, expires_ns))
    link = "" if is_short(channel) else f"{work.book.public_url}/f/{token}"
    text = (
        question(work.code(incident, person), person.lang) if not link else invitation(person.lang)
    )
    message = Message(
        key=key,
        idempotency_id=idempotency_id(key),
        incident_id=incident.id,
        person_id=person.id,
        channel=channel,
        purpose=Purpose.FEEDBACK,
        tier=Tier.GENERAL,
        generation=incident.generation,
        step=0,
        round=0,
        address=person.address(channel) or "",
        text=text,
        payload={
            "type": "feedback.asked",
            "timestamp": work.book.iso(work.now_ns),
            "data": {"person": person.id, "lang": person.lang, "text": text, "link": link},
        },
    )
    work.owes |= outbox.owe(work.connection, message, work.now_ns)


def take_reply(work: "Work", inbound: Inbound) -> str | None:
    """What became of a text that is a rating; None when nobody asked that phone for one."""
    said = rating(inbound.text)
    if said is None:
        return None
    asked = sa.select(table).where(
        table.c.phone == inbound.address, table.c.expires_ns > work.now_ns
    )
    if said.code is not None:
        meant = codes.meant(work.connection, inbound.address, said.code)
        if meant is None:
            return None
        asked = asked.where(table.c.incident_id == meant[0].id)
    rows = work.connection.execute(asked.order_by(table.c.issued_ns.desc())).mappings().all()
    waiting = [row for row in rows if row["used_ns"] is None]
    if not rows or len(waiting) > 1:
        return None
    if not waiting:
        return "feedback_repeated"
    give(work, waiting[0]["nonce"], Given(said.grade, ""))
    return "feedback"


def read(work: "Work", token: str) -> str:
    """The nonce of a link that may still be used.

    Raises:
        LinkError: forged, expired, used or unknown.
    """
    claim = verify(work.book.secret, token, work.now_ns)
    row = work.connection.execute(
        sa.select(table.c.used_ns).where(table.c.nonce == claim.nonce)
    ).first()
    if row is None:
        raise LinkError(LinkFault.UNKNOWN)
    if row.used_ns is not None:
        raise LinkError(LinkFault.USED)
    return claim.nonce


def give(work: "Work", of: str, given: Given) -> None:
    """The answer is kept, on the timeline, and used up; a bad one becomes a work item.

    Raises:
        LinkError: somebody else was faster.
    """
    comment = storable(given.comment, COMMENT_MAX)
    unused = sa.and_(table.c.nonce == of, table.c.used_ns.is_(None))
    values = {"used_ns": work.now_ns, "grade": given.grade.value, "comment": comment}
    if work.connection.execute(sa.update(table).where(unused).values(values)).rowcount != 1:
        raise LinkError(LinkFault.USED)
    row = work.connection.execute(sa.select(table).where(table.c.nonce == of)).mappings().one()
    incident = incidents.get(work.connection, row["incident_id"])
    noted = structs.replace(incident, changed_ns=work.now_ns)
    note(work.connection, noted, "feedback", row["person_id"], note=comment,
         grade=given.grade.value)  # fmt: skip
    work.changed.add(incident.id)
    if given.grade is Grade.UNSATISFIED:
        title = f"居民不满意：{comment}" if comment else "居民不满意，请回访"
        raised = work_items.Raised(WorkClass.SMALL, title, "", row["person_id"], incident.id)
        work_items.put(work.connection, raised, work.book.work_items, work.now_ns)
