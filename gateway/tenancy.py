"""The hand-over's rows kept in step with each change of an incident, in its transaction."""

import sqlalchemy as sa
from msgspec import structs

from alerts.handover import HELD, begun
from alerts.incident import Act, Command, Incident
from gateway.book import Book
from gateway.db import tenures

_CLAIMS = frozenset({Act.ACKNOWLEDGE, Act.ARRIVE})


def follow(connection: sa.Connection, book: Book, before: Incident, after: Incident) -> None:
    """Whoever owns the incident now holds it until the end of their duty.

    Who has left the roster holds it until it is somebody else's.
    """
    if after.owner is None and before.owner is None:
        return
    held = tenures.find(connection, after.id)
    if after.state in HELD and held is not None and held.person_id == after.owner:
        return
    owner = book.roster.get(after.owner or "")
    if after.state not in HELD or owner is None:
        tenures.drop(connection, after.id)
    else:
        tenures.put(connection, begun(after.id, owner, book.zone, after.changed_ns))


def claimed(
    connection: sa.Connection, book: Book, before: Incident, after: Incident, command: Command
) -> Incident:
    """`after`, with whoever has just answered an offer of it as its owner.

    The one whose duty is over may go on answering: that leaves the offer as it is.
    """
    if command.act not in _CLAIMS or before.owner is None:
        return after
    held = tenures.find(connection, before.id)
    if held is None or held.due_ns is None:
        return after
    if command.by == held.person_id and command.by not in held.tried:
        return after
    if person := book.roster.get(command.by):
        tenures.put(connection, begun(before.id, person, book.zone, after.changed_ns))
    return structs.replace(after, owner=command.by)


def retime(connection: sa.Connection, book: Book, people: list[str], now_ns: int) -> None:
    """What `people` hold ends with their duty as the roster has it now."""
    for held in tenures.of_people(connection, people):
        if owner := book.roster.get(held.person_id):
            tenures.put(connection, begun(held.incident_id, owner, book.zone, now_ns))
        else:
            tenures.put(connection, structs.replace(held, ends_ns=now_ns))


def pass_on(connection: sa.Connection, book: Book, now_ns: int) -> None:
    """What is held by people who have left the roster is due to be offered to others."""
    stay = {person.id for person in book.roster.person}
    left = [who for who in tenures.holders(connection) if who not in stay]
    retime(connection, book, left, now_ns)
