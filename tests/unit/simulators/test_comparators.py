"""General detectors of anomalies beside the edge's rules: fair, online, and optional."""

from collections.abc import Iterable

import pytest

from edge.reading import DAY_NS, HOUR_NS
from simulators.evaluate.labelled import comparators
from simulators.evaluate.labelled.match import of_no_other
from simulators.evaluate.labelled.scenario import (
    START_NS,
    Alarm,
    Judged,
    Label,
    Naive,
    Point,
    Span,
)

SPAN = Span(START_NS, START_NS + 7 * DAY_NS, START_NS + 10 * DAY_NS)
STEP_NS = HOUR_NS // 2
SPIKE_NS = SPAN.warm_ns + 30 * HOUR_NS
INSTALLED = sorted(comparators.COMPARATORS)


def points(until_ns: int = SPAN.end_ns, spikes: Iterable[int] = (SPIKE_NS,)) -> list[Point]:
    """A sensor that wavers a little, and at `spikes` is far out."""
    return [
        Point("a", at_ns, 500.0 if at_ns in spikes else 20.0 + at_ns // STEP_NS % 5)
        for at_ns in range(SPAN.start_ns, until_ns, STEP_NS)
    ]


def told(name: str, given: list[Point]) -> list[Alarm]:
    alarms = comparators.COMPARATORS[name](given, SPAN)
    if alarms is None:
        pytest.skip(f"{name} is not installed")
    return alarms


def test_what_was_never_seen_in_the_warm_up_is_an_alarm() -> None:
    assert SPIKE_NS in {each.told_ns for each in told("river HalfSpaceTrees", points())}


def test_a_stream_that_is_like_its_warm_up_is_told_of_seldom() -> None:
    assert len(told("PyOD IForest", points(spikes=()))) <= 4


@pytest.mark.parametrize("name", INSTALLED)
def test_nothing_is_said_of_the_warm_up_and_nothing_twice_in_six_hours(name: str) -> None:
    early = SPAN.warm_ns - 30 * HOUR_NS
    soon = SPIKE_NS + STEP_NS
    said = [each.told_ns for each in told(name, points(spikes=(early, SPIKE_NS, soon)))]
    assert all(at_ns >= SPAN.warm_ns for at_ns in said)
    assert soon not in said


@pytest.mark.parametrize("name", INSTALLED)
def test_later_values_change_no_earlier_alarm(name: str) -> None:
    until_ns = SPIKE_NS + STEP_NS
    early = [each for each in told(name, points()) if each.told_ns < until_ns]
    assert told(name, points(until_ns)) == early


@pytest.mark.parametrize("name", INSTALLED)
def test_a_subject_that_was_hardly_heard_in_the_warm_up_is_not_judged(name: str) -> None:
    assert told(name, [each for each in points() if each.at_ns >= SPAN.warm_ns - 3 * STEP_NS]) == []


@pytest.mark.parametrize("name", INSTALLED)
def test_one_that_is_not_installed_says_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparators, "find_spec", lambda _: None)
    assert comparators.COMPARATORS[name](points(), SPAN) is None


def test_who_cannot_tell_events_apart_is_not_blamed_for_the_other_kind() -> None:
    judged = Judged("leak", Naive("never", lambda _: iter(())), within_ns=0)
    labels = [Label("leak", "a", 0, 10), Label("burst", "a", 20, 30)]
    leak, burst, nothing = (Alarm("a", at_ns, at_ns) for at_ns in (5, 25, 50))
    assert of_no_other([leak, burst, nothing], labels, judged) == [leak, nothing]
