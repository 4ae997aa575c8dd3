"""One-time links as the tables know them: to whom issued, for which incident, and if used."""

from dataclasses import dataclass

import sqlalchemy as sa

from alerts.incident import Incident
from alerts.link import LinkError, LinkFault, verify
from gateway import merging
from gateway.book import Book
from gateway.db import incidents
from gateway.db.tables import link as table


@dataclass(frozen=True, slots=True)
class LinkView:
    """An unused link: what it would acknowledge, and for whom."""

    nonce: str
    incident: Incident
    person_id: str


def read(connection: sa.Connection, book: Book, token: str, now_ns: int) -> LinkView:
    """What `token` stands for.

    Raises:
        LinkError: forged, expired, used or unknown, or its person has left: their answer would
            stop a plan that has to find somebody else.
    """
    claim = verify(book.secret, token, now_ns)
    row = connection.execute(sa.select(table).where(table.c.nonce == claim.nonce)).first()
    if row is None:
        raise LinkError(LinkFault.UNKNOWN)
    if row.used_ns is not None:
        raise LinkError(LinkFault.USED)
    if book.roster.get(row.person_id) is None:
        raise LinkError(LinkFault.LEFT)
    incident = merging.standing(connection, incidents.get(connection, row.incident_id))
    return LinkView(claim.nonce, incident, row.person_id)


def spend(connection: sa.Connection, view: LinkView, now_ns: int) -> None:
    """The link is used.

    Raises:
        LinkError: somebody else was faster.
    """
    spent = connection.execute(
        sa.update(table)
        .where(table.c.nonce == view.nonce, table.c.used_ns.is_(None))
        .values(used_ns=now_ns)
    )
    if spent.rowcount != 1:
        raise LinkError(LinkFault.USED)
