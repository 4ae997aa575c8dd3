"""A meter that keeps once what was said and believed alike is as one that keeps both apart."""

from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.boots import Boots
from edge.chain import Chain
from edge.meter import Meter
from edge.reading import HOUR_NS, Reading
from edge.samples import Samples
from tests.property.meter_world import START_NS, Story, report, stories

places = st.integers(0, 1_000)
steps = st.tuples(st.sampled_from(["append", "insert", "put", "drop"]), places, st.integers(1, 3))


def apart(samples: Samples, chain: Chain) -> None:
    samples._chain = chain


def outcome(meter: Meter) -> Any:
    chain = meter.chain
    return meter.state(), chain.times_ns, chain.volumes_ml, chain.joints, meter.counts


def compared(story: Story, reports: list[Reading], restart: int) -> None:
    once, both = Meter(story.binding()), Meter(story.binding())
    for place, each in enumerate(reports):
        with patch.object(Samples, "follow", apart):
            both.observe(each)
        if place == restart:
            restored = Meter(story.binding())
            restored.restore(once.state())
            once = restored
        once.observe(each)
        assert outcome(once) == outcome(both)


@settings(max_examples=150, deadline=None)
@given(stories(), st.data())
def test_late_and_odd_samples_part_what_was_kept_once(story: Story, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(story.reports)), max_size=3)))
    late = [story.reports[place] for place in places if place < len(story.reports)]
    reports = [each for each in story.reports if each not in late] + late
    compared(story, reports, data.draw(places_or_never(len(reports))))


@settings(max_examples=60, deadline=None)
@given(stories(), st.lists(st.sampled_from([0, 1, 40, -3, -500]), max_size=130), st.data())
def test_so_does_a_window_that_moves_on(story: Story, uses: list[int], data: st.DataObject) -> None:
    litres, reports = 500_000, list(story.reports)
    boot = 1
    for hour, used in enumerate(uses, start=100):
        litres += used
        boot += data.draw(st.integers(0, 40)) == 0
        reports.append(report(START_NS + hour * HOUR_NS, litres, boot=boot))
    compared(story, reports, data.draw(places_or_never(len(reports))))


def places_or_never(count: int) -> st.SearchStrategy[int]:
    """Where to restart, if at all."""
    return st.integers(-1, count)


@given(st.lists(steps, max_size=40), st.lists(st.integers(1, 3), max_size=5))
def test_boots_are_as_a_list_of_them(acts: list[tuple[str, int, int]], first: list[int]) -> None:
    boots, known = Boots(), list[int]()
    for boot in first:
        boots.append(boot)
        known.append(boot)
    for act, place, boot in acts:
        i = place % (len(known) + 1)
        if act == "append":
            boots.append(boot)
            known.append(boot)
        elif act == "insert":
            boots.insert(i, boot)
            known.insert(i, boot)
        elif act == "put" and i < len(known):
            boots.put(i, boot)
            known[i] = boot
        elif act == "drop":
            boots.drop(i, len(known[i : i + boot]))
            del known[i : i + boot]
        assert list(boots.all()) == known
        assert list(Boots(boots.packed(), len(known)).all()) == known
        assert [boots[place] for place in range(len(boots))] == known


def test_samples_of_one_boot_keep_its_number_once() -> None:
    boots = Boots()
    for boot in (7, 7, 7):
        boots.append(boot)
    assert len(boots.packed()) == 8
