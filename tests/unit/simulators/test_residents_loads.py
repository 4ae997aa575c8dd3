"""What simulated homes use of electricity and gas, and what of it nobody switched on."""

import json

import numpy as np
import pytest

from edge.residents.population import shipped
from edge.residents.states import IS_HOME, STATES, Doing
from simulators.residents.command import main
from simulators.residents.falls import Fall
from simulators.residents.lives import Lives, live
from simulators.residents.loads import Load, loads
from simulators.residents.story import hour_ns
from simulators.residents.streams import CHANNELS, fallen, told


@pytest.fixture(scope="module")
def lives() -> Lives:
    return live(shipped(), 5, range(12), 200)


@pytest.fixture(scope="module")
def every(lives: Lives) -> list[dict[str, Load]]:
    return [dict(loads(lives, row, [5, row])) for row in range(12)]


def test_a_home_has_the_loads_of_its_number_and_the_same_each_time(lives: Lives) -> None:
    again = loads(live(shipped(), 5, [7], 200), 0, [5, 7])
    first = loads(lives, 7, [5, 7])
    assert all((again[name].used == first[name].used).all() for name in CHANNELS)


def test_nobody_switches_anything_on_who_is_away(
    lives: Lives, every: list[dict[str, Load]]
) -> None:
    for row, home in enumerate(every):
        away = ~IS_HOME[lives.states[row]]
        for load in home.values():
            assert load.used[away] == pytest.approx(load.alone[away])


def test_machines_run_with_nobody_there(lives: Lives, every: list[dict[str, Load]]) -> None:
    away = [~IS_HOME[states] for states in lives.states]
    rises = [np.diff(home["elec"].used)[out[1:]] for home, out in zip(every, away, strict=True)]
    assert sum((each > 150).any() for each in rises) >= 4


def test_a_fallen_resident_leaves_on_what_was_on_and_touches_nothing(
    lives: Lives, every: list[dict[str, Load]]
) -> None:
    doing = np.array([state.doing for state in STATES])[lives.states[0]]
    hour = int(np.flatnonzero(doing[1_000:] == Doing.REST)[0]) + 1_000
    load = every[0]["elec"]._replace(heard=np.ones(len(doing), np.bool_))
    readings = list(fallen("elec", load, Fall(0, hour, 0.5)))
    used_wh = np.diff([float(each.value) * 1_000 for each in readings])[:48]
    ahead = slice(hour + 1, hour + 49)
    assert used_wh == pytest.approx(load.alone[ahead] + load.left[hour], abs=10.1)


def test_a_register_never_falls_and_goes_on_after_a_fall(every: list[dict[str, Load]]) -> None:
    for name, load in every[3].items():
        values = [float(each.value) for each in told(name, load)]
        assert values == sorted(values)
        after = [float(each.value) for each in fallen(name, load, Fall(0, 2_000, 0.2))]
        before = [float(e.value) for e in told(name, load) if e.at_ns <= hour_ns(2_000)]
        assert [before[-1], *after] == sorted([before[-1], *after])


def test_the_command_hears_what_it_is_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--homes", "1", "--days", "58", "--falls", "2", "--seed", "9", "--jobs", "1"]
    assert main([*asked, "--json", "--signs", "water,door,elec,gas,plug"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["risen_per_home_month"] > 0
    assert found["risen_by_nobody_per_home_month"] <= found["risen_per_home_month"]
    assert main([*asked, "--signs", "water"]) == 0
    assert "heard by water\n" in capsys.readouterr().out


def test_a_stream_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--signs", "water,lift"])
    assert "no stream lift" in capsys.readouterr().err
