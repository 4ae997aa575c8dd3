"""What the engine writes: each commit is a wait for the disk, so none is made for nothing."""

import pytest
import sqlalchemy as sa

from alerts.channels.base import Outcome, Verdict
from edge.reading import MINUTE_NS, Tier
from gateway.engine import Engine
from tests.unit.gateway.test_engine import NOW, engine, raise_one

__all__ = ["engine"]


class Commits:
    """Counts the transactions that took the writer's lock; reads are not among them."""

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        sa.event.listen(engine.database, "commit", self._committed)

    def _committed(self, _: sa.Connection) -> None:
        self.count += 1


@pytest.fixture
def commits(engine: Engine) -> Commits:
    return Commits(engine)


def dispatch(engine: Engine, now_ns: int) -> None:
    """What a dispatcher asks each time it comes round."""
    engine.advance_due(now_ns)
    claims = engine.claim(now_ns, 12) + engine.claim(now_ns, 4, tier_max=Tier.URGENT)
    for claim in claims:
        engine.record(claim, Verdict(Outcome.ACCEPTED), now_ns)
    engine.next_due_ns()


def test_a_loop_that_finds_nothing_to_do_writes_nothing(engine: Engine, commits: Commits) -> None:
    for second in range(10):
        dispatch(engine, NOW + second)
    assert commits.count == 0


def test_a_loop_with_steps_and_receipts_awaited_later_writes_nothing(
    engine: Engine, commits: Commits
) -> None:
    raise_one(engine)
    dispatch(engine, NOW)
    before = commits.count
    dispatch(engine, NOW + MINUTE_NS // 2)
    assert commits.count == before


def test_a_finding_told_on_two_channels_costs_four_commits(
    engine: Engine, commits: Commits
) -> None:
    """One to take it, one to claim both messages, and one for each outcome."""
    raise_one(engine)
    assert commits.count == 1
    dispatch(engine, NOW)
    assert commits.count == 4
