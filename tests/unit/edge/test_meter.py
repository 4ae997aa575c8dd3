import pytest

from edge.chain import JointKind
from edge.meter import SAMPLES_MAX, Meter
from edge.reading import HOUR_NS, Quality, TimeSource
from tests.unit.edge.worlds import at, fault, litres, metered


def believed(meter: Meter) -> list[float]:
    return [volume_ml / 1_000 for volume_ml in meter.chain.volumes_ml]


def test_a_rising_register_is_believed() -> None:
    assert believed(metered(100, 100, 130, 3_000)) == [100, 100, 130, 3_000]


def test_a_lost_carry_is_a_glitch_and_the_maximum_stays() -> None:
    meter = metered(687_357, 687_104, 687_361)
    assert believed(meter) == [687_357, 687_361]
    assert meter.counts.glitches == 1


def test_a_dip_within_two_ticks_holds_the_maximum() -> None:
    assert believed(metered(100, 98, 101)) == [100, 100, 101]


def test_two_values_for_one_time_keep_the_larger() -> None:
    meter = metered(689_000, 689_152)
    meter.observe(litres(1, 689_403))
    assert believed(meter) == [689_000, 689_403]
    assert meter.counts.conflicts == 1


def test_an_impossible_jump_is_not_believed_and_the_watermark_waits() -> None:
    meter = metered(100, 50_000)
    assert believed(meter) == [100]
    assert meter.watermark_ns == at(0)
    assert meter.counts.suspects == 1


def test_a_single_wild_value_is_forgotten_when_the_register_goes_on() -> None:
    assert believed(metered(100, 50_000, 120, 130)) == [100, 120, 130]


@pytest.mark.parametrize("registers", [(0, 1, 5), (50_000, 50_010, 50_020), (99, 60, 61, 61)])
def test_three_agreeing_readings_are_another_register(registers: tuple[int, ...]) -> None:
    meter = metered(10_000, 10_020, *registers)
    first = registers[-3]
    assert believed(meter) == [10_000, 10_020, *(10_020 + r - first for r in registers[-3:])]
    (joint,) = meter.chain.joints
    assert (joint.kind, joint.last_ml, joint.first_ml) == (
        JointKind.REPLACED,
        10_020_000,
        first * 1_000,
    )
    assert meter.counts.breaks == 1
    assert meter.watermark_ns == at(1 + len(registers))


def test_readings_that_disagree_never_become_a_register() -> None:
    assert believed(metered(10_000, 5, 9_000, 3, 8_000, 1)) == [10_000]


def test_a_late_sample_of_the_old_register_is_put_in_its_place() -> None:
    meter = metered(10_000, 10_020, 0, 1, 5)
    assert meter.observe(litres(0.5, 10_010))
    assert believed(meter) == [10_000, 10_010, 10_020, 10_020, 10_021, 10_025]


def test_a_late_sample_is_put_in_its_place() -> None:
    meter = metered(100, 120)
    meter.observe(litres(0.5, 110))
    assert believed(meter) == [100, 110, 120]
    assert meter.chain.times_ns.tolist() == [at(0), at(0.5), at(1)]


@pytest.mark.parametrize("quality", [q for q in Quality if q is not Quality.GOOD])
def test_a_reading_of_doubtful_quality_proves_nothing(quality: Quality) -> None:
    meter = metered(100)
    assert not meter.observe(litres(1, 100, quality=quality))
    assert meter.watermark_ns == at(0)
    assert meter.counts.unusable + meter.counts.estimated == 1


def test_a_reading_without_a_clock_proves_nothing() -> None:
    assert not metered(100).observe(litres(1, 100, clock=TimeSource.UNSET))


def test_the_window_is_96_hours_and_forgetting_is_counted() -> None:
    meter = metered(*range(100, 300))
    assert len(meter.chain.times_ns) == 97
    assert meter.counts.trimmed == 103


def test_the_window_holds_1024_samples_at_most() -> None:
    meter = metered(0)
    for i in range(1, 2_000):
        meter.observe(litres(i / 60, i))
    assert len(meter.chain.times_ns) == SAMPLES_MAX


def test_the_interval_is_the_median_of_the_gaps() -> None:
    meter = metered(1, 2, 3, 4)
    meter.observe(litres(40, 5))
    assert meter.interval_ns() == HOUR_NS


def test_a_fault_holds_until_the_device_says_otherwise() -> None:
    meter = metered(100)
    for said in (fault(2, "blocked"), fault(5, ""), fault(1, "")):
        meter.observe(said)
    assert meter.faults.during(at(0), at(1.5)) == ""
    assert meter.faults.during(at(3), at(4)) == "blocked"
    assert meter.faults.during(at(0), at(9)) == "blocked"
    assert meter.faults.during(at(5), at(9)) == ""


def test_the_newest_reading_that_names_a_resolution_is_believed() -> None:
    meter = metered(100, resolution_l=10)
    meter.observe(litres(1, 110, resolution=0.0))
    assert meter.resolution_ml == 10_000
    meter.observe(litres(2, 110, resolution=0.1))
    meter.observe(litres(1.5, 110, resolution=0.001))
    assert meter.resolution_ml == 100_000
