"""Ten thousand lives of an incident, every one in another order: what is over stays over.

A seeded loop instead of Hypothesis, which would take minutes for so many; the seed of a life
that breaks a promise is in the failure.
"""

import random
from collections import Counter
from pathlib import Path

import pytest
from msgspec import structs

from alerts.escalate import Owed, advance, hasten
from alerts.incident import (
    ENDED,
    ESCALATING,
    Act,
    Command,
    IllegalAct,
    Incident,
    Outcome,
    State,
    absorb,
    act,
    open_incident,
)
from alerts.plan import Plan, Plans
from alerts.roster import Roster
from edge.reading import (
    MINUTE_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
)
from edge.settings import load

LIVES = 10_000
_SHARE = 2_500
_STEPS_MAX = 14
CONFIG = Path(__file__).parents[2] / "config"
ROSTER = load(CONFIG / "roster.toml", Roster)
PLANS = load(CONFIG / "plans.toml", Plans)
CASES = (("welfare", Tier.URGENT), ("other", Tier.IMPORTANT), ("device", Tier.GENERAL))
ACTS = tuple(act for act in Act if act is not Act.MERGE)


class Life:
    """One incident from its first finding on; `told_ns` is when each notice was made."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        category, tier = rng.choice(CASES)
        self.plan: Plan = PLANS.select(category, tier)
        self.finding = Finding(
            "0" * 16, 0, category, 1, "s01/b01/u0101", category, tier, FindingState.RAISED,
            0, 0, Timeliness.LIVE, Evidence({}, {}, 0, 0.0, "", ""),
        )  # fmt: skip
        self.now_ns = 0
        self.incident = open_incident(self.finding, self.plan.id, 1, 0)
        self.told: list[str] = []
        self.reopened = False

    def step(self) -> None:
        """One thing happens, after a moment or an hour."""
        self.now_ns += self.rng.choice((0, 1, SECOND_NS, MINUTE_NS, 61 * MINUTE_NS))
        before = self.incident
        self.reopened = False
        self.rng.choice(
            (self._escalate, self._escalate, self._hasten, *[self._act] * 3, self._hear)
        )()
        self._judge(before)

    def _escalate(self) -> None:
        owed: Owed = advance(self.incident, self.plan, ROSTER, self.now_ns)
        assert not (owed.notices and self.incident.state not in ESCALATING), "told after an end"
        self.told += [notice.key for notice in owed.notices]
        self.incident = owed.incident

    def _hasten(self) -> None:
        self.incident = hasten(self.incident, self.now_ns)

    def _act(self) -> None:
        command = Command(
            self.rng.choice(ACTS),
            by=self.rng.choice(("wang", "li")),
            outcome=self.rng.choice((None, Outcome.REAL, Outcome.FALSE_ALARM)),
            note=self.rng.choice(("", "again")),
        )
        try:
            self.incident = act(self.incident, command, self.now_ns)
        except IllegalAct:
            return
        self.reopened = command.act is Act.REOPEN

    def _hear(self) -> None:
        """The edge says something later, something old, or the same again."""
        revision = max(0, self.incident.finding_revision + self.rng.choice((-1, 0, 1, 1)))
        state = self.rng.choice((FindingState.UPDATED, FindingState.CLEARED))
        self.incident = absorb(
            self.incident,
            structs.replace(self.finding, revision=revision, state=state),
            told=bool(self.told),
            stand_down=self.plan.on_clear == "stand_down",
            now_ns=self.now_ns,
        )

    def _judge(self, before: Incident) -> None:
        after = self.incident
        assert (after == before) == (after.version == before.version), "changed without a count"
        assert after.version in {before.version, before.version + 1}
        assert len(self.told) == len(set(self.told)), "told the same step twice"
        if before.state not in ESCALATING | {State.WITHDRAWN} and not self.reopened:
            assert after.state not in ESCALATING, "came back to life although it was answered"
            assert after.next_due_ns is None, "a clock runs although it was answered"
        if before.state in {State.CLOSED, State.MERGED} and not self.reopened:
            assert after.state is before.state
        if after.state is State.CLOSED:
            assert after.owner is not None
            assert after.outcome is not None
        if after.state in ENDED:
            assert after.next_due_ns is None


@pytest.mark.parametrize("first", range(0, LIVES, _SHARE))
def test_nobody_is_told_after_an_answer_and_nothing_comes_back_by_itself(first: int) -> None:
    for seed in range(first, first + _SHARE):
        life = Life(random.Random(seed))
        try:
            for _ in range(life.rng.randint(4, _STEPS_MAX)):
                life.step()
        except AssertionError as error:
            raise AssertionError(f"life {seed}: {error}") from error


def test_the_lives_meet_in_every_way_that_counts() -> None:
    """Else the ten thousand would prove little."""
    ends: Counter[State] = Counter()
    met: Counter[tuple[bool, State]] = Counter()
    for seed in range(_SHARE):
        life = Life(random.Random(seed))
        for _ in range(life.rng.randint(4, _STEPS_MAX)):
            life.step()
            met[bool(life.told), life.incident.state] += 1
        ends[life.incident.state] += 1
    assert set(ends) == set(State) - {State.MERGED}
    for state in (State.ACKNOWLEDGED, State.CLOSED):
        assert min(met[told, state] for told in (False, True)) > _SHARE // 100
    assert min(ends[State.WITHDRAWN], ends[State.CLOSED]) > _SHARE // 100
