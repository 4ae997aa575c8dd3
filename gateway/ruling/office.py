"""Where it is decided which rules speak: one person proposes, another approves, one rolls back.

What is decided stands in the registry that edges are pushed, signed and versioned, in the
transaction that decides it; the registry's changes say who did what and why.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from msgspec import structs

from alerts.roster import Roster
from edge.given_rules import GIVEN_MAX
from edge.mode import IN, Mode, rule_in
from edge.rule_names import faults_of, tunable_rules
from gateway.db import rule_proposals as rows
from gateway.db.engine import reading, writing
from gateway.db.rule_proposals import Fate, RuleProposal
from gateway.registry.card import Impossible
from gateway.registry.office import Office, Why

OPEN_MAX = 50

Modes = Mapping[str, Mode | None]
"""Of rules, or rules in one home; None where none is given any more."""


class Refused(Exception):  # noqa: N818  (the caller's mistake or a lost race, not a fault of ours)
    """The rules stay as they are; `code` says why in one word."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class RuleOffice:
    """Proposals and decisions about the rules of the site whose registry `office` holds.

    By `roster` a person is one whatever the login.
    """

    def __init__(self, office: Office, roster: Roster) -> None:
        self._office = office
        self._roster = roster

    @property
    def modes(self) -> Mapping[str, str]:
        """The modes that were decided on, by rule or rule@home."""
        modes: Mapping[str, str] = self._given.get("modes", {})
        return modes

    @property
    def _given(self) -> Mapping[str, Any]:
        given: Mapping[str, Any] = self._office.held.sections.get("rules", {})
        return given

    def propose(self, changes: Mapping[str, Mode], by: str, why: str, now_ns: int) -> int:
        """A proposal, by number.

        Raises:
            Refused: there is no such rule or home, it may not be so, it is so already, or too many
                proposals wait.
        """
        self._check(changes)
        with writing(self._office.database) as connection:
            if rows.count_open(connection) >= OPEN_MAX:
                raise Refused("too_many", f"{OPEN_MAX} proposals wait to be decided")
            return rows.add(connection, RuleProposal(0, now_ns, by, why, dict(changes)))

    def approve(self, number: int, by: str, why: str, now_ns: int) -> RuleProposal:
        """The proposal goes to the edges, as another version of the registry.

        Raises:
            Refused: there is none, it was decided, it is one's own, or can be no longer.
        """

        def act(connection: sa.Connection, given: Mapping[str, Any], version: int) -> Any:
            asked = _in_state(connection, number, Fate.OPEN)
            if self._roster.same_person(asked.by, by):
                raise Refused("own_proposal", "somebody else has to approve it")
            self._check(asked.changes)
            modes = given.get("modes", {})
            before = {name: modes.get(name) for name in asked.changes}
            made = structs.replace(
                asked, state=Fate.APPROVED, before=before, decided_ns=now_ns, decided_by=by,
                decided_why=why, version=version,
            )  # fmt: skip
            _move(connection, made, Fate.OPEN)
            return _with_modes(given, asked.changes)

        self._change(act, Why(by, "rule_approve", why, {"proposal": number}), now_ns)
        return self._read(number)

    def reject(self, number: int, by: str, why: str, now_ns: int) -> RuleProposal:
        """The proposal is over; whoever made it may take it back so.

        Raises:
            Refused: there is none, or it was decided.
        """
        with writing(self._office.database) as connection:
            asked = _in_state(connection, number, Fate.OPEN)
            made = structs.replace(
                asked, state=Fate.REJECTED, decided_ns=now_ns, decided_by=by, decided_why=why
            )
            _move(connection, made, Fate.OPEN)
        return made

    def roll_back(self, number: int, by: str, why: str, now_ns: int) -> RuleProposal:
        """What was approved is as it was before, by one person: that state is known.

        Raises:
            Refused: there is none, it is not in force, or a later one about the same rule is.
        """

        def act(connection: sa.Connection, given: Mapping[str, Any], _: int) -> Any:
            asked = _in_state(connection, number, Fate.APPROVED)
            for later in rows.in_force(connection, number):
                if later.changes.keys() & asked.changes.keys():
                    raise Refused("not_the_last", f"roll back number {later.id} first")
            undone = structs.replace(
                asked, state=Fate.UNDONE, undone_ns=now_ns, undone_by=by, undone_why=why
            )
            _move(connection, undone, Fate.APPROVED)
            return _with_modes(given, asked.before)

        self._change(act, Why(by, "rule_roll_back", why, {"proposal": number}), now_ns)
        return self._read(number)

    def reset(self, rule: str, by: str, why: str, now_ns: int) -> None:
        """What outcomes made of `rule`, or of rule@home, is as agreed again, at every edge.

        Raises:
            Refused: outcomes never move that rule, or there is no such home.
        """
        if rule_in(rule) not in tunable_rules():
            raise Refused("not_tuned", f"{rule} is never moved by outcomes")
        self._check_home(rule)

        def act(_: sa.Connection, given: Mapping[str, Any], __: int) -> Any:
            agreed = given.get("agreed", {})
            return {**given, "agreed": {**agreed, rule: agreed.get(rule, 0) + 1}}

        self._change(act, Why(by, "rule_reset", why, {"rule": rule}), now_ns)

    def _change(self, act: Any, why: Why, now_ns: int) -> None:
        try:
            self._office.change_rules(act, why, now_ns)
        except Impossible as impossible:
            raise Refused(impossible.code, impossible.detail) from None

    def _read(self, number: int) -> RuleProposal:
        with reading(self._office.database) as connection:
            found = rows.get(connection, number)
        if found is None:
            raise Refused("no_such_proposal", "there is no proposal of that number")
        return found

    def _check(self, changes: Mapping[str, Mode]) -> None:
        if wrong := faults_of(changes):
            raise Refused("not_valid", "; ".join(f"{n}: {w}" for n, w in sorted(wrong.items())))
        for name in changes:
            self._check_home(name)
        if all(self.modes.get(name) == mode for name, mode in changes.items()):
            raise Refused("so_already", "it is so already")

    def _check_home(self, name: str) -> None:
        _, at, unit = name.partition(IN)
        if at and unit not in self._office.held.units:
            raise Refused("no_such_unit", f"there is no home {unit}")


def _in_state(connection: sa.Connection, number: int, state: Fate) -> RuleProposal:
    found = rows.get(connection, number)
    if found is None:
        raise Refused("no_such_proposal", "there is no proposal of that number")
    if found.state is not state:
        raise Refused("decided", f"it is {found.state} already")
    return found


def _move(connection: sa.Connection, moved: RuleProposal, before: Fate) -> None:
    if not rows.move(connection, moved, before):
        raise Refused("decided", "somebody else was faster")


def _with_modes(given: Mapping[str, Any], changes: Modes) -> dict[str, Any]:
    modes = {**given.get("modes", {}), **changes}
    kept = {name: str(mode) for name, mode in modes.items() if mode is not None}
    if len(kept) > GIVEN_MAX:
        raise Refused("too_many", f"{GIVEN_MAX} rules at most have a mode")
    return {**given, "modes": kept}
