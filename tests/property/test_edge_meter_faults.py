"""Whatever a meter does, what is concluded encloses what was used; and order changes nothing."""

from itertools import combinations, pairwise
from operator import attrgetter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from edge.completeness import Home, Use, bounds, used
from edge.detectors.base import Detector
from edge.detectors.meter_break import MeterBreak
from edge.detectors.welfare import Welfare
from edge.meter import Meter
from edge.reading import MINUTE_NS, Quality, Reading, Timeliness
from edge.watch import Watch
from tests.property.meter_world import FAULTS, START_NS, Story, metered, registry, stories

WELL_ORDERED = tuple(fault for fault in FAULTS if fault not in {"reset", "replaced", "declared"})
moments = st.integers(-60, 90 * 60).map(lambda minute: START_NS + minute * MINUTE_NS)


@settings(max_examples=400, deadline=None)
@given(stories(), st.lists(moments, min_size=2, max_size=4))
def test_bounds_enclose_the_true_use_whatever_the_meter_does(
    story: Story, times_ns: list[int]
) -> None:
    meter = metered(story.binding(), story.reports)
    heard_ns = [heard.at_ns for heard in story.reports]
    for start_ns, end_ns in [*pairwise(heard_ns), *combinations(sorted(times_ns), 2)]:
        known = bounds(meter.chain, start_ns, end_ns)
        true_ml = story.used_l(start_ns, end_ns) * 1000
        assert known.lower_ml <= true_ml, (start_ns, end_ns)
        assert known.upper_ml is None or true_ml <= known.upper_ml, (start_ns, end_ns)


def outcome(meter: Meter) -> Any:
    """All that later readings or questions can depend on, and all verdicts that were reached."""
    ignored = {"estimated", "unusable"}  # counted as often as they arrive
    counts = {k: v for k, v in structs.asdict(meter.counts).items() if k not in ignored}
    state = structs.replace(meter.state(), counts=None)
    chain = meter.chain
    return state, chain.times_ns, chain.volumes_ml, chain.joints, meter.change(), counts


def answers(meter: Meter, times_ns: list[int]) -> list[Use]:
    windows = combinations(sorted(times_ns), 2)
    return [used([meter], start_ns, end_ns, 10_000) for start_ns, end_ns in windows]


@settings(max_examples=100, deadline=None)
@given(stories(), st.data())
def test_order_repetition_and_delay_of_reports_change_no_verdict_and_no_answer(
    story: Story, data: st.DataObject
) -> None:
    expected = metered(story.binding(), story.reports)
    repeated = story.reports + data.draw(st.lists(st.sampled_from(story.reports), max_size=10))
    met = metered(story.binding(), data.draw(st.permutations(repeated)))
    times_ns = data.draw(st.lists(moments, max_size=5))
    assert outcome(met) == outcome(expected)
    assert answers(met, times_ns) == answers(expected, times_ns)


@settings(max_examples=100, deadline=None)
@given(stories(("declared", "declared", "lost", "spike", "reset")), st.data())
def test_a_replacement_declared_after_the_data_is_as_good_as_one_declared_before(
    story: Story, data: st.DataObject
) -> None:
    before = metered(story.binding(), story.reports)
    cut = data.draw(st.integers(0, len(story.reports)))
    undeclared = metered(registry([]).bindings("wm-1")[0], story.reports[:cut])
    late = Meter(story.binding())
    late.restore(undeclared.state())
    for heard in story.reports[cut:]:
        late.observe(heard)
    assert outcome(late) == outcome(before)


def told(story: Story, messages: list[list[Reading]]) -> tuple[set[str], Any]:
    """What stands raised, and what the meter holds, after `messages` came in this order."""
    book = story.registry()
    home = Home(book.bindings())
    rules: list[Detector[Home]] = [
        *MeterBreak.install(book.unit("u01")),
        *Welfare.install(book.unit("u01")),
    ]
    watches = [Watch(rule, 8.0) for rule in rules]
    for readings in messages:
        for reading in sorted(readings, key=attrgetter("at_ns")):
            home.observe(reading)
            for watch in watches:
                if status := watch.evaluate(home, home.newest_ns() or reading.at_ns):
                    watch.speak(home, status, "s01/b01/u01", Timeliness.LIVE)
    return {watch.rule for watch in watches if watch.episode}, outcome(home.named()[0][1])


@st.composite
def batches(draw: st.DrawFn, reports: list[Reading]) -> list[list[Reading]]:
    """The reports in another order, cut into messages of any size; the newest comes last."""
    rest = [*draw(st.permutations(reports[:-1])), reports[-1]]
    parts = []
    while rest:
        size = draw(st.integers(1, 12))
        parts.append(rest[:size])
        rest = rest[size:]
    return parts


@settings(max_examples=100, deadline=None)
@given(stories(), st.data())
def test_a_work_order_stands_in_the_end_whatever_the_order_of_the_reports(
    story: Story, data: st.DataObject
) -> None:
    expected, held = told(story, [[heard] for heard in story.reports])
    shuffled, also_held = told(story, data.draw(batches(story.reports)))
    assert ("meter_break" in shuffled) == ("meter_break" in expected)
    assert also_held == held


@settings(max_examples=100, deadline=None)
@given(stories(WELL_ORDERED), st.integers(1, 40))
def test_daily_batches_of_any_size_leave_the_same_findings_standing(
    story: Story, size: int
) -> None:
    parts = [story.reports[i : i + size] for i in range(0, len(story.reports), size)]
    assert told(story, parts) == told(story, [[heard] for heard in story.reports])


@settings(deadline=None)
@given(stories(("estimated",)))
def test_estimated_values_change_nothing_but_their_count(story: Story) -> None:
    good = [heard for heard in story.reports if heard.quality is Quality.GOOD]
    with_estimates, without = (metered(story.binding(), r) for r in (story.reports, good))
    assert outcome(with_estimates) == outcome(without)
    assert with_estimates.counts.estimated == len(story.reports) - len(good)
