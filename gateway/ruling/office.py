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
from gateway import proposing
from gateway.db.engine import reading, writing
from gateway.db.proposals import Fate
from gateway.db.rule_proposals import PROPOSALS, RuleProposal
from gateway.proposing import Decision, Refused
from gateway.registry.card import Impossible
from gateway.registry.office import Office, Why

Modes = Mapping[str, Mode | None]
"""Of rules, or rules in one home; None where none is given any more."""


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
        made = RuleProposal(at_ns=now_ns, by=by, why=why, changes=dict(changes))
        with writing(self._office.database) as connection:
            return proposing.propose(PROPOSALS, connection, made)

    def approve(self, number: int, by: str, why: str, now_ns: int) -> RuleProposal:
        """The proposal goes to the edges, as another version of the registry.

        Raises:
            Refused: there is none, it was decided, it is one's own, or can be no longer.
        """

        def act(connection: sa.Connection, given: Mapping[str, Any], version: int) -> Any:
            asked = proposing.found(PROPOSALS, connection, number)
            proposing.another(asked, by, self._roster)
            self._check(asked.changes)
            modes = given.get("modes", {})
            before = {name: modes.get(name) for name in asked.changes}
            made = proposing.decided(asked, Fate.APPROVED, Decision(by, why, now_ns))
            made = structs.replace(made, before=before, version=version)
            proposing.move(PROPOSALS, connection, made)
            return _with_modes(given, asked.changes)

        self._change(act, Why(by, "rule_approve", why, {"proposal": number}), now_ns)
        return self._read(number)

    def reject(self, number: int, by: str, why: str, now_ns: int) -> RuleProposal:
        """The proposal is over; whoever made it may take it back so.

        Raises:
            Refused: there is none, or it was decided.
        """
        with writing(self._office.database) as connection:
            return proposing.reject(PROPOSALS, connection, number, Decision(by, why, now_ns))

    def roll_back(self, number: int, by: str, why: str, now_ns: int) -> RuleProposal:
        """What was approved is as it was before, by one person: that state is known.

        Raises:
            Refused: there is none, it is not in force, or a later one about the same rule is.
        """

        def act(connection: sa.Connection, given: Mapping[str, Any], _: int) -> Any:
            asked = proposing.found(PROPOSALS, connection, number, Fate.APPROVED)
            for later in PROPOSALS.in_force(connection, number):
                if later.changes.keys() & asked.changes.keys():
                    raise Refused("not_the_last", f"roll back number {later.id} first")
            undone = structs.replace(
                asked, state=Fate.UNDONE, undone_ns=now_ns, undone_by=by, undone_why=why
            )
            proposing.move(PROPOSALS, connection, undone, Fate.APPROVED)
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
            return proposing.known(PROPOSALS, connection, number)

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


def _with_modes(given: Mapping[str, Any], changes: Modes) -> dict[str, Any]:
    modes = {**given.get("modes", {}), **changes}
    kept = {name: str(mode) for name, mode in modes.items() if mode is not None}
    if len(kept) > GIVEN_MAX:
        raise Refused("too_many", f"{GIVEN_MAX} rules at most have a mode")
    return {**given, "modes": kept}
