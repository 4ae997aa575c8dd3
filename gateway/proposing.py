"""One person proposes, another decides: what holds for every kind of proposal.

Every function works inside its caller's transaction.
"""

from typing import TypeVar

import sqlalchemy as sa
from msgspec import Struct, structs

from alerts.roster import Roster
from gateway.db.proposals import Fate, Proposals, Proposed

OPEN_MAX = 50

P = TypeVar("P", bound=Proposed)


class Refused(Exception):  # noqa: N818  (the caller's mistake or a lost race, not a fault of ours)
    """All stays as it is; `code` says why in one word."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class Decision(Struct, frozen=True):
    """Who decides, why, and when."""

    by: str
    why: str
    at_ns: int


def propose(rows: Proposals[P], connection: sa.Connection, made: P, **beside: str) -> int:
    """It waits for somebody else; returns its number.

    Raises:
        Refused: too many wait.
    """
    if rows.count_open(connection) >= OPEN_MAX:
        raise Refused("too_many", f"{OPEN_MAX} proposals wait to be decided")
    return rows.add(connection, made, **beside)


def known(rows: Proposals[P], connection: sa.Connection, number: int) -> P:
    """The proposal of that number.

    Raises:
        Refused: there is none.
    """
    asked = rows.get(connection, number)
    if asked is None:
        raise Refused("no_such_proposal", "there is no proposal of that number")
    return asked


def found(rows: Proposals[P], connection: sa.Connection, number: int, state: Fate = Fate.OPEN) -> P:
    """The proposal of that number, which is as `state`.

    Raises:
        Refused: there is none, or it is no longer so.
    """
    asked = known(rows, connection, number)
    if asked.state is not state:
        raise Refused("decided", f"it is {asked.state} already")
    return asked


def another(asked: Proposed, by: str, roster: Roster) -> None:
    """Whoever decides is not who proposed, by whichever of their logins.

    Raises:
        Refused: it is one's own.
    """
    if roster.same_person(asked.by, by):
        raise Refused("own_proposal", "somebody else has to approve it")


def decided(asked: P, fate: Fate, decision: Decision) -> P:
    """The proposal with what was decided about it."""
    return structs.replace(
        asked, state=fate, decided_ns=decision.at_ns, decided_by=decision.by,
        decided_why=decision.why,
    )  # fmt: skip


def move(rows: Proposals[P], connection: sa.Connection, moved: P, before: Fate = Fate.OPEN) -> None:
    """The proposal is as `moved`, which was as `before`.

    Raises:
        Refused: it is no longer so.
    """
    if not rows.move(connection, moved, before):
        raise Refused("decided", "somebody else was faster")


def reject(rows: Proposals[P], connection: sa.Connection, number: int, decision: Decision) -> P:
    """The proposal is over; whoever made it may take it back so.

    Raises:
        Refused: there is none, or it was decided.
    """
    over = decided(found(rows, connection, number), Fate.REJECTED, decision)
    move(rows, connection, over)
    return over
