"""A day of 2,000 incidents and 40 workers: even loads and short ways, for any seed."""

import json

import pytest

from simulators.duty_day import (
    INCIDENTS,
    LOAD_MAX,
    WAY_MAX,
    WORKERS,
    chosen,
    in_rotation,
    main,
    make_day,
)


@pytest.mark.parametrize("seed", [1, 2, 3, 17])
def test_loads_are_even_and_ways_are_short(seed: int) -> None:
    day = make_day(seed)
    assert (len(day.jobs), len(day.roster.person)) == (INCIDENTS, WORKERS)
    ours, rotation = chosen(day), in_rotation(day)
    assert ours.unevenness <= LOAD_MAX
    assert ours.way_m <= WAY_MAX * rotation.way_m


def test_both_numbers_are_printed_and_equal_seeds_are_equal_days(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--seed", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["--seed", "5"]) == 0
    assert f"largest load {told['chosen']['load_max']}" in capsys.readouterr().out
