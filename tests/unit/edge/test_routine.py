"""A home quieter than its own routine: what raises, what does not, and what ends it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from edge.completeness import Home
from edge.detectors.base import Condition, Status, WarmingUp
from edge.detectors.routine import Routine
from edge.detectors.welfare import Welfare
from edge.draw import Draw, draw
from edge.patience import cheapest_h, longest_h, smoothed, wait_h
from edge.population import LENGTHS, as_csv, per_day
from edge.price import price
from edge.quiet import Quiet, QuietState
from edge.reading import HOUR_NS, MINUTE_NS
from edge.registry import Registry
from edge.settings import ConfigError
from edge.spell import SPELLS_MAX, Kind, Spell, unpacked, with_spell
from edge.subjects import watched_homes
from edge.welfare_terms import RoutineTerms
from tests.unit.edge.worlds import METER, UNIT, at, fault, litres, metered, registry

DAY_H = 24
SITE = registry([UNIT | {"routine": {"alarms_per_month": 1.0}}])
RULE = Routine(RoutineTerms())


def home(site: Registry = SITE) -> Home:
    ((_, watched),) = watched_homes(site, 8.0)
    return watched.state


def lived(days: int, asleep: Iterable[int] = range(8)) -> Home:
    """Ten litres in every hour but the local ones of sleep, for some days."""
    lives = home()
    live(lives, 0, days * DAY_H, asleep)
    return lives


def live(lives: Home, first: int, until: int, asleep: Iterable[int]) -> float:
    register_l = 1_000.0 * (first + 1)
    for hour in range(first, until):
        register_l += 0 if (hour + 8) % DAY_H in asleep else 10
        lives.observe(litres(hour, register_l))
    return register_l


def still(lives: Home, first: int, until: int, register_l: float) -> int | None:
    """The first hour at which the rule holds while the register stands."""
    for hour in range(first, until):
        lives.observe(litres(hour, register_l))
        status = RULE.evaluate(lives, at(hour))
        assert isinstance(status, Status)
        if status.condition is Condition.HOLDS:
            return hour
    return None


def test_it_is_installed_where_a_resident_alone_has_terms_for_it() -> None:
    assert [each.rule for each in Routine.install(SITE.unit("u01"))] == ["routine"]
    assert Routine.install(registry().unit("u01")) == ()
    social = registry([UNIT | {"care": [], "routine": {}}])
    assert Routine.install(social.unit("u01")) == ()


def test_beside_a_routine_fixed_terms_hold_only_where_they_are_written_down() -> None:
    assert Welfare.install(SITE.unit("u01")) == ()
    both = registry([UNIT | {"routine": {}, "welfare": {"window": "24 h"}}])
    assert [each.rule for each in Welfare.install(both.unit("u01"))] == ["welfare"]
    assert Welfare.install(registry().unit("u01"))


def test_a_home_is_covered_from_its_first_reading_on() -> None:
    lives = home()
    assert isinstance(RULE.evaluate(lives, at(0)), WarmingUp)
    lives.observe(litres(0, 100))
    assert isinstance(RULE.evaluate(lives, at(0)), Status)


def test_a_new_home_that_falls_quiet_is_found_within_two_days() -> None:
    lives = home()
    register_l = live(lives, 0, 6, ())
    found = still(lives, 6, 3 * DAY_H, register_l)
    assert found is not None
    assert 6 < found - 5 <= 48


def test_a_home_that_is_never_quiet_by_day_is_found_sooner_than_a_new_one() -> None:
    new, known = home(), lived(120)
    noon = 120 * DAY_H + 4
    register_l = live(known, 120 * DAY_H, noon, range(8))
    first = still(known, noon, noon + 60, register_l)
    newly = still(new, noon, noon + 60, live(new, noon - 4, noon, ()))
    assert first is not None
    assert newly is not None
    assert first < newly


def test_a_night_of_the_usual_length_never_raises() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 16, range(8))
    assert still(lives, 60 * DAY_H + 16, 61 * DAY_H, register_l) is None


def test_missing_readings_never_raise() -> None:
    lives = lived(60)
    for hour in (60 * DAY_H, 60 * DAY_H + 40, 60 * DAY_H + 140):
        status = RULE.evaluate(lives, at(hour))
        assert isinstance(status, Status)
        assert status.condition is Condition.GONE
    lives.observe(litres(60 * DAY_H + 140, 9_000_000))
    status = RULE.evaluate(lives, at(60 * DAY_H + 140))
    assert isinstance(status, Status)
    assert status.condition is Condition.GONE


def test_equal_registers_around_a_hole_prove_that_it_was_quiet() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 10, ())
    lives.observe(litres(60 * DAY_H + 70, register_l))
    status = RULE.evaluate(lives, at(60 * DAY_H + 70))
    assert isinstance(status, Status)
    assert (status.condition, status.since_ns) == (Condition.HOLDS, at(60 * DAY_H + 9))


def test_nothing_is_concluded_across_a_hole_that_is_longer_than_the_memory() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 10, ())
    lives.observe(litres(60 * DAY_H + 120, register_l))
    status = RULE.evaluate(lives, at(60 * DAY_H + 120))
    assert isinstance(status, Status)
    assert status.condition is Condition.GONE


def found(lives: Home, hour: int) -> tuple[int, float]:
    """A home that has been quiet until the rule holds: since when, and its register."""
    register_l = live(lives, hour, hour + 4, ())
    assert still(lives, hour + 4, hour + 60, register_l)
    return at(hour + 3), register_l


def test_a_draw_ends_it_and_a_hole_does_not() -> None:
    lives = lived(60)
    since_ns, register_l = found(lives, 60 * DAY_H)
    later = 63 * DAY_H
    lives.observe(litres(later, register_l + 500))  # anything may have used them
    status = RULE.evaluate(lives, at(later), since_ns)
    assert isinstance(status, Status)
    assert status.condition is Condition.HOLDS
    lives.observe(litres(later + 1, register_l + 510))
    status = RULE.evaluate(lives, at(later + 1), since_ns)
    assert isinstance(status, Status)
    assert (status.condition, status.since_ns) == (Condition.GONE, since_ns)


def test_a_fault_of_the_meter_proves_nothing() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 4, ())
    lives.observe(fault(60 * DAY_H + 6, "frozen"))
    assert still(lives, 60 * DAY_H + 6, 63 * DAY_H, register_l) is None


def test_a_leak_is_nobody() -> None:
    meter = metered(*(5 * hour for hour in range(30)), 5 * 29 + 20)
    chain = meter.chain
    assert [draw(chain, i, 1_000) for i in (20, 29, 30)] == [Draw.SEEN, Draw.NONE, Draw.SEEN]


def test_a_draw_in_a_hole_is_only_possible() -> None:
    meter = metered(100, 100)
    meter.observe(litres(9, 150))
    assert [draw(meter.chain, i, 1_000) for i in range(3)] == [
        Draw.POSSIBLE,
        Draw.NONE,
        Draw.POSSIBLE,
    ]


def never(start_ns: int, end_ns: int) -> None:
    """No outage excuses any time."""


def test_who_went_out_is_not_looked_for() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 4, ())
    quiet = lives.quiet
    assert quiet is not None
    lives.observe(litres(60 * DAY_H + 4, register_l))
    quiet.pass_door(at(60 * DAY_H + 4), never, out=True)
    assert still(lives, 60 * DAY_H + 5, 64 * DAY_H, register_l) is None
    quiet.pass_door(at(64 * DAY_H), never, out=False)
    first = still(lives, 64 * DAY_H, 68 * DAY_H, register_l)
    assert first is not None
    assert first >= 64 * DAY_H + 6


def test_who_is_out_for_more_than_thirty_days_is_looked_for() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 4, ())
    assert lives.quiet is not None
    lives.quiet.pass_door(at(60 * DAY_H + 4), never, out=True)
    assert still(lives, 60 * DAY_H + 5, 92 * DAY_H, register_l) == 60 * DAY_H + 4 + 30 * DAY_H


def test_who_said_that_they_would_be_away_is_looked_for_after_they_should_be_back() -> None:
    gone, back = 60 * DAY_H + 8, 63 * DAY_H
    told = {"from": moment(gone), "to": moment(back)}
    site = registry([UNIT | {"routine": {}, "away": [told]}])
    (rule,) = Routine.install(site.unit("u01"))
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 8, ())
    holds = []
    for hour in range(gone, back + 60):
        lives.observe(litres(hour, register_l))
        status = rule.evaluate(lives, at(hour))
        assert isinstance(status, Status)
        holds.append(status.condition is Condition.HOLDS)
    assert back + 6 <= gone + holds.index(True) <= back + 48


def test_an_absence_that_ends_before_it_begins_is_refused() -> None:
    told = {"from": moment(2), "to": moment(1)}
    with pytest.raises(ConfigError, match="to is not after from"):
        registry([UNIT | {"routine": {}, "away": [told]}])


def moment(hour: int) -> datetime:
    return datetime.fromtimestamp(at(hour) / 1e9, UTC)


def test_a_draw_brings_home_whoever_was_out() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 4, ())
    assert lives.quiet is not None
    lives.quiet.pass_door(at(60 * DAY_H + 4), never, out=True)
    lives.observe(litres(60 * DAY_H + 4, register_l))
    lives.observe(litres(60 * DAY_H + 5, register_l + 10))
    assert not lives.quiet.is_out(at(60 * DAY_H + 6))
    assert still(lives, 60 * DAY_H + 6, 64 * DAY_H, register_l + 10)


def test_a_draw_in_the_hour_in_which_somebody_went_out_does_not_bring_them_home() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 4, ())
    quiet = lives.quiet
    assert quiet is not None
    lives.observe(litres(60 * DAY_H + 4, register_l))
    quiet.pass_door(at(60 * DAY_H + 4) + HOUR_NS // 2, never, out=True)
    lives.observe(litres(60 * DAY_H + 5, register_l + 10))
    assert quiet.is_out(at(60 * DAY_H + 6))
    assert still(lives, 60 * DAY_H + 6, 64 * DAY_H, register_l + 10) is None


def test_a_guest_who_goes_leaves_the_resident_at_home() -> None:
    quiet = lived(60).quiet
    assert quiet is not None
    quiet.pass_door(at(60 * DAY_H + 1), never, out=False)
    quiet.pass_door(at(60 * DAY_H + 3), never, out=True)
    assert not quiet.is_out(at(60 * DAY_H + 4))
    quiet.pass_door(at(60 * DAY_H + 5), never, out=True)
    assert quiet.is_out(at(60 * DAY_H + 6))


def test_a_guest_of_yesterday_was_the_resident_coming_home_unseen_before() -> None:
    quiet = lived(60).quiet
    assert quiet is not None
    quiet.pass_door(at(60 * DAY_H + 1), never, out=False)
    quiet.pass_door(at(60 * DAY_H + 8), never, out=True)
    assert quiet.is_out(at(60 * DAY_H + 9))


def test_a_quiet_that_the_door_ends_is_learned_as_far_as_the_register_proves_it() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 4, ())
    for hour in range(60 * DAY_H + 4, 60 * DAY_H + 14):
        lives.observe(litres(hour, register_l))
    quiet = lives.quiet
    assert quiet is not None
    quiet.pass_door(at(60 * DAY_H + 15), never, out=True)
    *_, last = quiet.spells()
    assert (last.hour, last.length_h) == (quiet.place(at(60 * DAY_H + 3)).hour, 10)


def test_a_late_reading_tells_when_the_draw_in_a_hole_was() -> None:
    lives = home()
    register_l = live(lives, 0, 30, range(8))
    lives.observe(litres(34, register_l + 50))
    assert lives.quiet is not None
    assert lives.quiet.since_ns == at(34)
    lives.observe(litres(30, register_l + 50))
    assert lives.quiet.since_ns == at(30)
    assert lives.quiet.is_seen_after(at(29))


def test_its_evidence_says_what_is_usual_and_how_late_it_may_be() -> None:
    lives = lived(60)
    since_ns, _ = found(lives, 60 * DAY_H)
    status = RULE.evaluate(lives, at(63 * DAY_H), since_ns)
    assert isinstance(status, Status)
    told = RULE.evidence(lives, status, 8.0)
    assert float(told.seen["span_h"]) >= float(told.usual["wait_h"]) - 0.5
    assert told.usual["own_days"] == 60
    assert told.delay_s_worst >= float(told.usual["wait_h"]) * 3_600
    assert told.complete_until_ns == status.at_ns
    for sentence in (told.sentence_zh, told.sentence_en):
        assert f"{told.usual['wait_h']:g}" in sentence
        assert "{" not in sentence


def test_a_higher_budget_of_alarms_waits_less() -> None:
    quiet = Quiet(8.0)
    waits = [wait_h(quiet, at(12), price(rate)) for rate in (0.7, 1.0, 2.0, 4.0)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[-1]


@pytest.mark.parametrize("kind", list(Kind))
def test_the_cheapest_wait_is_just_past_the_usual_length(kind: Kind) -> None:
    counts = smoothed(per_day())[0, 0] * 0
    counts[9] = 1_000.0
    assert cheapest_h(counts, kind, 10_000.0) == 10


def test_the_memory_of_a_home_stays_below_4_kb() -> None:
    quiet = Quiet(8.0)
    for day in range(2 * SPELLS_MAX):
        packed = with_spell(quiet.state.spells, Spell(20_000 + day, 22, Kind.WEEK, 9))
        quiet.state.spells = packed
    quiet.state.drawn_ns = quiet.state.seen_ns = quiet.state.known_ns = {"wm-1": at(0)}
    assert len(msgspec.msgpack.encode(quiet.state)) < 4_096
    assert len(list(quiet.spells())) == SPELLS_MAX


@pytest.mark.parametrize(
    "spell",
    [
        Spell(20_454, 23, Kind.WEEKEND, 9),
        Spell(0, 0, Kind.WEEK, 6),
        Spell(40_000, 5, Kind.RETURN, 127),
    ],
)
def test_a_spell_is_remembered_as_it_was(spell: Spell) -> None:
    assert list(unpacked(with_spell(b"", spell))) == [spell]


def test_a_spell_of_friday_is_of_the_weekend_and_one_after_an_absence_of_a_return() -> None:
    quiet = Quiet(8.0)
    thursday = 0  # the worlds begin on Thursday, 1 January 2026, at 8 o'clock
    kinds = [quiet.place(at(thursday + 24 * day)).kind for day in range(4)]
    assert kinds == [Kind.WEEK, Kind.WEEKEND, Kind.WEEKEND, Kind.WEEK]
    quiet.state.back_ns = at(0)
    assert [quiet.place(at(hour)).kind for hour in (1, 13)] == [Kind.RETURN, Kind.WEEK]


def test_short_spells_fade() -> None:
    quiet = Quiet(8.0)
    quiet.state = QuietState(brief_h=quiet.brief_h(0).tobytes(), brief_day=0)
    brief_h = quiet.brief_h(0)
    brief_h[0] = 4.0
    quiet.state.brief_h = brief_h.tobytes()
    assert [round(quiet.brief_h(day)[0], 2) for day in (0, 180, 360)] == [4.0, 2.0, 1.0]


def test_the_population_is_read_as_it_is_written(tmp_path: Path) -> None:
    counts = (per_day() * 17_785).round().astype(int)
    path = tmp_path / "population.csv"
    path.write_text(as_csv(counts, 100.0), "ascii")
    first, *rows = path.read_text("ascii").splitlines()
    assert first == "home_days,100.0"
    assert len(rows) == 3 * DAY_H
    assert all(len(row.split(",")) <= LENGTHS + 2 for row in rows)


def test_a_minute_more_or_less_than_an_hour_changes_no_length() -> None:
    lives = home()
    jitter = MINUTE_NS / HOUR_NS
    register_l = 1_000.0
    for hour in range(40):
        register_l += 0 if 20 <= hour < 30 or not hour % 4 else 10
        lives.observe(litres(hour + (jitter if hour % 2 else -jitter), register_l))
    assert lives.quiet is not None
    assert [spell.length_h for spell in lives.quiet.spells()] == [10]


def test_a_meter_in_a_home_without_a_routine_keeps_no_memory() -> None:
    assert home(registry([UNIT], [METER])).quiet is None


def test_the_routine_of_a_site_holds_for_whoever_has_no_terms_of_their_own() -> None:
    units = [
        {"code": "plain", "building": "b01", "care": ["alone"]},
        {"code": "fixed", "building": "b01", "care": ["alone"], "welfare": {"window": "24 h"}},
        {"code": "own", "building": "b01", "care": ["alone"], "routine": {"alarms_per_month": 2}},
    ]
    table = {"version": 1, "site": "s01", "routine": {"alarms_per_month": 0.8}, "unit": units}
    site = Registry.parse(table, Path("registry.toml"))
    rates = {each.code: each.routine and each.routine.alarms_per_month for each in site.units()}
    assert rates == {"plain": 0.8, "fixed": None, "own": 2}
    assert Welfare.install(site.unit("plain")) == ()
    assert Routine.install(site.unit("fixed")) == ()


def test_a_site_routine_that_is_wrong_is_refused_by_its_key() -> None:
    table = {"version": 1, "site": "s01", "routine": {"alarms_per_month": 9}}
    with pytest.raises(ConfigError, match=r"routine\.alarms_per_month"):
        Registry.parse(table, Path("registry.toml"))


def test_a_new_home_is_waited_for_longer_until_it_is_known_even_where_alarms_are_cheap() -> None:
    cheap_h, since_ns = price(2.0), at(40 * DAY_H)
    waits_h = []
    for days in (0, 14, 28, 40):
        quiet = Quiet(8.0)
        quiet.state.begun_ns = since_ns - days * DAY_H * HOUR_NS
        waits_h.append(wait_h(quiet, since_ns, cheap_h))
        assert longest_h(quiet, since_ns, cheap_h) >= waits_h[-1]
    assert waits_h == sorted(waits_h, reverse=True)
    assert waits_h[0] > waits_h[2] == waits_h[3]


def test_a_home_with_a_door_is_judged_by_the_odds_and_never_waited_for_beyond_two_days() -> None:
    lives = home()
    register_l = 1_000.0
    quiet = lives.quiet
    assert quiet is not None
    for hour in range(40 * DAY_H):
        clock = (hour + 8) % DAY_H
        register_l += 10 * (8 <= clock < 22)
        lives.observe(litres(hour, register_l))
        if clock == 12:
            quiet.pass_door(at(hour) + 1, never, out=True)
        if clock == 14:
            quiet.pass_door(at(hour) + 1, never, out=False)
    odds_h = quiet.odds_h(at(40 * DAY_H))
    assert odds_h is not None
    found = still(lives, 40 * DAY_H, 43 * DAY_H, register_l)
    assert found is not None
    since_h = 40 * DAY_H - 10  # the last draw, at 21 o'clock local time
    assert 8 <= found - since_h <= 30
    status = RULE.evaluate(lives, at(found))
    assert isinstance(status, Status)
    evidence = RULE.evidence(lives, status, 8.0)
    assert evidence.delay_s_worst >= 48 * 3_600


def test_a_door_that_showed_nobody_for_two_weeks_is_not_believed() -> None:
    lives = lived(60)
    quiet = lives.quiet
    assert quiet is not None
    assert quiet.odds_h(at(60 * DAY_H)) is None
    quiet.pass_door(at(60 * DAY_H), never, out=True)
    quiet.pass_door(at(60 * DAY_H + 1), never, out=False)
    assert quiet.odds_h(at(61 * DAY_H)) is not None
    assert quiet.odds_h(at(75 * DAY_H)) is None


def test_a_door_that_last_showed_somebody_go_is_believed_for_thirty_days() -> None:
    lives = lived(60)
    quiet = lives.quiet
    assert quiet is not None
    quiet.pass_door(at(60 * DAY_H), never, out=False)
    quiet.pass_door(at(60 * DAY_H + 1), never, out=True)
    assert quiet.odds_h(at(75 * DAY_H)) is not None
    assert quiet.odds_h(at(90 * DAY_H + 1)) is None


def test_a_flat_that_drips_while_its_resident_is_on_holiday_is_no_finding_within_a_week() -> None:
    lives = lived(60)
    register_l = live(lives, 60 * DAY_H, 60 * DAY_H + 4, ())
    quiet = lives.quiet
    assert quiet is not None
    quiet.pass_door(at(60 * DAY_H + 3), never, out=False)
    quiet.pass_door(at(60 * DAY_H + 4), never, out=True)
    assert still(lives, 60 * DAY_H + 5, 63 * DAY_H, register_l) is None
    lives.observe(litres(63 * DAY_H, register_l + 3))
    assert not quiet.is_out(at(63 * DAY_H))
    found = still(lives, 63 * DAY_H + 1, 73 * DAY_H, register_l + 3)
    assert found == 63 * DAY_H + 7 * DAY_H


def test_a_door_that_shows_one_direction_only_tells_nobody_who_is_at_home() -> None:
    lives = lived(60)
    quiet = lives.quiet
    assert quiet is not None
    for day in range(60, 70):
        quiet.pass_door(at(day * DAY_H), never, out=False)
    assert quiet.odds_h(at(70 * DAY_H)) is None
