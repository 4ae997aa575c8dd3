"""Values that were recorded and are played back under new names and times."""

from collections.abc import Callable, Iterable
from math import cos, tau
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.echo import Echo
from edge.reading import FindingState, Kind, Tier
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RULE = "device_replayed"


def room() -> Site:
    return Site(registry(devices=(METER, {"id": "env-0", "kind": "env", "unit": "u01"})))


def weather(count: int, seed: int = 1) -> list[float]:
    """Half-hourly temperatures of a room, with noise."""
    rng = Random(seed)
    return [round(21 - 3 * cos(tau * n / 48) + rng.gauss(0, 0.2), 1) for n in range(count)]


def live(site: Site, values: Iterable[float], first: int = 0) -> int:
    """One value each half hour; the number of the next."""
    for number, value in enumerate(values, first):
        site.hear(reading(number / 2, "temperature.c", value, device="env-0", kind=Kind.ENV))
        first = number + 1
    return first


@pytest.mark.parametrize("ago", [1, 2, 5])
def test_a_day_that_is_played_back_is_told_within_the_day(ago: int) -> None:
    site, said = room(), weather(48 * 6)
    now = live(site, said)
    day = said[len(said) - 48 * ago :][:48]
    live(site, day, now)
    (found,) = [each for each in site.said if each.rule == RULE]
    assert (found.tier, found.category) == (Tier.IMPORTANT, "security")
    assert (found.subject, found.state) == ("s01/b01/u01/env-0", RAISED)
    assert found.evidence.seen["channel"] == "temperature.c"


def test_it_is_over_after_a_day_of_new_values() -> None:
    site, said = room(), weather(48 * 4)
    now = live(site, said)
    now = live(site, said[-48:], now)
    live(site, weather(48 * 3, seed=2), now)
    assert site.story(RULE) == [RAISED, CLEARED]


def alike(number: int) -> float:
    return [20.0, 20.2, 20.4, 20.6, 20.8, 20.6, 20.4, 20.2][number % 8]


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(lambda _: 21.5, id="it stands still"),
        pytest.param(lambda number: 229.0 + number % 2, id="it flickers between two"),
        pytest.param(alike, id="a thermostat goes round"),
    ],
)
def test_what_comes_again_by_itself_is_no_replay(says: Callable[[int], float]) -> None:
    site = room()
    live(site, (says(number) for number in range(48 * 10)))
    assert site.story(RULE) == []


@given(st.integers(0, 10_000))
def test_weather_is_never_a_replay_of_itself(seed: int) -> None:
    echo = Echo()
    assert not any(echo.take(value, n) for n, value in enumerate(weather(600, seed)))


def test_what_is_kept_has_an_end() -> None:
    echo = Echo()
    for number, value in enumerate(weather(20_000)):
        echo.take(value, number)
    assert len(echo.marks) == 4 * 192
    assert len(echo.values) == 12


def test_a_restart_changes_nothing() -> None:
    site, said = room(), weather(48 * 3)
    now = live(site, said)
    blob = site.pipeline.dump()
    site.pipeline = room().pipeline
    site.pipeline.restore(blob)
    live(site, said[-48:], now)
    assert site.story(RULE) == [RAISED]
