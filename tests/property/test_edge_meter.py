from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from edge.chain import WINDOW_NS
from edge.completeness import bounds
from edge.meter import SAMPLES_MAX, Meter
from edge.reading import HOUR_NS, MINUTE_NS, Kind, Quality, Reading, TimeSource
from tests.property.edge_world import REGISTRY, START_S

START_NS = START_S * 1_000_000_000
BINDING = REGISTRY.bindings("wm-1")[0]


def reading(at_ns: int, litres: int, channel: str = "water.total") -> Reading:
    return Reading(
        "wm-1", "u01", Kind.WATER, channel, litres / 1000, at_ns, at_ns, TimeSource.METER,
        Quality.GOOD, historical=False, seq=0, boot=0, resolution=0.001,
    )  # fmt: skip


@st.composite
def true_registers(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Samples of a register that never lies: rising times, litres within the physical limit."""
    gaps_min = draw(st.lists(st.integers(5, 600), min_size=1, max_size=30))
    used_l = draw(st.lists(st.sampled_from([0, 0, 0, 1, 9, 10, 40]), min_size=30, max_size=30))
    times_ns = accumulate((gap * MINUTE_NS for gap in gaps_min), initial=START_NS)
    return list(zip(times_ns, accumulate(used_l, initial=1_000), strict=False))


def metered(samples: list[tuple[int, int]]) -> Meter:
    meter = Meter(BINDING)
    for at_ns, litres in samples:
        meter.observe(reading(at_ns, litres))
    return meter


def answers(meter: Meter) -> tuple[list[int], list[int]]:
    return meter.chain.times_ns.tolist(), meter.chain.volumes_ml.tolist()


@given(true_registers(), st.data())
def test_order_and_repetition_of_samples_change_nothing(
    samples: list[tuple[int, int]], data: st.DataObject
) -> None:
    repeated = samples + data.draw(st.lists(st.sampled_from(samples), max_size=20))
    shuffled = data.draw(st.permutations(repeated))
    newest_ns = samples[-1][0]
    within = [sample for sample in shuffled if sample[0] >= newest_ns - WINDOW_NS]
    assert answers(metered(within)) == answers(metered(samples))


samples_of_any_kind = st.lists(
    st.tuples(
        st.integers(0, 500).map(lambda m: START_NS + 10 * m * MINUTE_NS), st.integers(0, 3000)
    ),
    min_size=1,
    max_size=60,
)


@given(samples_of_any_kind)
def test_a_segment_rises_in_time_and_never_falls_in_volume(samples: list[tuple[int, int]]) -> None:
    times_ns, volumes_ml = answers(metered(samples))
    assert times_ns == sorted(set(times_ns))
    assert volumes_ml == sorted(volumes_ml)
    assert times_ns[-1] - times_ns[0] <= WINDOW_NS


@given(samples_of_any_kind, samples_of_any_kind)
def test_a_restored_meter_goes_on_as_if_nothing_had_happened(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    meter = metered(before)
    restored = Meter(BINDING)
    restored.restore(meter.state())
    for at_ns, litres in after:
        assert meter.observe(reading(at_ns, litres)) == restored.observe(reading(at_ns, litres))
    assert answers(meter) == answers(restored)
    assert meter.state() == restored.state()


@given(true_registers(), st.integers(-30, 300), st.integers(0, 100))
def test_bounds_enclose_the_true_use(
    samples: list[tuple[int, int]], start_h: int, length_h: int
) -> None:
    meter = metered(samples[::2])
    start_ns = START_NS + start_h * HOUR_NS
    end_ns = start_ns + length_h * HOUR_NS
    known = bounds(meter.chain, start_ns, end_ns)
    inside = [litres for at_ns, litres in samples if start_ns <= at_ns <= end_ns]
    around = [litres for at_ns, litres in samples if at_ns <= start_ns][-1:] + inside
    around += [litres for at_ns, litres in samples if at_ns >= end_ns][:1]
    if inside and known.upper_ml is not None:
        assert known.upper_ml >= (inside[-1] - inside[0]) * 1000
    if around:
        assert known.lower_ml <= (around[-1] - around[0]) * 1000
    watermark_ns = meter.watermark_ns
    assert watermark_ns is not None
    if end_ns > watermark_ns:
        assert known.upper_ml is None


def test_a_meter_that_floods_keeps_its_bound() -> None:
    meter = metered([(START_NS + i * MINUTE_NS, 1000 + (i % 7) * 500) for i in range(4_000)])
    assert len(meter._samples.times_ns) <= SAMPLES_MAX
    assert meter.counts.trimmed > 0
