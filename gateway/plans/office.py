"""Where plans change: one person proposes, another approves, and new incidents go by it.

The only writer of plans. Each act is one transaction; a version once in force is kept whole.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import structs

from alerts.channels.catalog import kinds
from alerts.plan import Plans
from alerts.plan_check import Manned, PlanProblem, problems
from edge.settings import ConfigError, parse
from gateway import proposing
from gateway.db import plans as rows
from gateway.db.engine import writing
from gateway.db.plans import PROPOSALS, Proposal, Version
from gateway.db.proposals import Fate
from gateway.engine import Engine
from gateway.proposing import Decision, Refused
from gateway.registry.office import SYSTEM, digest

log = logging.getLogger(__name__)

_DOCUMENT = Path("plans")


class NotValid(Refused):
    """What would be put in force is not whole; `problems` says what to mend."""

    def __init__(self, why: str, found: list[PlanProblem]) -> None:
        super().__init__("not_valid", why)
        self.problems = found


def open_plans(database: sa.Engine, file: Mapping[str, Any], now_ns: int) -> None:
    """The database has plans: its own, or the file's where that is new or has a higher version.

    A file of an old version that says something else than when it was taken changes nothing;
    that is logged.
    """
    with writing(database) as connection:
        newest, taken = rows.newest(connection), rows.last_file(connection)
        if newest is None or int(file["version"]) > newest:
            made = Version(
                int(file["version"]), now_ns, SYSTEM, SYSTEM, "taken from the file", digest(file)
            )
            rows.add_version(connection, made, dict(file))
        elif taken is None or taken.file != digest(file):
            log.warning(
                "plans.toml is not what was taken, and version %d is in force; give the file a "
                "higher version to put it in force, or propose the change",
                newest,
            )


class PlanOffice:
    """Proposals and decisions about the plans that `engine` goes by.

    By its roster a person is one whatever the login.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check(self, table: Mapping[str, Any]) -> list[PlanProblem]:
        """Everything that keeps `table`, a whole document, from being put in force."""
        try:
            found = parse(dict(table), Plans, _DOCUMENT)
        except ConfigError as error:
            return [PlanProblem(f.key, f.problem, f.remedy) for f in error.faults]
        people = self._engine.book.roster.person
        roles = frozenset(role for person in people for role in person.roles)
        return problems(found, Manned(roles, frozenset(kinds())))

    def propose(self, change: Mapping[str, Any], by: str, why: str, now_ns: int) -> int:
        """A proposal, by number: `change` is a whole document, or one plan (which has an `id`).

        Raises:
            NotValid: it has problems.
            Refused: too many proposals wait.
        """
        with writing(self._engine.database) as connection:
            base = rows.newest(connection)
            before = None if base is None else rows.document(connection, base)
            if base is None or before is None:
                raise Refused("no_plans", "this gateway stores no plans")
            table = {**_merged(before, change), "version": base + 1}
            self._require(table, "the plans have problems")
            made = Proposal(at_ns=now_ns, by=by, why=why, base=base)
            body = msgspec.json.encode(table).decode()
            return proposing.propose(PROPOSALS, connection, made, body=body)

    def approve(self, number: int, by: str, why: str, now_ns: int) -> Version:
        """The proposal is in force for new incidents.

        Raises:
            NotValid: it has problems by now.
            Refused: there is none, it was decided, it is one's own, or the plans have moved on.
        """
        with writing(self._engine.database) as connection:
            asked = proposing.found(PROPOSALS, connection, number)
            proposing.another(asked, by, self._engine.book.roster)
            if rows.newest(connection) != asked.base:
                raise Refused("moved_on", f"it was made from version {asked.base}; propose anew")
            table = rows.proposed(connection, number)
            self._require(table, "the plans have problems by now")
            made = Version(asked.base + 1, now_ns, asked.by, by, asked.why)
            approved = proposing.decided(asked, Fate.APPROVED, Decision(by, why, now_ns))
            approved = structs.replace(approved, version=made.version)
            proposing.move(PROPOSALS, connection, approved)
            rows.add_version(connection, made, table)
        return made

    def reject(self, number: int, by: str, why: str, now_ns: int) -> Proposal:
        """The proposal is over; whoever made it may take it back so.

        Raises:
            Refused: there is none, or it was decided.
        """
        with writing(self._engine.database) as connection:
            return proposing.reject(PROPOSALS, connection, number, Decision(by, why, now_ns))

    def _require(self, table: Mapping[str, Any], why: str) -> None:
        if found := self.check(table):
            raise NotValid(why, found)


def _merged(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`change` itself, or `before` with that one plan put in the place of its namesake."""
    if "id" not in change:
        return dict(change)
    ids = [plan["id"] for plan in before["plan"]]
    if change["id"] not in ids:
        return {**before, "plan": [*before["plan"], change]}
    put = [change if plan["id"] == change["id"] else plan for plan in before["plan"]]
    return {**before, "plan": put}
