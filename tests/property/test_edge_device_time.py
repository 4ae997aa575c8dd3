"""What holds for any clock of a meter: no false proof, no future, no order that matters."""

from itertools import accumulate, pairwise
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from edge.entry import Admitted
from edge.offset import SLACK_NS, Clock
from edge.reading import HOUR_NS, MINUTE_NS, FindingState, Quality
from tests.unit.edge.clock_world import Site
from tests.unit.edge.worlds import at

WINDOW_H, THRESHOLD_L = 12, 10
PRELUDE_H = 6
offsets_h = st.sampled_from([72.0, 1.0, 0.5, -5.0, -30.0, -56 * 8_766.0]) | st.floats(-2_000, 2_000)
wrong_offsets_h = offsets_h.filter(lambda off_h: not -1.5 < off_h < 1.25)
Sample = tuple[int, int, float]
"""Hour, litres on the register, hours by which the clock was ahead."""


@st.composite
def stories(draw: st.DrawFn) -> list[Sample]:
    """Some days of hourly samples: quiet and busy spells, and a clock that is set at times."""
    spells = draw(
        st.lists(st.tuples(st.integers(1, 20), st.sampled_from([0, 0, 5, 30])), max_size=8)
    )
    uses_l = [litres for hours, litres in spells for _ in range(hours)]
    clock = draw(
        st.lists(st.tuples(st.integers(1, 20), st.just(0.0) | offsets_h), min_size=1, max_size=6)
    )
    offs_h = [off_h for hours, off_h in clock for _ in range(hours)]
    registers = list(accumulate(uses_l, initial=1_000))
    told = list(zip(range(len(registers)), registers, offs_h, strict=False))
    return [sample for sample in told if draw(st.integers(0, 7))]


def quiet_h(told: list[Sample]) -> float:
    """The longest time between samples of `told` in which less than the threshold was used."""
    return max(
        later[0] - earlier[0]
        for i, later in enumerate(told)
        for earlier in told[: i + 1]
        if later[1] - earlier[1] < THRESHOLD_L
    )


@st.composite
def restless_stories(draw: st.DrawFn) -> list[Sample]:
    """Samples after silences of any length, by a clock that is set again and again."""
    gaps_h = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 5, 13, 30]), max_size=40))
    hours = accumulate(gaps_h, initial=0)
    registers = accumulate((draw(st.sampled_from([0, 0, 0, 5, 30])) for _ in gaps_h), initial=1_000)
    some_h = st.sampled_from([0.0, -5.0, -6.0, -8.0, -13.0, -14.0, -20.0, -30.0]) | offsets_h
    spells = draw(st.lists(st.tuples(st.integers(1, 6), some_h), min_size=1, max_size=20))
    offs_h = [off_h for count, off_h in spells for _ in range(count)]
    return list(zip(hours, registers, offs_h, strict=False))


@settings(max_examples=300, deadline=None)
@given(stories() | restless_stories())
@example([(0, 1_000, -30.0), (1, 1_000, -5.0)])
@example([(hour, 1_000, -14.0) for hour in range(5)] + [(5, 1_000, -13.0)])
def test_no_step_of_a_clock_makes_a_finding_that_the_resident_did_not(story: list[Sample]) -> None:
    site = Site()
    for i, (hour, register_l, off_h) in enumerate(story):
        before = len(site.said)
        site.hear(hour, register_l, off_h=off_h)
        for found in site.said[before:]:
            if found.rule == "welfare" and found.state is FindingState.RAISED:
                assert quiet_h(story[: i + 1]) >= WINDOW_H - 1 - SLACK_NS / HOUR_NS


@settings(deadline=None)
@given(stories(), st.data())
def test_no_reading_lies_after_its_receipt_but_by_the_slack_of_a_right_clock(
    story: list[Sample], data: st.DataObject
) -> None:
    site = Site()
    for hour, register_l, off_h in story:
        delay_h = data.draw(st.sampled_from([0, 0, 0.01, 0.5, 3, 20]))
        reading = site.hear(hour, register_l, off_h=off_h, delay_h=delay_h)
        assert reading.at_ns <= reading.received_ns + (0 if reading.offset_ns else SLACK_NS)


@settings(deadline=None)
@given(stories(), st.data())
def test_what_is_in_doubt_moves_no_finding(story: list[Sample], data: st.DataObject) -> None:
    site, other = Site(), Site()
    for hour, register_l, off_h in story:
        message = site.admit(hour, register_l, off_h=off_h).message
        assert message is not None
        site.said += site.pipeline.step(Admitted((message,)))
        if any(reading.quality is Quality.SUSPECT for reading in message.readings):
            value = data.draw(st.floats(0, 10))
            doubted = [structs.replace(each, value=value) for each in message.readings]
            message = structs.replace(message, readings=tuple(doubted))
        other.said += other.pipeline.step(Admitted((message,)))
    assert other.said == site.said


def _received(draws: list[tuple[int, float, int]]) -> list[tuple[float, int, int]]:
    """(receipt hour, hour, register) of hourly samples, each told after its delay, or twice."""
    told = []
    register_l = 1_000
    for i, (used_l, delay_h, copies) in enumerate(draws):
        register_l += used_l
        hour = PRELUDE_H + i
        told += [(hour + delay_h + copy / 4, hour, register_l) for copy in range(copies)]
    return sorted(told)


def _life(off_h: float, told: list[tuple[float, int, int]]) -> Site:
    site = Site()
    for hour in range(PRELUDE_H):
        site.hear(hour, 1_000, off_h=off_h)
    for received_h, hour, register_l in told:
        site.seq = 1_000 + hour
        site.step(site.admit(hour, register_l, off_h=off_h, delay_h=received_h - hour))
    return site


@settings(deadline=None)
@given(
    wrong_offsets_h,
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 4, 30]), st.floats(0, 1) | st.just(0.0), st.integers(1, 2)
        ),
        min_size=1,
        max_size=40,
    ),
)
def test_once_learned_a_wrong_clock_leads_to_what_a_right_one_does(
    off_h: float, draws: list[tuple[int, float, int]]
) -> None:
    told = _received(draws)
    wrong, right = _life(off_h, told), _life(0, told)
    got, wanted = wrong.meter().chain, right.meter().chain
    shared = [i for i, at_ns in enumerate(wanted.times_ns) if at_ns > at(PRELUDE_H - 1)]
    pairs = list(zip(got.times_ns[-len(shared) :], wanted.times_ns[-len(shared) :], strict=True))
    assert all(abs(one - other) <= SLACK_NS for one, other in pairs)
    assert got.volumes_ml[-len(shared) :] == wanted.volumes_ml[-len(shared) :]


@settings(deadline=None)
@given(st.floats(-3e-4, 3e-4), st.sampled_from([0.0, 72.0, -30.0]))
def test_a_clock_that_drifts_is_followed_within_the_slack(rate: float, off_h: float) -> None:
    site = Site()
    for hour in range(60):
        reading = site.hear(hour, 1_000 + 5 * hour, off_h=off_h + rate * hour)
        if hour >= PRELUDE_H and off_h:
            assert -SLACK_NS <= reading.at_ns - at(hour) <= MINUTE_NS
    times_ns = site.meter().chain.times_ns
    assert all(later > earlier for earlier, later in pairwise(times_ns))


@st.composite
def bursts(draw: st.DrawFn) -> list[tuple[float, int, float, float]]:
    """Samples that come in bursts after outages, by a clock that may be set meanwhile."""
    told: list[tuple[float, int, float, float]] = []
    hour, register = 0.0, 1_000
    for _ in range(draw(st.integers(1, 6))):
        count, off_h = draw(st.integers(1, 30)), draw(st.sampled_from([0.0, 0.0, -5.0, -30.0, 2.0]))
        outage = draw(st.booleans())
        for i in range(count):
            register += draw(st.sampled_from([0, 0, 5, 30]))
            skipped = draw(st.sampled_from([1, 1, 1, 1, 3, 14]))
            hour += skipped
            told.append((hour, register, off_h, (count - i) * 1.0 if outage else 0.0))
    return told


@settings(max_examples=300)
@given(bursts())
def test_passing_over_a_backlog_changes_nothing_that_is_found_or_learned(
    story: list[tuple[float, int, float, float]],
) -> None:
    sites = [Site(), Site()]
    for hour, register_l, off_h, delay_h in story:
        sites[0].hear(hour, register_l, off_h=off_h, delay_h=delay_h)
        with patch.object(Clock, "goes_on", lambda *_: False):
            sites[1].hear(hour, register_l, off_h=off_h, delay_h=delay_h)
    fast, slow = sites
    assert fast.said == slow.said
    assert fast.pipeline.dump() == slow.pipeline.dump()
