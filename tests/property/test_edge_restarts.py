"""A crash anywhere, a checkpoint from anywhere before it: the same findings all the same."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.entry import AdapterStatus, Entry, Link, Tick, decode, encode
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, MINUTE_NS, Finding
from edge.registry import Registry
from tests.unit.edge.blocks import Block
from tests.unit.edge.worlds import METER, at, registry

HOMES = 6
HOURS = 60


def _book() -> Registry:
    units = [
        {"code": f"u{i:02}", "building": "b01", "riser": "r1", "care": ["alone"] if i < 2 else []}
        for i in range(HOMES)
    ]
    meters = [
        METER | {"id": f"wm-{i:02}", "unit": f"u{i:02}"} | ({"adapter": "dtu-1"} if i % 2 else {})
        for i in range(HOMES)
    ]
    return registry(units, meters, [{"id": "dtu-1"}])


BOOK = _book()


@st.composite
def worlds(draw: st.DrawFn) -> list[Entry]:
    """Days of a building: cuts of its supply, silent homes, adapters and links that fail."""
    cut_h = draw(st.integers(0, HOURS))
    over_h = cut_h + draw(st.integers(0, 30))
    stopped = draw(st.sets(st.integers(0, HOMES - 1), max_size=2))
    lost = draw(st.sets(st.tuples(st.integers(0, HOMES - 1), st.integers(0, HOURS // 6))))
    site = Block(BOOK, HOMES)

    def uses(home: int, hour: int) -> float:
        still = home in stopped and hour > cut_h // 2
        return 0.0 if still or cut_h < hour <= over_h else 15.0

    for hour in range(HOURS):
        site.live(hour, hour + 1, uses, {home for home, part in lost if part == hour // 6})
        for event in draw(st.lists(st.integers(0, 5), max_size=1)):
            _befall(site, event, hour)
    return site.entries


def _befall(site: Block, event: int, hour: int) -> None:
    later_ns = at(hour) + 10 * MINUTE_NS
    events: tuple[Entry, ...] = (
        Link(up=False, at_ns=later_ns, kept=True),
        Link(up=False, at_ns=later_ns + HOUR_NS // 2),
        Link(up=True, at_ns=later_ns + HOUR_NS // 2),
        AdapterStatus("dtu-1", up=False, boot=hour, at_ns=later_ns),
        AdapterStatus("dtu-1", up=True, boot=hour, at_ns=later_ns),
        Tick(later_ns + HOUR_NS // 3),
    )
    site.step(events[event])


def _stepped(pipeline: Pipeline, entries: Sequence[Entry]) -> list[Finding]:
    return [found for entry in entries for found in pipeline.step(decode(encode(entry)))]


@settings(max_examples=40, deadline=None)
@given(worlds(), st.data())
def test_a_restart_neither_creates_nor_loses_a_finding(
    journal: list[Entry], data: st.DataObject
) -> None:
    whole = Pipeline(BOOK)
    expected = _stepped(whole, journal)
    saved_at = data.draw(st.integers(0, len(journal)))
    crashed_at = data.draw(st.integers(saved_at, len(journal)))
    first = Pipeline(BOOK)
    said = _stepped(first, journal[:saved_at])
    checkpoint = first.dump()
    said += _stepped(first, journal[saved_at:crashed_at])
    second = Pipeline(BOOK)
    second.restore(checkpoint)
    _stepped(second, journal[saved_at:crashed_at])
    said += _stepped(second, journal[crashed_at:])
    assert said == expected
    assert second.dump() == whole.dump()


@settings(max_examples=30, deadline=None)
@given(worlds(), st.integers(1, 5))
def test_edges_that_crash_and_start_again_and_again_find_the_same_residents(
    journal: list[Entry], every: int
) -> None:
    """A crash adds its own link entries; what the registers prove does not depend on them."""
    calm = [e for e in journal if not isinstance(e, Link)]
    expected = _about_homes(_stepped(Pipeline(BOOK), calm))
    pipeline, said = Pipeline(BOOK), list[Finding]()
    for number, entry in enumerate(calm):
        said += _stepped(pipeline, [entry])
        if number % (17 * every) == 0:
            blob = pipeline.dump()
            pipeline = Pipeline(BOOK)
            pipeline.restore(blob)
            said += _stepped(pipeline, [Link(up=False, at_ns=0), Link(up=True, at_ns=1)])
    assert _about_homes(said) == expected


def _about_homes(findings: list[Finding]) -> list[tuple[str, int, str]]:
    return [
        (found.id, found.revision, found.state.value)
        for found in findings
        if found.rule in {"welfare", "supply_outage"}
    ]


@pytest.mark.parametrize("rule", ["welfare", "supply_outage", "adapter_down", "device_silent"])
def test_the_worlds_above_know_every_rule(rule: str) -> None:
    site = Block(BOOK, HOMES)
    site.live(0, 12, lambda _home, _hour: 15.0)
    site.adapter(11.5, up=False)
    site.tick(12)
    site.live(12, 34, lambda home, hour: 0.0 if hour < 24 or home == 0 else 15.0, {3})
    site.tick(60)
    site.live(60, 61, lambda _home, _hour: 0.0, {3})
    assert site.told(rule)
