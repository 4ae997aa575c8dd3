"""Outcomes move what a rule asks for at one place: by enough people and days, and back again."""

from collections.abc import Iterable, Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.entry import Admitted, Entry, Labelled, Link, Message, Retuned
from edge.labels import Label
from edge.pipeline import Pipeline
from edge.pipeline_settings import PipelineSettings
from edge.places import FADE_NS, PLACES_MAX, STEP, Places
from edge.reading import DAY_NS, HOUR_NS, Finding, FindingState
from edge.registry import Registry
from edge.settings import ConfigError, parse
from tests.unit.edge.worlds import START_NS, UNIT, litres, registry

RULE = "leak_slow"
HOME = "s01/b01/u01"
PAIR = f"{RULE} {HOME}"
MOST = {RULE: 2.0}
_numbers = count(1)


def label(outcome: str = "false_alarm", by: str = "", **changes: Any) -> Label:
    seq = next(_numbers)
    fields = {"finding": f"f{seq}", "rule": RULE, "subject": HOME, "before": "", "at_ns": 0}
    return Label(seq=seq, outcome=outcome, by=by, **{**fields, **changes})


def after(told: Iterable[tuple[float, Label]], places: Places | None = None) -> Places:
    """The places after labels that came on these days."""
    places = places or Places(MOST)
    for day, each in told:
        places.learn([each], START_NS + int(day * DAY_NS))
    return places


def weeks(number: int, begun: int = 0) -> Iterator[tuple[float, Label]]:
    """Yield enough false alarms for a step in each of so many weeks."""
    for week in range(begun, begun + number):
        for day, by in enumerate(("an", "bo", "an")):
            yield 7 * week + day, label(by=by)


def scale(places: Places) -> float:
    return places.scales().get(PAIR, 1.0)


@pytest.mark.parametrize(
    ("told", "moved"),
    [
        ([(0, "an"), (1, "bo"), (2, "an")], True),
        ([(0, "an"), (1, "bo")], False),  # too few
        ([(0, "an"), (1, "an"), (2, "an"), (3, "an")], False),  # one person
        ([(0, ""), (1, ""), (2, "")], False),  # nobody says who
        ([(0, "an"), (0.1, "bo"), (0.2, "cy"), (1, "di")], False),  # two days
        ([(0, "an"), (20, "bo"), (45, "an")], False),  # the first is too long ago
    ],
)
def test_a_step_needs_several_days_and_several_people(
    told: list[tuple[float, str]], *, moved: bool
) -> None:
    places = after((day, label(by=by)) for day, by in told)
    assert scale(places) == (STEP if moved else 1.0)


def test_a_flood_of_outcomes_is_one_step_a_week() -> None:
    people = ("an", "bo", "cy")
    flood = ((day / 50, label(by=people[day % 3])) for day in range(6 * 50))
    assert scale(after(flood)) == STEP


def test_years_of_lies_end_at_the_bound() -> None:
    assert scale(after(weeks(100))) == pytest.approx(STEP**7, abs=1e-4)
    assert STEP**7 <= MOST[RULE] < STEP**8


@pytest.mark.parametrize("outcome", ["real", "device_fault"])
def test_a_true_alarm_takes_a_step_back_at_once(outcome: str) -> None:
    places = after([*weeks(3), (21, label(outcome))])
    assert scale(places) == pytest.approx(STEP**2)


@pytest.mark.parametrize("outcome", ["family_confirmed", "", "no_such_word"])
def test_another_outcome_says_nothing(outcome: str) -> None:
    assert scale(after([*weeks(1), (8, label(outcome))])) == STEP


def test_an_outcome_that_is_corrected_does_not_count() -> None:
    first = label(by="an")
    taken_back = label("real", by="an", finding=first.finding, before="false_alarm")
    told = [(0.0, first), (1.0, label(by="bo")), (1.5, taken_back), (2.0, label(by="an"))]
    assert scale(after(told)) == 1.0


def test_a_month_without_a_word_takes_a_step_back() -> None:
    places = after(weeks(2))
    fades_ns = places.fades_ns()
    assert fades_ns == START_NS + 9 * DAY_NS + FADE_NS
    assert not places.fade(fades_ns - 1)
    assert places.fade(fades_ns)
    assert scale(places) == STEP
    assert places.fade(fades_ns + FADE_NS)
    assert (scale(places), places.fades_ns()) == (1.0, None)


@pytest.mark.parametrize(
    ("name", "is_meant"),
    [(RULE, True), (f"{RULE}@u01", True), (f"{RULE}@u02", False), ("toilet_runs", False)],
)
def test_a_reset_puts_back_what_it_names_once(name: str, *, is_meant: bool) -> None:
    places = after(weeks(2))
    assert places.agree({name: 1}) is is_meant
    assert scale(places) == (1.0 if is_meant else pytest.approx(STEP**2))
    after(weeks(1, begun=5), places)
    assert not places.agree({name: 1})


def test_a_rule_that_is_not_tuned_learns_nothing() -> None:
    assert after(((0.0, label(rule="toilet_runs")),)).state.places == {}


def test_beyond_its_limit_the_place_longest_without_an_outcome_is_forgotten() -> None:
    places = after((0.0, label(subject=f"s01/b01/u{i}")) for i in range(PLACES_MAX + 5))
    assert len(places.state.places) == PLACES_MAX
    assert places.state.forgotten == 5
    assert f"{RULE} s01/b01/u4" not in places.state.places


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40 * DAY_NS), st.sampled_from(["false_alarm", "real", ""]),
            st.sampled_from(["", "an", "bo", "cy"]), st.integers(0, 5),
        ),
        max_size=80,
    )
)  # fmt: skip
def test_whatever_is_said_the_scale_keeps_to_its_bounds_and_pace(
    told: list[tuple[int, str, str, int]],
) -> None:
    places, now_ns, risen_ns = Places(MOST), START_NS, list[int]()
    for later_ns, outcome, by, finding in told:
        now_ns += later_ns
        before = scale(places)
        places.learn([label(outcome, by=by, finding=f"same{finding}")], now_ns)
        assert 1.0 <= scale(places) <= MOST[RULE]
        if scale(places) > before:
            assert outcome == "false_alarm"
            risen_ns.append(now_ns)
    assert all(b - a >= 2 * DAY_NS for a, b in pairwise(risen_ns))


SITE = registry([{**UNIT, "care": [], "leaks": {}}], [{"id": "wm-1", "kind": "water", "unit": "u01",
                "interval": "30 min"}])  # fmt: skip
TUNED = PipelineSettings(tuned=(RULE,))


def dripping(hours: int, begun: int = 0) -> Iterator[Entry]:
    for half in range(2 * begun, 2 * (begun + hours)):
        told = litres(half / 2, 1_000 + half)
        yield Admitted((Message("wm-1", 1, half, half.to_bytes(8, "big"), (told,)),))


def raised_after_h(
    site: Registry, settings: PipelineSettings, story: Iterable[Entry]
) -> list[float]:
    pipeline = Pipeline(site, settings)
    pipeline.step(Link(up=True, at_ns=START_NS))
    found: list[Finding] = [each for entry in story for each in pipeline.step(entry)]
    raised = [each for each in found if each.state is FindingState.RAISED]
    return [(each.at_ns - START_NS) / HOUR_NS for each in raised]


def learnt() -> list[Entry]:
    """Days without a leak, with a step's worth of false outcomes."""
    still = [
        Admitted((Message("wm-1", 1, 10_000 + h, bytes([h % 256] * 8), (litres(h, 900),)),))
        for h in range(80)
    ]
    told = [Labelled("one", (label(by=by),)) for by in ("an", "bo", "an")]
    return [*still[:5], told[0], *still[5:30], told[1], *still[30:60], told[2], *still[60:]]


def drips(begun: int = 80) -> list[Entry]:
    return list(dripping(60, begun))


def test_a_tuned_rule_asks_for_more_at_that_place_and_says_so() -> None:
    plain = raised_after_h(SITE, PipelineSettings(), [*learnt(), *drips()])
    tuned = raised_after_h(SITE, TUNED, [*learnt(), *drips()])
    assert [b - a for a, b in zip(plain, tuned, strict=True)] == [2.5]  # a tenth of a day


def test_a_reset_in_the_journal_puts_it_back() -> None:
    reset = Retuned(START_NS + 80 * HOUR_NS, {RULE: 1})
    plain = raised_after_h(SITE, PipelineSettings(), [*learnt(), *drips()])
    assert raised_after_h(SITE, TUNED, [*learnt(), reset, *drips()]) == plain


def test_the_evidence_names_the_scale() -> None:
    pipeline = Pipeline(SITE, TUNED)
    pipeline.step(Link(up=True, at_ns=START_NS))
    (found,) = [f for entry in [*learnt(), *drips()] for f in pipeline.step(entry)]
    assert found.evidence.usual["tuned_scale"] == STEP
    assert pipeline.learning.shown()["scales"] == {PAIR: STEP}


def test_a_restart_anywhere_learns_the_same() -> None:
    story = [*learnt(), *drips()]
    whole = Pipeline(SITE, TUNED)
    whole.step(Link(up=True, at_ns=START_NS))
    expected = [f for entry in story for f in whole.step(entry)]
    for cut in (4, 40, 70, 100, 170):
        first, second = Pipeline(SITE, TUNED), Pipeline(SITE, TUNED)
        first.step(Link(up=True, at_ns=START_NS))
        found = [f for entry in story[:cut] for f in first.step(entry)]
        second.restore(first.dump())
        found += [f for entry in story[cut:] for f in second.step(entry)]
        assert msgspec.json.encode(found) == msgspec.json.encode(expected)


def test_only_rules_with_leeway_can_be_tuned() -> None:
    with pytest.raises(ConfigError, match="cannot be tuned"):
        parse({"tuned": ["smoke_alarm"]}, PipelineSettings, Path("edge.toml"))
