"""A home's routine is learned the same however often the edge starts, rests or hears late."""

from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from edge import wire
from edge.entry import Link
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS, FindingState
from edge.registry import Registry
from edge.watch import Watched
from tests.property.edge_world import START_S, fed, hours, message
from tests.property.test_edge_rests import said_by, troubled

BOOK = Registry.parse(
    {
        "version": 1,
        "site": "s01",
        "unit": [
            {
                "code": "u01",
                "building": "b01",
                "care": ["alone"],
                "routine": {"alarms_per_month": 4.0},
                "welfare": {"window": "30 h"},
            }
        ],
        "device": [{"id": "wm-1", "kind": "water", "unit": "u01", "interval": "1 h"}],
    },
    Path("registry.toml"),
)
DAYS = st.lists(st.tuples(st.integers(0, 18), st.integers(0, 40)), min_size=1, max_size=6)


def listening() -> Pipeline:
    pipeline = Pipeline(BOOK)
    pipeline.step(Link(up=True, at_ns=START_S * SECOND_NS))
    return pipeline


def restored(pipeline: Pipeline) -> Pipeline:
    fresh = listening()
    fresh.restore(pipeline.dump())
    return fresh


@settings(max_examples=100, deadline=None)
@given(troubled(), st.sets(st.integers(0, 200), max_size=3))
def test_neither_rests_nor_restarts_change_a_finding_or_what_is_remembered(
    sent: list[wire.Message], restarts: set[int]
) -> None:
    resting, asked = listening(), listening()
    for place, each in enumerate(sent):
        if place in restarts:
            resting = restored(resting)
        with patch.object(Watched, "rests", lambda *_: False):
            expected = said_by(asked, each)
        assert said_by(resting, each) == expected
    assert resting.dump() == asked.dump()


@settings(max_examples=100, deadline=None)
@given(DAYS, st.lists(st.booleans(), min_size=10, max_size=140))
def test_no_finding_rests_on_what_nobody_read(
    phases: list[tuple[int, int]], heard: list[bool]
) -> None:
    registers, register_l = [1_000], 1_000
    for count, use_l in phases * 4:
        registers += [register_l := register_l + use_l for _ in range(count)]
        registers.append(register_l)  # an hour without use: what flows is no leak
    life = [(3_600.0 * hour, litres) for hour, litres in enumerate(registers)]
    kept = [sample for at, sample in enumerate(life) if heard[at % len(heard)]]
    raised = [
        found
        for each in fed(listening(), [message(at, [sample]) for at, sample in enumerate(kept)])
        for found in each
        if found.rule == "routine" and found.state is FindingState.RAISED
    ]
    for found in raised:
        until_h, since_h = hours(found.evidence.complete_until_ns), hours(found.since_ns)
        shown = [litres for at_s, litres in kept if since_h <= at_s / 3_600 <= until_h]
        assert until_h - since_h >= 5
        assert all(later - earlier < 2 for earlier, later in pairwise(shown))
