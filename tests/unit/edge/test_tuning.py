"""Outcomes move the budget of alarms: slowly, by enough of them, and never beyond its bounds."""

from itertools import count

import msgspec
import pytest

from edge.completeness import Home
from edge.detectors.routine import Routine
from edge.entry import Admitted, Entry, Labelled, Link, Message
from edge.labels import Label
from edge.patience import wait_h
from edge.pipeline import Pipeline
from edge.price import price
from edge.quiet import Quiet, QuietState
from edge.reading import DAY_NS, HOUR_NS, Finding
from edge.registry import Registry
from edge.spell import Kind, Spell, usual_kind, with_spell
from edge.tuning import LABELS_MIN, SCALE_MAX, SCALE_MIN, STEP, Tuning
from edge.welfare_terms import RoutineTerms
from tests.unit.edge.worlds import START_NS, UNIT, litres, registry

WEEK_NS = 7 * DAY_NS
HOMES = 100
TUNED = registry([{**UNIT, "routine": {"alarms_per_month": 1.0, "tuned": True}}])


def outcome(seq: int, said: str, rule: str = "routine", before: str = "") -> Label:
    return Label(seq, f"f{seq}", rule, "s01/b01/u01", said, before, START_NS)


def a_site(homes: int = HOMES) -> Tuning:
    tuning = Tuning()
    tuning.go_by(TUNED.units() * homes)
    return tuning


def a_week(tuning: Tuning, week: int, *, false: int = 0, real: int = 0, told: int = 0) -> float:
    """The scale after a week with these outcomes, which the first label of the next one ends."""
    said = ["false_alarm"] * false + ["real"] * real
    at_ns = START_NS + week * WEEK_NS
    tuning.state.told += told
    tuning.learn([outcome(seq, each) for seq, each in enumerate(said)], at_ns)
    tuning.state.told = max(tuning.state.told, told)
    tuning.learn([], at_ns + WEEK_NS)
    return tuning.scale


@pytest.mark.parametrize(
    ("week", "scale"),
    [
        ({"false": 60}, 1 / STEP),  # 100 homes at one a month are 23 a week
        ({"false": 23}, 1.0),
        ({"false": 27}, 1.0),  # no more than chance
        ({"false": 8}, STEP),
        ({"false": 8, "told": 60}, 1 / STEP),  # few were closed, all of them false
        ({"false": 60, "real": 1}, 1.0),  # never dearer when an alarm was real
        ({"false": 5, "real": 20}, STEP),
        ({"false": LABELS_MIN - 1}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_week_moves_the_budget_by_one_step_or_not_at_all(
    week: dict[str, int], scale: float
) -> None:
    assert a_week(a_site(), 1, **week) == pytest.approx(scale)


def test_years_of_lies_end_at_the_bounds() -> None:
    dearer, cheaper = a_site(), a_site()
    for week in range(1, 300, 2):
        assert a_week(dearer, week, false=500) >= SCALE_MIN
        assert a_week(cheaper, week, false=LABELS_MIN, real=50) <= SCALE_MAX
    assert (dearer.scale, cheaper.scale) == (SCALE_MIN, SCALE_MAX)


def test_a_flood_of_outcomes_within_a_week_is_one_step() -> None:
    tuning = a_site()
    for seq in range(2_000):
        stamped = replace_at(outcome(seq, "false_alarm"), seq * WEEK_NS)
        tuning.learn([stamped], START_NS + WEEK_NS)
    tuning.learn([], START_NS + 2 * WEEK_NS)
    assert tuning.scale == pytest.approx(1 / STEP)


def replace_at(label: Label, at_ns: int) -> Label:
    return msgspec.structs.replace(label, at_ns=at_ns)


def test_a_changed_mind_counts_once_and_other_rules_do_not_count() -> None:
    tuning = a_site()
    tuning.learn([outcome(1, "false_alarm"), outcome(2, "false_alarm", "welfare")], START_NS)
    tuning.learn([outcome(3, "real", before="false_alarm")], START_NS)
    assert (tuning.state.false, tuning.state.real) == (0, 1)


def test_a_site_that_agreed_to_no_tuning_expects_nothing_and_never_moves() -> None:
    tuning = Tuning()
    tuning.go_by(registry([{**UNIT, "routine": {"alarms_per_month": 1.0}}]).units() * HOMES)
    assert a_week(tuning, 1, false=500) == 1.0


@pytest.mark.parametrize(
    ("terms", "scale", "budget"),
    [
        (RoutineTerms(tuned=True), SCALE_MIN, 0.7),
        (RoutineTerms(tuned=True), SCALE_MAX, 1.5),
        (RoutineTerms(alarms_per_month=4.0, tuned=True), SCALE_MAX, 4.0),
        (RoutineTerms(), SCALE_MIN, 1.0),
    ],
)
def test_a_budget_stays_among_those_that_were_measured(
    terms: RoutineTerms, scale: float, budget: float
) -> None:
    assert terms.budget(scale) == budget


def drifted() -> Quiet:
    """A home whose nights were made longer by half an hour each week, for a year and a half."""
    packed = b""
    for day in range(600):
        length_h = min(46, 8 + day // 14)
        packed = with_spell(packed, Spell(20_000 + day, 22, usual_kind(20_000 + day), length_h))
    quiet = Quiet(8.0)
    quiet.state = QuietState(
        spells=packed, begun_ns=20_000 * DAY_NS, drawn_ns={"m": 20_600 * DAY_NS + 14 * HOUR_NS}
    )
    return quiet


@pytest.mark.parametrize("scale", [SCALE_MIN, 1.0, SCALE_MAX])
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_slow_drift_blinds_nobody_beyond_the_rule_of_the_city(scale: float, hour: int) -> None:
    quiet, since_ns = drifted(), 20_601 * DAY_NS + hour * HOUR_NS
    quiet.scale = scale
    city = RoutineTerms(tuned=True, longest="24 h")
    waited_h = Routine(city)._wait_h(quiet, since_ns)
    assert waited_h <= 24
    longest = {Kind.WEEK: 47, Kind.WEEKEND: 47, Kind.RETURN: 95}[quiet.place(since_ns).kind]
    assert Routine(RoutineTerms(tuned=True))._wait_h(quiet, since_ns) <= longest


def test_the_drift_of_that_test_does_make_a_home_wait_longer() -> None:
    since_ns = 20_601 * DAY_NS + 14 * HOUR_NS
    assert wait_h(drifted(), since_ns, price(1.0)) > wait_h(Quiet(8.0), since_ns, price(1.0))
    assert wait_h(drifted(), since_ns, price(1.0)) > 24


def story(weeks: int, outcomes: int) -> list[Entry]:
    """Hourly readings of a home that is quiet for 30 hours twice a week, and false alarms."""
    numbers, litre, entries = count(), 1_000.0, list[Entry]()
    entries.append(Link(up=True, at_ns=START_NS))
    for hour in range(weeks * 7 * 24):
        litre += 0 if hour % 84 < 30 else 10
        seq = next(numbers)
        reading = litres(hour, litre, seq=seq, boot=1)
        entries.append(Admitted((Message("wm-1", 1, seq, seq.to_bytes(8, "big"), (reading,)),)))
        if hour % (7 * 24) == 100:
            first = 1 + 100 * hour
            labels = (outcome(first + n, "false_alarm") for n in range(outcomes))
            entries.append(Labelled("one", tuple(labels)))
    return entries


def told_by(pipeline: Pipeline, entries: list[Entry]) -> list[Finding]:
    return [each for entry in entries for each in pipeline.step(entry)]


def test_outcomes_move_what_is_told_and_a_restart_changes_nothing() -> None:
    entries = story(weeks=14, outcomes=40)
    whole = Pipeline(TUNED)
    told = told_by(whole, entries)
    assert whole.learning.tuning.scale == SCALE_MIN
    cut = len(entries) * 2 // 3
    first, second = Pipeline(TUNED), Pipeline(TUNED)
    early = told_by(first, entries[:cut])
    second.restore(first.dump())
    assert early + told_by(second, entries[cut:]) == told
    assert second.dump() == whole.dump()
    plain = Pipeline(TUNED)
    assert told != told_by(plain, [each for each in entries if not isinstance(each, Labelled)])


def test_without_tuning_outcomes_change_no_finding_by_a_byte() -> None:
    site: Registry = registry([{**UNIT, "routine": {"alarms_per_month": 1.0}}])
    entries = story(weeks=8, outcomes=40)
    told = told_by(Pipeline(site), entries)
    plain = told_by(Pipeline(site), [e for e in entries if not isinstance(e, Labelled)])
    assert msgspec.json.encode(told) == msgspec.json.encode(plain)
    assert told


def test_a_budget_that_moves_ends_the_rest_of_every_home() -> None:
    pipeline = Pipeline(TUNED)
    told_by(pipeline, story(weeks=1, outcomes=0))
    home: Home = pipeline.homes()["u01"].state
    assert home.quiet is not None
    assert home.quiet.waits_h
    pipeline._subjects.scale_budgets(1.2)
    assert not home.quiet.waits_h
    assert home.quiet.scale == 1.2
