"""Phones that fail: what providers and silence said of each person's addresses.

A person is passed over for first place while the address they prefer fails: its provider has
refused it for good, or two urgent messages in a row were never heard of again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from msgspec import Struct

from alerts.roster import Roster
from gateway.db.roster_tables import phone_fault as table
from gateway.db.storable import storable

UNHEARD_MAX = 2
_REASON_MAX = 200
_CLEAR_ALL = sa.delete(table).where(table.c.person_id == sa.bindparam("of"))
_CLEAR = _CLEAR_ALL.where(table.c.channel == sa.bindparam("on"))
_ALL = sa.select(table).order_by(table.c.since_ns, table.c.person_id)


class Fault(Struct, frozen=True):
    """What was said of one address of one person, since when."""

    person_id: str
    channel: str
    address: str
    refused: bool
    unheard: int
    since_ns: int
    reason: str

    @property
    def fails(self) -> bool:
        """Whether it is enough to pass the person over."""
        return self.refused or self.unheard >= UNHEARD_MAX


def blame(connection: sa.Connection, fault: Fault) -> None:
    """What `fault` adds to what is known of that address; another address begins anew."""
    known = _find(connection, fault.person_id, fault.channel)
    if known is not None and known.address == fault.address:
        fault = Fault(
            fault.person_id, fault.channel, fault.address, known.refused or fault.refused,
            known.unheard + fault.unheard, known.since_ns, fault.reason,
        )  # fmt: skip
    clear(connection, fault.person_id, fault.channel)
    values = {name: getattr(fault, name) for name in Fault.__struct_fields__}
    values["reason"] = storable(fault.reason, _REASON_MAX)
    connection.execute(sa.insert(table).values(values))


def accepted(connection: sa.Connection, person_id: str, channel: str) -> None:
    """Its provider takes messages for that address again; whether they arrive is not known."""
    mine = sa.and_(table.c.person_id == person_id, table.c.channel == channel)
    connection.execute(sa.update(table).where(mine).values(refused=False))


def clear(connection: sa.Connection, person_id: str, channel: str | None = None) -> int:
    """Nothing is held against that address, or any of that person; returns how many were."""
    if channel is None:
        return connection.execute(_CLEAR_ALL, {"of": person_id}).rowcount
    return connection.execute(_CLEAR, {"of": person_id, "on": channel}).rowcount


def faults(connection: sa.Connection, roster: Roster) -> list[Fault]:
    """Addresses that fail and are still those of the roster, whether preferred or not."""
    found = [Fault(**row) for row in connection.execute(_ALL).mappings()]
    return [fault for fault in found if fault.fails and _is_current(roster, fault)]


def failing(connection: sa.Connection, roster: Roster) -> frozenset[str]:
    """Who is not being reached at the address they prefer."""
    return preferred(faults(connection, roster), roster)


def preferred(found: Sequence[Fault], roster: Roster) -> frozenset[str]:
    """Those of `found` whose preferred address it is."""
    return frozenset(
        fault.person_id
        for fault in found
        if (person := roster.get(fault.person_id)) and person.channels[0] == fault.channel
    )


def _is_current(roster: Roster, fault: Fault) -> bool:
    person = roster.get(fault.person_id)
    return person is not None and person.address(fault.channel) == fault.address


def _find(connection: sa.Connection, person_id: str, channel: str) -> Fault | None:
    query = sa.select(table).where(table.c.person_id == person_id, table.c.channel == channel)
    row = connection.execute(query).mappings().first()
    return None if row is None else Fault(**row)
