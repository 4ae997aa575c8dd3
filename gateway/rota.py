"""The roster as it is run by: the file with the changes made by hand, swapped without a restart.

Each change is one transaction with its line in the history. Another gateway on the same database
goes by it within half a minute.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from alerts.cover import Cover
from alerts.roster import Person, Roster
from alerts.roster_edit import Edit, EditField, RefusedEdit, edited, said, standing
from edge.clock import Clock, sleep
from gateway import tenancy
from gateway.covering import Asked, Covering
from gateway.db import phones
from gateway.db import roster_edits as rows
from gateway.db.engine import reading, writing
from gateway.db.roster_edits import Change
from gateway.db.storable import storable
from gateway.db.timeline import SYSTEM
from gateway.engine import Engine, announce
from gateway.health import Pulse
from gateway.work import Work

log = logging.getLogger(__name__)

REFRESH_S = 30.0
WHY_MAX = 200


class NoSuchPersonError(LookupError):
    """Nobody of that id is in the roster."""


@dataclass(frozen=True, slots=True)
class Why:
    """Who asks for a change, and the reason they give."""

    by: str
    why: str = ""


class Rota:
    """The people of one engine; `version` is that of the newest change it goes by."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.version = -1
        self._engine = engine
        self._clock = clock
        self._file = engine.book.roster
        self._covering = Covering()
        self._lapse()
        self.refresh()
        with engine.working(clock.now_ns()) as work:
            tenancy.pass_on(work.connection, work.book, work.now_ns)

    async def run(self) -> None:
        """Go by what other gateways have changed, until cancelled."""
        while True:
            await sleep(self._clock, REFRESH_S)
            self.refresh()

    def refresh(self) -> None:
        """The engine goes by the newest change in the database."""
        with reading(self._engine.database) as connection:
            version = rows.newest(connection)
            if version == self.version:
                return
            edits = rows.load(connection)
        self._adopt(edited(self._file, standing(self._file, edits)), version)

    def put(self, person_id: str, field: EditField, value: Any, why: Why) -> Person:
        """That field of that person is `value`, in the form of roster.toml, from now on.

        Raises:
            NoSuchPersonError: nobody of that id is in the file.
            alerts.roster_edit.RefusedEdit: the roster would not be one; nothing changed.
        """
        known = self._known(person_id)
        edit = Edit(person_id, field, value, said(known, field))
        return self._change(edit, f"put_{field}", why)

    def withdraw(self, person_id: str, field: EditField, why: Why) -> Person:
        """That field of that person is what the file says again.

        Raises:
            NoSuchPersonError: nobody of that id is in the file.
        """
        word = said(self._known(person_id), field)
        return self._change(Edit(person_id, field, word, word), f"withdraw_{field}", why)

    def reset_phones(self, person_id: str, why: Why) -> int:
        """Nothing is held against that person's addresses; returns how many were.

        Raises:
            NoSuchPersonError: nobody of that id is in the file.
        """
        self._known(person_id)
        now_ns = self._clock.now_ns()
        with self._engine.working(now_ns) as work:
            reset = phones.clear(work.connection, person_id)
            version = _noted(work, "reset_phones", person_id, why)
        self._adopt(self._engine.book.roster, version)
        return reset

    def failing(self) -> frozenset[str]:
        """Whose phone fails."""
        with reading(self._engine.database) as connection:
            return phones.failing(connection, self._engine.book.roster)

    def cover(self) -> Cover | None:
        """The gaps of the next 90 days; None without a registry. Remembered for up to an hour."""
        book = self._engine.book
        if book.registry is None:
            return None
        with reading(self._engine.database) as connection:
            plans = book.plans_in_force(connection)
            failing = phones.failing(connection, book.roster)
        asked = Asked(plans, book, book.registry, failing)
        return self._covering.now(asked, self._clock.now_ns())

    def told(self, pulse: Pulse) -> Pulse:
        """`pulse` with what is wrong with the people of the plans."""
        found = self.cover()
        return structs.replace(
            pulse, unreached=len(self.failing()), uncovered=found.count if found else 0
        )

    def _known(self, person_id: str) -> Person:
        known = self._file.get(person_id)
        if known is None:
            raise NoSuchPersonError(person_id)
        return known

    def _change(self, edit: Edit, act: str, why: Why) -> Person:
        now_ns = self._clock.now_ns()
        with self._engine.working(now_ns) as work:
            others = [e for e in rows.load(work.connection) if not _is_same(e, edit)]
            roster = edited(self._file, [*standing(self._file, others), edit])
            if edit.value == edit.base:
                rows.drop(work.connection, edit.person_id, edit.field)
            else:
                rows.put(work.connection, edit)
            version = _noted(work, act, edit.person_id, why)
            book = replace(work.book, roster=roster)
            tenancy.retime(work.connection, book, [edit.person_id], now_ns)
        self._adopt(roster, version)
        person = roster.get(edit.person_id)
        assert person is not None  # noqa: S101  (a change removes nobody)
        return person

    def _lapse(self) -> None:
        """Changes that the file has outdated are gone, and the history says so."""
        with writing(self._engine.database) as connection:
            known = rows.load(connection)
            kept = standing(self._file, known)
            for edit in (each for each in known if each not in kept):
                person, field = edit.person_id, edit.field
                log.warning("roster.toml says otherwise: %s of %s has lapsed", field, person)
                rows.drop(connection, person, field)
                version, at_ns = rows.newest(connection) + 1, self._clock.now_ns()
                why = "roster.toml says otherwise"
                rows.note(
                    connection, Change(version, at_ns, SYSTEM, f"lapse_{field}", person, why, {})
                )

    def _adopt(self, roster: Roster, version: int) -> None:
        self.version = version
        self._engine.book = replace(self._engine.book, roster=roster)
        announce(self._engine, frozenset())


def _is_same(one: Edit, other: Edit) -> bool:
    return (one.person_id, one.field) == (other.person_id, other.field)


def _noted(work: Work, act: str, person_id: str, why: Why) -> int:
    version = rows.newest(work.connection) + 1
    text = storable(why.why, WHY_MAX)
    rows.note(work.connection, Change(version, work.now_ns, why.by, act, person_id, text, {}))
    return version


__all__ = ["NoSuchPersonError", "RefusedEdit", "Rota", "Why"]
