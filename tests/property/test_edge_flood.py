"""Whatever a flood looks like: no source loses what it is allowed, and no neighbour anything."""

from hypothesis import given
from hypothesis import strategies as st

from edge.flood import CAPACITY_MIN, RATE_PER_S_MIN, Flood, Verdict
from edge.reading import SECOND_NS
from tests.property.edge_world import REGISTRY, START_S

START_NS = START_S * SECOND_NS
METER = "sw/1/s01/b01/u01/water/wm-1/obs"
OTHERS = [f"sw/1/s01/b01/u01/water/wm-{number}/obs" for number in range(2, 6)]
MOMENTS = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 400)), max_size=40)
"""Bursts: seconds since the start, and how many messages."""


def judged(gate: Flood, topic: str, at_s: int, count: int) -> int:
    gate.begin()
    verdicts = [gate.judge(topic, START_NS + at_s * SECOND_NS) for _ in range(count)]
    gate.settle()
    return verdicts.count(Verdict.PASS)


@given(MOMENTS)
def test_nothing_is_refused_below_the_allowance_and_nothing_passes_above_it(
    bursts: list[tuple[int, int]],
) -> None:
    gate, sent, passed = Flood(REGISTRY), 0, 0
    for at_s, count in sorted(bursts):
        now_passed = judged(gate, METER, at_s, count)
        if sent + count <= CAPACITY_MIN:
            assert now_passed == count
        sent, passed = sent + count, passed + now_passed
        assert passed <= CAPACITY_MIN + at_s * RATE_PER_S_MIN


@given(MOMENTS, st.sampled_from(OTHERS), st.integers(1, 50))
def test_a_neighbour_of_a_flood_loses_nothing(
    bursts: list[tuple[int, int]], neighbour: str, count: int
) -> None:
    gate = Flood(REGISTRY)
    judged(gate, METER, 0, 2 * CAPACITY_MIN)
    for at_s, burst in sorted(bursts):
        judged(gate, METER, at_s, burst)
    assert judged(gate, neighbour, 600, count) == count
