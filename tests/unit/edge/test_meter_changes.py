"""What becomes of a register that does not simply go on, class by class."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.chain import JointKind
from edge.completeness import Bounds, bounds
from edge.meter import Meter
from edge.signature import Verdict
from tests.unit.edge.worlds import METER, at, litres, metered, registry

START = datetime(2026, 1, 1, tzinfo=UTC)


def declared(*registers_l: float, hour: float, last_l: float, first_l: float) -> Meter:
    """A meter with a replacement declared for `hour`, that gave these registers."""
    row = {
        "at": START + timedelta(hours=hour),
        "last_m3": last_l / 1_000,
        "first_m3": first_l / 1_000,
    }
    meter = Meter(registry(devices=[METER | {"replacement": [row]}]).bindings("wm-1")[0])
    for i, register_l in enumerate(registers_l):
        meter.observe(litres(i, register_l))
    return meter


def booted(*reports: tuple[float, int]) -> Meter:
    """A meter that gave these (register, boot) by the hour."""
    meter = metered()
    for hour, (register_l, boot) in enumerate(reports):
        meter.observe(litres(hour, register_l, boot=boot))
    return meter


REFUSED: list[tuple[str, tuple[float, ...], Verdict]] = [
    ("a lost carry of 256 L", (10_000, 9_744, 10_004), Verdict.GLITCH),
    ("a dip of one per cent", (10_000, 9_905, 10_004), Verdict.GLITCH),
    ("a single absurd spike", (10_000, 90_000, 10_004), Verdict.SUSPECT),
    ("litres sent for m3", (10_000, 10_002_000, 10_004), Verdict.UNIT),
    ("m3 sent for litres", (10_000, 10.002, 10_004), Verdict.UNIT),
]


@pytest.mark.parametrize(("registers", "verdict"), [row[1:] for row in REFUSED],
                         ids=[row[0] for row in REFUSED])  # fmt: skip
def test_a_false_reading_is_named_and_not_used(
    registers: tuple[float, ...], verdict: Verdict
) -> None:
    meter = metered(*registers)
    assert meter._judge.odd == {at(1): verdict}
    assert bounds(meter.chain, at(0), at(2)) == Bounds(4_000, 4_000)


def test_the_telegrams_of_an_apator_are_glitches_and_four_litres_of_use() -> None:
    meter = metered()
    for minute, register_l in enumerate((687_357, 687_104, 687_361)):
        meter.observe(litres(minute / 60, register_l))
    assert bounds(meter.chain, at(0), at(2 / 60)) == Bounds(4_000, 4_000)
    assert meter.counts.glitches == 1


def test_a_drop_to_near_zero_after_a_restart_is_a_reset_at_the_second_reading() -> None:
    meter = booted((10_000, 1), (10_020, 1), (3, 2), (5, 2))
    assert [joint.kind for joint in meter.chain.joints] == [JointKind.RESET]
    assert bounds(meter.chain, at(0), at(3)) == Bounds(22_000, None)


def test_a_transient_zero_after_a_restart_is_not_a_reset() -> None:
    meter = booted((10_000, 1), (0, 2), (10_020, 2))
    assert not meter.chain.joints
    assert bounds(meter.chain, at(0), at(2)) == Bounds(20_000, 20_000)


def test_a_young_register_that_restarts_may_have_been_reset_unseen() -> None:
    meter = booted((30, 1), (30, 2))
    assert bounds(meter.chain, at(0), at(1)) == Bounds(0, None)


def test_a_fall_from_full_scale_is_a_rollover_whose_use_is_only_inferred() -> None:
    meter = metered(999_980, 999_990, 4, 6, 7)
    (joint,) = meter.chain.joints
    assert (joint.kind, joint.inferred_ml) == (JointKind.ROLLOVER, 14_000)
    assert bounds(meter.chain, at(0), at(4)) == Bounds(13_000, None)


def test_use_before_and_after_a_change_adds_up() -> None:
    meter = metered(10_000, 10_020, 0, 1, 5)
    assert bounds(meter.chain, at(0), at(4)) == Bounds(25_000, None)
    assert bounds(meter.chain, at(2), at(4)) == Bounds(5_000, 5_000)


def test_a_dip_that_may_have_been_a_new_register_leaves_the_use_unknown() -> None:
    meter = metered(1_000, 300, 1_010)
    assert [joint.kind for joint in meter.chain.joints] == [JointKind.EXCURSION]
    assert bounds(meter.chain, at(0), at(2)) == Bounds(10_000, None)


def test_a_plausible_spike_is_taken_back_when_the_register_comes_back() -> None:
    meter = metered(1_000, 2_500, 1_010, 1_020, 1_030)
    assert [joint.kind for joint in meter.chain.joints] == [JointKind.EXCURSION]
    assert bounds(meter.chain, at(0), at(4)) == Bounds(30_000, None)


def test_a_wrong_unit_never_becomes_a_register_and_asks_for_a_person() -> None:
    meter = metered(10_000, *(10_002_000 + i for i in range(5)))
    assert meter.watermark_ns == at(0)
    change = meter.change()
    assert change is not None
    assert change.kind is None
    assert metered(10_000, 10_002_000, 10_004).change() is None


def test_a_declared_replacement_makes_the_use_across_it_known() -> None:
    meter = declared(10_000, 10_020, 8, 9, hour=1.5, last_l=10_025, first_l=4)
    assert [joint.kind for joint in meter.chain.joints] == [JointKind.DECLARED]
    assert bounds(meter.chain, at(0), at(3)) == Bounds(30_000, 30_000)
    assert meter.change() is None


@pytest.mark.parametrize(("last_l", "first_l"), [(9_000, 4), (10_025, 700_000), (90_000, 4)])
def test_a_declaration_that_the_registers_deny_leaves_the_use_unknown(
    last_l: float, first_l: float
) -> None:
    meter = declared(10_000, 10_020, 8, 9, 10, hour=1.5, last_l=last_l, first_l=first_l)
    assert bounds(meter.chain, at(0), at(4)).upper_ml is None
    assert 20_000 <= bounds(meter.chain, at(0), at(4)).lower_ml <= 22_000
    assert meter.change() is not None


def test_readings_of_the_wrong_register_around_the_declared_time_are_passed_over() -> None:
    early = declared(10_000, 10_020, 3, 8, 9, hour=2.5, last_l=10_025, first_l=4)
    assert bounds(early.chain, at(0), at(4)) == Bounds(30_000, 30_000)


def change(meter: Meter) -> Any:
    return meter.change()


def test_a_change_is_forgotten_with_its_window() -> None:
    meter = metered(10_000, 10_020, 0, 1, 5)
    assert change(meter).first_ns == at(2)
    for hour in range(5, 120):
        meter.observe(litres(hour, 6))
    assert change(meter) is None
    assert meter.counts.breaks == 1


def test_a_window_that_leaves_a_change_behind_is_judged_as_after_a_restart() -> None:
    minutes = (0, 124, 295, *range(320, 457, 8))
    registers_l = (65_500, 65_500, 65_497, 4, 2_000_004, 4, 4, 1, 1, 4, 4, 1, 1, *[4] * 8)
    meter = metered()
    for minute, register_l in zip(minutes, registers_l, strict=True):
        meter.observe(litres(minute / 60, register_l))
    for hour in range(100, 104):  # the register came back to near nothing; now it is another
        meter.observe(litres(hour, 500_000, boot=hour))
        again = metered()
        again.restore(meter.state())
        assert again.chain.volumes_ml == meter.chain.volumes_ml
        assert again.counts == meter.counts
