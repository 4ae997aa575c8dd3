"""A supply that asks few of its homes says nothing else than one that asks them all."""

from collections.abc import Sequence
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from edge import supply
from edge.entry import Admitted, Entry
from edge.pipeline import Pipeline
from tests.property.test_edge_restarts import BOOK, worlds
from tests.unit.edge.blocks import Block


@st.composite
def late(draw: st.DrawFn) -> list[Entry]:
    """Days of a building, of which some messages come late."""
    entries = draw(worlds())
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(entries) - 1))
        if isinstance(entries[place], Admitted):
            entries.insert(place + draw(st.integers(1, 60)), entries.pop(place))
    return entries


def said(pipeline: Pipeline, entries: Sequence[Entry]) -> list[object]:
    return [(pipeline.step(entry), pipeline.counters()) for entry in entries]


@settings(max_examples=30, deadline=None)
@given(late())
def test_a_home_known_to_be_behind_need_not_be_asked_again(entries: list[Entry]) -> None:
    with patch.object(supply.Supply, "_is_behind", lambda *_: False):
        expected = said(Pipeline(BOOK), entries)
    assert said(Pipeline(BOOK), entries) == expected


def test_at_night_few_homes_are_asked() -> None:
    site = Block(homes=60)
    site.live(0, 48, lambda _, hour: 20.0 if hour % 24 >= 6 else 0.0)
    with patch("edge.supply._proof", side_effect=supply._proof) as asked:
        site.live(48, 54, lambda *_: 0.0)
    assert asked.call_count < 2 * 6 * site.homes
