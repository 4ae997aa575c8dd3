"""One-time links as the tables know them: to whom issued, for which incident, and if used."""

from dataclasses import dataclass

import sqlalchemy as sa

from alerts.incident import Incident
from alerts.link import LinkError, LinkFault, verify
from gateway.db import incidents
from gateway.db.tables import link as table


@dataclass(frozen=True, slots=True)
class LinkView:
    """An unused link: what it would acknowledge, and for whom."""

    nonce: str
    incident: Incident
    person_id: str


def read(connection: sa.Connection, secret: bytes, token: str, now_ns: int) -> LinkView:
    """What `token` stands for.

    Raises:
        LinkError: forged, expired, used or unknown.
    """
    claim = verify(secret, token, now_ns)
    row = connection.execute(sa.select(table).where(table.c.nonce == claim.nonce)).first()
    if row is None:
        raise LinkError(LinkFault.UNKNOWN)
    if row.used_ns is not None:
        raise LinkError(LinkFault.USED)
    return LinkView(claim.nonce, incidents.get(connection, row.incident_id), row.person_id)


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
