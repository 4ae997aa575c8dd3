from typing import Any

import pytest

from edge.completeness import Home
from edge.device_state import State, Welfare, statements
from edge.reading import HOUR_NS, FindingState, Tier
from edge.supply import HOMES_MIN, Supply
from tests.unit.edge.blocks import Block, Uses, awake, block
from tests.unit.edge.worlds import at, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
BUILDING = "s01/b01"
DAYS_H = 96
"""Four days of everybody's usual use, so that the group knows its own pauses."""


def cut(start: int, stop: int, resume: Uses = awake) -> Uses:
    """Usual use, but none in the hours after `start` up to `stop`."""
    return lambda home, hour: 0.0 if start < hour <= stop else resume(home, hour)


def without(gone: set[int], uses: Uses = awake, since: int = 0) -> Uses:
    """The homes `gone` use nothing after `since`."""
    return lambda home, hour: 0.0 if home in gone and hour > since else uses(home, hour)


def test_usual_days_and_nights_are_no_outage() -> None:
    site = Block()
    site.live(0, DAYS_H + 48)
    assert site.said == []


def test_a_cut_of_fourteen_hours_is_one_finding_and_no_resident_is_called_still() -> None:
    site = Block()
    uses = cut(DAYS_H + 8, DAYS_H + 22)
    site.live(0, DAYS_H + 48, uses)
    assert site.told("supply_outage") == [(BUILDING, RAISED), (BUILDING, CLEARED)]
    assert site.told("welfare") == []
    raised, cleared = (f for f in site.said if f.rule == "supply_outage")
    assert (raised.category, raised.tier, raised.revision) == ("supply", Tier.IMPORTANT, 0)
    assert raised.since_ns == at(DAYS_H + 8)
    assert raised.evidence.seen["homes"] == 12
    assert raised.evidence.seen["hidden_homes"] == 4
    assert "4 户独居" in raised.evidence.sentence_zh
    assert (cleared.id, cleared.at_ns) == (raised.id, at(DAYS_H + 23))


def test_a_second_cut_is_found_as_soon_as_the_first() -> None:
    site = Block()
    uses = cut(DAYS_H + 8, DAYS_H + 22, cut(DAYS_H + 56, DAYS_H + 70))
    site.live(0, DAYS_H + 72, uses)
    first, second = (f for f in site.said if f.state is RAISED and f.rule == "supply_outage")
    assert second.at_ns - second.since_ns == first.at_ns - first.since_ns


def test_a_resident_who_had_stopped_before_the_cut_is_still_found() -> None:
    site = Block()
    uses = cut(DAYS_H + 8, DAYS_H + 22, without({0}, since=DAYS_H - 6))
    site.live(0, DAYS_H + 26, uses)
    assert site.told("welfare") == [("s01/b01/u00", RAISED)]


def test_one_who_had_stopped_for_a_window_and_whose_data_come_late_is_found_in_the_cut() -> None:
    site = Block()
    uses = cut(DAYS_H + 8, DAYS_H + 22, without({0}, since=DAYS_H - 6))
    site.live(0, DAYS_H + 16, uses, silent={0})
    site.hear(0, DAYS_H - 8)
    for hour in range(DAYS_H - 7, DAYS_H + 16):
        site.hear(0, hour)
    assert site.told("welfare") == [("s01/b01/u00", RAISED)]


def test_a_resident_who_does_not_resume_is_found_a_window_after_the_return() -> None:
    site = Block()
    uses = cut(DAYS_H + 8, DAYS_H + 22, without({2}, since=DAYS_H + 8))
    site.live(0, DAYS_H + 48, uses)
    (found,) = (f for f in site.said if f.rule == "welfare")
    assert found.subject == "s01/b01/u02"
    assert found.since_ns == at(DAYS_H + 23)
    assert found.at_ns == at(DAYS_H + 35)


def test_after_a_day_an_outage_excuses_nobody() -> None:
    site = Block()
    site.live(0, DAYS_H + 40, cut(DAYS_H + 8, DAYS_H + 60))
    assert {subject for subject, _ in site.told("welfare")} == {f"s01/b01/u0{i}" for i in range(4)}
    assert min(f.at_ns for f in site.said if f.rule == "welfare") == at(DAYS_H + 33)


def test_one_moving_register_ends_it_and_a_dead_one_counts_for_nothing() -> None:
    site = Block(homes=6)
    uses = without({5}, cut(DAYS_H + 8, DAYS_H + 40))

    def moving(home: int, hour: int) -> float:
        return 1.0 if (home, hour) == (4, DAYS_H + 16) else uses(home, hour)

    site.live(0, DAYS_H + 18, moving)
    assert site.told("supply_outage") == [(BUILDING, RAISED), (BUILDING, CLEARED)]
    raised = next(f for f in site.said if f.rule == "supply_outage")
    assert raised.evidence.seen["homes"] == HOMES_MIN


@pytest.mark.parametrize("away", [{1, 2, 3, 4}, {1}])
def test_homes_that_were_away_for_a_day_do_not_make_a_still_resident_an_outage(
    away: set[int],
) -> None:
    site = Block(block(5, alone=(0,)), homes=5)
    festival = without(away, without({0}, since=DAYS_H + 30), since=DAYS_H)
    site.live(0, DAYS_H + 48, festival)
    assert site.told("supply_outage") == []
    assert site.told("welfare")[0] == ("s01/b01/u00", RAISED)


def test_four_homes_are_too_few_to_tell() -> None:
    site = Block(homes=4)
    site.live(0, DAYS_H + 30, cut(DAYS_H + 8, DAYS_H + 40))
    assert site.told("supply_outage") == []
    assert len(site.told("welfare")) == 4


def test_meters_that_are_not_heard_prove_nothing() -> None:
    site = Block()
    site.live(0, DAYS_H + 9)
    site.live(DAYS_H + 9, DAYS_H + 30, cut(DAYS_H + 8, DAYS_H + 40), silent=range(3, 12))
    assert site.told("supply_outage") == []


def test_late_data_that_show_use_take_the_outage_back_and_the_homes_are_judged_again() -> None:
    site = Block()
    uses = cut(DAYS_H + 8, DAYS_H + 40)
    site.live(0, DAYS_H + 9, uses)
    site.live(DAYS_H + 9, DAYS_H + 22, uses, silent={11})
    assert site.told("supply_outage") == [(BUILDING, RAISED)]
    assert site.told("welfare") == []
    register_l = site.registers_l[11]
    for hour in range(DAYS_H + 9, DAYS_H + 18):
        site.hear(11, hour, register_l + 5 * (hour - DAYS_H - 8))
    assert site.told("supply_outage") == [(BUILDING, RAISED), (BUILDING, CLEARED)]
    assert {subject for subject, _ in site.told("welfare")} == {f"s01/b01/u0{i}" for i in range(4)}


def test_a_group_that_has_learned_nothing_waits_eight_hours() -> None:
    site = Block()
    site.live(0, 40, cut(20, 60))
    raised = next(f for f in site.said if f.rule == "supply_outage")
    assert (raised.since_ns, raised.at_ns) == (at(20), at(28))


def test_a_group_that_pauses_long_every_night_is_decided_before_the_residents_rule() -> None:
    def early(home: int, hour: int) -> float:
        del home
        return 20.0 if 8 <= hour % 24 <= 22 else 0.0

    site = Block()
    site.live(0, DAYS_H + 30, cut(DAYS_H + 12, DAYS_H + 40, early))
    *_, raised = (f for f in site.said if f.rule == "supply_outage")
    assert (raised.since_ns, raised.at_ns) == (at(DAYS_H + 12), at(DAYS_H + 22))
    assert site.told("welfare") == []


def test_a_riser_is_out_alone_and_with_its_building_once() -> None:
    units = [
        {"code": f"u{i:02}", "building": "b01", "care": ["alone"], "riser": f"r{i // 6}"}
        for i in range(12)
    ]
    meters = [
        {"id": f"wm-{i:02}", "kind": "water", "unit": f"u{i:02}", "interval": "1 h"}
        for i in range(12)
    ]
    site = Block(registry(units, meters))
    site.live(0, DAYS_H + 16, without(set(range(6, 12)), since=DAYS_H + 8))
    assert site.told("supply_outage") == [("s01/b01/r1", RAISED)]
    whole = Block(registry(units, meters))
    whole.live(0, DAYS_H + 16, cut(DAYS_H + 8, DAYS_H + 40))
    assert whole.told("supply_outage") == [(BUILDING, RAISED)]


def test_the_edge_states_that_homes_without_supply_are_unknown() -> None:
    site = Block()
    site.live(0, DAYS_H + 16, cut(DAYS_H + 8, DAYS_H + 40))
    assert {state for state in stated(site, DAYS_H + 16) if isinstance(state, Welfare)} == {
        Welfare.UNKNOWN
    }
    awake_yet = Block()
    awake_yet.live(0, DAYS_H + 16)
    assert Welfare.CLEAR in stated(awake_yet, DAYS_H + 16)


def stated(site: Block, hour: int) -> list[State | Welfare]:
    pipeline = site.pipeline
    found = statements(block(), pipeline.devices(), pipeline.homes(), at(hour))
    return [statement.state for _, statement in found]


def enough_h(*units: dict[str, Any]) -> float:
    """For how long the building of `units`, none of whom is known yet, may be still."""
    homes = {each["code"]: Home(()) for each in units}
    watched = registry([{"building": "b01", "care": ["alone"]} | each for each in units], ())
    return Supply(BUILDING, homes, watched.units()).enough_ns() / HOUR_NS


def test_only_terms_that_hold_say_how_soon_an_outage_must_be_known() -> None:
    short: dict[str, Any] = {"code": "u1", "welfare": {"window": "8 h"}}
    both = {"code": "u2", "routine": {}} | {"welfare": {"window": "7 h"}}
    assert enough_h(short) == 6
    assert enough_h(both) == 5
    assert enough_h({"code": "u3", "routine": {}}) == enough_h({"code": "u4"}) == 8
    late: dict[str, Any] = {"code": "u5", "welfare": {"window": "72 h"}, "routine": {}}
    assert enough_h(late) == 8
