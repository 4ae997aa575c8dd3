"""外出报备 by text: a resident says that they are away or back, and the registry knows it.

What was written is kept in the transaction that takes the text; the registry, a writer of its
own, follows within a minute, and only then is the resident told that it is so.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from alerts.absence import Away, read
from alerts.calendar import midnight_ns
from alerts.channels.base import Inbound
from alerts.check import CallState
from alerts.message import Lang
from edge.clock import Clock
from edge.reading import SECOND_NS, Tier
from gateway import resident
from gateway.campaign import consents
from gateway.campaign.asking import Asked, tell
from gateway.db import outbox
from gateway.db.absence_tables import absence_request as table
from gateway.db.engine import reading
from gateway.notices import phones
from gateway.registry import absence
from gateway.registry.card import Impossible
from gateway.registry.office import Office, Why
from gateway.rounds import look_around

if TYPE_CHECKING:
    from gateway.engine import Engine
    from gateway.work import Work

A_LOOK = 100
"""Requests that one look sees to; the rest wait for the next."""
DONE = "done"
_SAID: dict[tuple[str, Lang], str] = {
    ("away", "zh"): "已登记外出至{last}，期间不因未用水打扰。提前回家请回复：回来了",
    ("away", "en"): "Noted: away until {last}. If you are home before, reply: back",
    ("back", "zh"): "已登记您回家，祝安好",
    ("back", "en"): "Noted: you are home. Be well",
    ("refused", "zh"): "未能登记外出，请联系社区",
    ("refused", "en"): "It could not be noted; please call the community office",
}


def take_text(work: "Work", inbound: Inbound) -> str | None:
    """What became of a resident's word about being away; None where the text is about another.

    Taken from the number of one consenting home only, and from nobody of the staff.
    """
    said = read(inbound.text, work.book.local(work.now_ns).date())
    if said is None or inbound.about or not work.book.takes_absences:
        return None
    staff = {number for person in work.book.roster.person for number in phones(person)}
    homes = consents.at(work.connection, inbound.address)
    if inbound.address in staff or len(homes) != 1:
        return None
    until_ns = None
    if isinstance(said, Away):
        until_ns = midnight_ns(said.last + timedelta(days=1), work.book.zone)
    row = {
        "subject": homes[0], "until_ns": until_ns, "made_ns": work.now_ns, "done_ns": None,
        "result": "",
    }  # fmt: skip
    work.connection.execute(sa.insert(table).values(row))
    resident.answered(work, inbound, CallState.SAFE)
    return "absence" if isinstance(said, Away) else "absence_over"


class AbsenceClerk:
    """Brings what residents wrote into the registry, oldest first, and tells them so."""

    def __init__(
        self, engine: "Engine", office: Office, *, clock: Clock, leads: Callable[[], bool]
    ) -> None:
        self._engine = engine
        self._office = office
        self._clock = clock
        self._leads = leads

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        await look_around(self.look, "absences", self._clock)

    def look(self, now_ns: int) -> None:
        """See to what waits; a kill in the middle has the same done again, to the same end."""
        if not self._leads():
            return
        with reading(self._engine.database) as connection:
            query = sa.select(table).where(table.c.done_ns.is_(None)).order_by(table.c.id)
            waiting = connection.execute(query.limit(A_LOOK)).mappings().all()
        for row in waiting:
            self._settle(row, self._register(row, now_ns), now_ns)

    def _register(self, row: sa.RowMapping, now_ns: int) -> str:
        code = row["subject"].rpartition("/")[2]
        over = row["until_ns"] is None
        why = Why("resident", "absence_over" if over else "absence", "by text message")
        try:
            self._office.change_unit(code, lambda unit: _changed(unit, row, now_ns), why, now_ns)
        except Impossible as impossible:
            return impossible.code
        return DONE

    def _settle(self, row: sa.RowMapping, result: str, now_ns: int) -> None:
        with self._engine.working(now_ns) as work:
            ours = sa.and_(table.c.id == row["id"], table.c.done_ns.is_(None))
            values = {"done_ns": now_ns, "result": result[:32]}
            work.connection.execute(sa.update(table).where(ours).values(values))
            home = consents.of(work.connection, row["subject"])
            if home is not None:
                asked = Asked(f"absence.{row['id']}", row["subject"], home, "")
                message = tell(asked, _said(work, row, result, home.lang), Tier.IMPORTANT)
                work.owes |= outbox.owe(work.connection, message, now_ns)
        self._engine.counts["absence", result] += 1


def _changed(unit: Any, row: sa.RowMapping, now_ns: int) -> dict[str, Any]:
    if row["until_ns"] is None:
        return absence.back(unit, now_ns)
    return absence.declared(unit, (row["made_ns"], row["until_ns"]), now_ns)


def _said(work: "Work", row: sa.RowMapping, result: str, lang: Lang) -> str:
    if result not in {DONE, "not_away"}:
        return _SAID["refused", lang]
    if row["until_ns"] is None:
        return _SAID["back", lang]
    last = work.book.local(row["until_ns"] - SECOND_NS)
    return _SAID["away", lang].format(last=f"{last:%m-%d}")
