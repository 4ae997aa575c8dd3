from hypothesis import given
from hypothesis import strategies as st

from alerts.budget import Budget
from edge.reading import SECOND_NS, Tier

TIERS = st.sampled_from([Tier.URGENT, Tier.IMPORTANT, Tier.GENERAL])
ASKED = st.lists(st.tuples(st.integers(0, 400), TIERS), max_size=120)


@given(ASKED, st.integers(1, 20), st.floats(0, 0.9))
def test_no_window_ever_holds_more_than_the_limit_nor_lesser_ones_more_than_their_share(
    asked: list[tuple[int, Tier]], limit: int, kept: float
) -> None:
    budget = Budget(limit=limit, window="60 s", kept=kept)
    spent: list[int] = []
    for at_s, tier in sorted(asked):
        now_ns = at_s * SECOND_NS
        if budget.room_ns(tier, spent, now_ns) == now_ns:
            held = sum(at_ns > now_ns - budget.window_ns for at_ns in spent)
            assert held < budget.share(tier) <= limit
            spent.append(now_ns)


@given(ASKED, st.integers(1, 20), TIERS)
def test_whoever_comes_again_when_told_finds_room(
    asked: list[tuple[int, Tier]], limit: int, tier: Tier
) -> None:
    budget = Budget(limit=limit, window="60 s")
    spent = sorted(at_s * SECOND_NS for at_s, _ in asked)
    now_ns = spent[-1] if spent else 0
    again_ns = budget.room_ns(tier, spent, now_ns)
    assert now_ns <= again_ns <= now_ns + budget.window_ns
    assert budget.room_ns(tier, spent, again_ns) == again_ns


def test_a_share_of_the_budget_is_kept_for_urgent_messages() -> None:
    budget = Budget(limit=20, window="1 min")
    spent = list(range(14))
    assert budget.room_ns(Tier.GENERAL, spent, 14) > 14
    assert budget.room_ns(Tier.URGENT, spent, 14) == 14
