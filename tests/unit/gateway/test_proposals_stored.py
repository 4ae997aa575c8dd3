"""Proposals of every kind over both databases: kept as made, moved once, never too many."""

from typing import Any

import pytest
from msgspec import structs

from edge.mode import Mode
from gateway import proposing
from gateway.db import plans, rule_proposals
from gateway.db.engine import reading, writing
from gateway.db.plans import Proposal
from gateway.db.proposals import Fate, Proposals
from gateway.db.rule_proposals import RuleProposal
from gateway.engine import Engine
from gateway.proposing import OPEN_MAX, Decision, Refused
from tests.unit.gateway.test_engine import NOW, engine

__all__ = ["engine"]

A_PLAN = Proposal(at_ns=NOW, by="an", why="sooner", base=3)
A_RULE = RuleProposal(at_ns=NOW, by="an", why="drips", changes={"leak_slow@u0301": Mode.SHADOW})
KINDS = [
    pytest.param(plans.PROPOSALS, A_PLAN, {"body": '{"version": 4}'}, id="plans"),
    pytest.param(rule_proposals.PROPOSALS, A_RULE, {}, id="rules"),
]
every_kind = pytest.mark.parametrize(("rows", "made", "beside"), KINDS)


def made_and(fate: Fate, made: Any, number: int) -> Any:
    return structs.replace(proposing.decided(made, fate, Decision("bo", "so", NOW + 1)), id=number)


@every_kind
def test_a_proposal_is_kept_as_it_was_made_and_as_it_was_decided(
    engine: Engine, rows: Proposals[Any], made: Any, beside: dict[str, str]
) -> None:
    with writing(engine.database) as connection:
        number = proposing.propose(rows, connection, made, **beside)
        assert rows.get(connection, number) == structs.replace(made, id=number)
        proposing.move(rows, connection, made_and(Fate.APPROVED, made, number))
    with reading(engine.database) as connection:
        assert rows.newest(connection, 2**31 - 1, 5) == [made_and(Fate.APPROVED, made, number)]
        assert rows.in_force(connection, number - 1) == rows.newest(connection, number + 1, 1)
        assert rows.in_force(connection, number) == rows.newest(connection, number, 1) == []


@every_kind
def test_of_two_who_decide_at_once_the_second_hears_so(
    engine: Engine, rows: Proposals[Any], made: Any, beside: dict[str, str]
) -> None:
    with writing(engine.database) as connection:
        number = proposing.propose(rows, connection, made, **beside)
        proposing.reject(rows, connection, number, Decision("bo", "no", NOW))
        with pytest.raises(Refused, match="faster"):
            proposing.move(rows, connection, made_and(Fate.APPROVED, made, number))
        with pytest.raises(Refused, match="rejected already"):
            proposing.found(rows, connection, number)
        with pytest.raises(Refused, match="no proposal of that number"):
            proposing.found(rows, connection, number + 1)


@every_kind
def test_no_more_wait_than_can_be_looked_at(
    engine: Engine, rows: Proposals[Any], made: Any, beside: dict[str, str]
) -> None:
    with writing(engine.database) as connection:
        numbers = [proposing.propose(rows, connection, made, **beside) for _ in range(OPEN_MAX)]
        with pytest.raises(Refused) as refused:
            proposing.propose(rows, connection, made, **beside)
        assert refused.value.code == "too_many"
        proposing.reject(rows, connection, numbers[0], Decision("an", "not now", NOW))
        assert proposing.propose(rows, connection, made, **beside) > numbers[-1]
