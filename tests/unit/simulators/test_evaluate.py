"""What rules are worth, on homes whose numbers are known beforehand."""

import io
import json
from pathlib import Path
from random import Random

import pytest

from edge.reading import DAY_NS, HOUR_NS
from simulators.evaluate.command import main
from simulators.evaluate.doors import Passage, read_doors
from simulators.evaluate.loho import SETTINGS
from simulators.evaluate.members import read_members
from simulators.evaluate.rules import RULES, named
from simulators.evaluate.score import quantile, score
from simulators.evaluate.silences import around, cuts_ns, plausible, silences
from simulators.evaluate.trial import Plan, past, trial
from simulators.households import HouseholdsError, Sample, Series, moment_ns, write

START_NS = moment_ns("2026-01-01T00:00:00")
DAYS = 58  # 28 of warm-up and one month of 30 days
SHIPPED = Path(__file__).parents[3] / "simulators" / "homes" / "readings.csv.gz"


def home(away: frozenset[int] = frozenset(), missing: frozenset[int] = frozenset()) -> Series:
    """Ten litres by every full hour from 8 to 20; nobody at home on the days `away`."""
    litres, samples = 0, []
    for hour in range(DAYS * 24 + 1):
        day, of_day = divmod(hour, 24)
        litres += 10 * (8 <= of_day <= 20 and day not in away)
        if hour not in missing:
            samples.append(Sample(START_NS + hour * HOUR_NS, litres))
    return tuple(samples)


def test_a_silence_lasts_from_one_use_to_the_next() -> None:
    found = silences(home())
    nights = [each for each in found if each.end_ns - each.start_ns > HOUR_NS]
    assert len(nights) == DAYS - 1
    assert {each.end_ns - each.start_ns for each in nights} == {12 * HOUR_NS}
    assert all(each.is_short for each in nights)


def test_a_silence_that_ends_in_a_hole_is_no_place_for_a_cut() -> None:
    hole = frozenset(range(40 * 24 + 6, 40 * 24 + 11))
    unsure = [each for each in silences(home(missing=hole)) if not each.is_sure]
    assert [each.end_ns for each in unsure] == [START_NS + (40 * 24 + 11) * HOUR_NS]
    assert not unsure[0].is_short


def test_a_register_that_stands_out_or_falls_makes_no_use() -> None:
    series = [Sample(i * HOUR_NS, litres) for i, litres in enumerate((5, 5, 900, 5, 3, 5, 6))]
    assert [each.litres for each in plausible(tuple(series))] == [5, 5, 5, 6]


def test_cuts_lie_within_short_silences_and_are_the_same_for_one_seed() -> None:
    found = silences(home(away=frozenset({40, 41})))
    cuts = cuts_ns(found, 200, Random(7))
    assert cuts == cuts_ns(found, 200, Random(7)) != cuts_ns(found, 200, Random(8))
    within = [around(found, cut_ns) for cut_ns in cuts]
    assert all(each is not None and each.is_short for each in within)


def test_no_cut_is_made_where_every_silence_is_long() -> None:
    assert cuts_ns(silences(home(away=frozenset(range(1, DAYS - 1))))[-1:], 5, Random(1)) != ()
    assert cuts_ns((), 5, Random(1)) == ()


def test_an_absence_is_one_false_alarm_in_one_home_month() -> None:
    told = trial(past("a", home(away=frozenset({40, 41, 42}))), RULES["24h-10l"], Plan(20, 1))
    counted = score("24h-10l", [told])
    assert counted.home_months == 1.0
    assert (counted.alarms, counted.fa_per_home_month) == (1, 1.0)
    assert counted.fa_in_gaps_under_24h == 0.0


def test_a_night_under_a_short_rule_is_a_false_alarm_in_a_gap_under_a_day() -> None:
    short = RULES["12h-10l"]._replace(unit={"welfare": {"window": "10 h", "threshold_l": 10.0}})
    counted = score("10h", [trial(past("a", home()), short, Plan(20, 1))])
    assert counted.alarms == 30
    assert counted.fa_in_gaps_under_24h == 30.0
    assert counted.already_alarming > 0


def test_the_delay_is_what_is_left_of_the_window_after_the_last_use() -> None:
    known = past("a", home())
    told = trial(known, RULES["24h-10l"], Plan(50, 1))
    assert len(told.delays_h) == 50
    # The last use is at most 12 h before a cut, and the hour it lies in is not known closer.
    assert all(12 <= delay_h <= 25 for delay_h in told.delays_h)


def test_a_hole_in_the_data_makes_no_alarm() -> None:
    hole = frozenset(range(40 * 24 + 12, 42 * 24 + 12))
    for name in RULES:
        told = trial(past("a", home(missing=hole)), RULES[name], Plan(1, 1))
        assert (name, told.unproven) == (name, 0)
    assert trial(past("a", home(missing=hole)), RULES["24h-10l"], Plan(1, 1)).alarms == 0


def test_the_warm_up_is_covered_from_the_time_when_the_rule_can_answer() -> None:
    told = trial(past("a", home()), RULES["24h-10l"], Plan(1, 1))
    assert told.covered >= 27 / 28
    assert told.early_months == 28 / 30


def test_half_the_delays_are_no_longer_than_the_median() -> None:
    assert quantile([1.0, 2.0, 3.0, float("inf")], 0.5) == 2.0
    assert quantile([1.0, 2.0, 3.0, float("inf")], 0.9) is None
    assert quantile([], 0.5) is None


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(ValueError, match="no rule 'nosuch'"):
        named("12h-10l,nosuch")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("home,who\n", 1),
        ("home,members\na,1\nb\n", 3),
        ("home,members\na,many\n", 2),
        ("home,members\na,1\na,2\n", 3),
    ],
)
def test_a_broken_file_of_members_is_named_with_its_line(
    tmp_path: Path, text: str, line: int
) -> None:
    path = tmp_path / "homes.csv"
    path.write_text(text)
    with pytest.raises(HouseholdsError) as raised:
        read_members(path)
    assert (raised.value.line, str(path) in str(raised.value)) == (line, True)


def test_a_home_may_declare_no_members(tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    path.write_text("home,members\na,\nb,2\n")
    assert read_members(path) == {"a": None, "b": 2}


@pytest.mark.parametrize(
    "row", ["a,2026-01-01T08:00:00", "a,yesterday,in", "a,2026-01-01T08:00:00,through"]
)
def test_a_broken_file_of_doors_is_named_with_its_line(tmp_path: Path, row: str) -> None:
    path = tmp_path / "doors.csv"
    path.write_text(f"home,time,direction\na,2026-01-01T08:00:00,out\n{row}\n")
    with pytest.raises(HouseholdsError, match=r"doors\.csv:3"):
        read_doors(path)


def test_passages_come_by_home_and_time(tmp_path: Path) -> None:
    path = tmp_path / "doors.csv"
    path.write_text("home,time,direction\na,2026-01-01T01:00:00,in\na,2026-01-01T00:00:00,out\n")
    hour = (START_NS, "out"), (START_NS + HOUR_NS, "in")
    assert read_doors(path) == {"a": tuple(Passage(*each) for each in hour)}


def test_the_command_counts_only_the_homes_that_declare_as_many_members(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "r.csv", {"a": home(), "b": home(away=frozenset({40, 41}))})
    (tmp_path / "h.csv").write_text("home,members\na,1\nb,2\n")
    files = ["--readings", str(tmp_path / "r.csv"), "--homes", str(tmp_path / "h.csv")]
    asked = [*files, "--members", "1", "--rules", "24h-10l", "--cuts", "5", "--json"]
    assert main(asked) == 0
    (told,) = json.load(io.StringIO(capsys.readouterr().out))["rules"]
    assert (told["rule"], told["homes"], told["cuts"], told["alarms"]) == ("24h-10l", 1, 5, 0)
    assert [each["home"] for each in told["by_home"]] == ["a"]


def test_the_command_says_what_it_cannot_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--members", "1"]) == 2
    assert "--homes" in capsys.readouterr().err
    assert main(["--readings", str(tmp_path / "none.csv")]) == 1
    assert "none.csv" in capsys.readouterr().err


def test_the_command_draws_what_it_found(tmp_path: Path) -> None:
    write(tmp_path / "r.csv", {"a": home()})
    asked = ["--readings", str(tmp_path / "r.csv"), "--rules", "24h-10l", "--cuts", "3"]
    assert main([*asked, "--plot", str(tmp_path / "p.png")]) == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_is_learned_from_later_days() -> None:
    whole = past("a", home(away=frozenset({40, 41})))
    until_ns = START_NS + 45 * DAY_NS
    begun = past("a", tuple(each for each in whole.series if each.at_ns <= until_ns))
    for rule in RULES.values():
        early = trial(begun, rule, Plan(1, 1))
        assert trial(whole, rule, Plan(1, 1)).early_alarms == early.early_alarms
        assert early.alarms <= trial(whole, rule, Plan(1, 1)).alarms


@pytest.mark.parametrize("name", ["r.csv", "r.csv.gz"])
def test_what_is_no_file_of_readings_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00 neither text nor gzip")
    assert main(["--readings", str(tmp_path / name)]) == 1
    assert f"{name}:1: unreadable" in capsys.readouterr().err


@pytest.mark.parametrize("picture", ["p.nosuch", "p", "nowhere/p.png"])
def test_a_picture_that_cannot_be_drawn_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], picture: str
) -> None:
    with pytest.raises(SystemExit):
        main(["--plot", str(tmp_path / picture)])
    said = capsys.readouterr()
    assert said.out == ""
    assert "--plot" in said.err


@pytest.mark.parametrize("flag", ["--cuts", "--members"])
def test_a_count_is_a_whole_number_from_one(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    with pytest.raises(SystemExit):
        main([flag, "0"])
    assert "a whole number from 1" in capsys.readouterr().err


def test_doors_of_homes_that_have_no_readings_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "r.csv", {"a": home()})
    (tmp_path / "d.csv").write_text("home,time,direction\nz,2026-01-01T00:00:00,in\n")
    files = ["--readings", str(tmp_path / "r.csv"), "--doors", str(tmp_path / "d.csv")]
    assert main([*files, "--rules", "24h-10l", "--cuts", "1"]) == 0
    assert "no readings of z" in capsys.readouterr().err


def test_a_home_left_out_is_judged_at_what_the_others_bear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = frozenset(day for first in (32, 38, 44, 50) for day in range(first, first + 4))
    write(tmp_path / "r.csv", {"away": home(away), "calm": home(), "still": home()})
    (tmp_path / "h.csv").write_text("home,members\naway,1\ncalm,1\nstill,2\n")
    files = ["--readings", str(tmp_path / "r.csv"), "--homes", str(tmp_path / "h.csv")]
    assert main([*files, "--members", "1", "--cuts", "2", "--loho", "--json"]) == 0
    told = {each["rule"]: each for each in json.loads(capsys.readouterr().out)["rules"]}
    assert list(told) == ["alike-1", "alike-2", "every-1", "every-2"]
    alike, every = told["alike-1"], told["every-2"]
    assert alike["alarms_per_month"] == {"away": max(SETTINGS), "calm": min(SETTINGS)}
    assert (alike["homes"], alike["cuts"]) == (2, 4)
    assert alike["alarms"] >= 4
    # With one home that is never away, two others have two alarms a home-month.
    assert told["alike-2"]["alarms_per_month"]["calm"] == min(SETTINGS)
    assert every["alarms_per_month"]["calm"] > min(SETTINGS)


def test_one_home_alone_cannot_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "r.csv", {"a": home()})
    assert main(["--readings", str(tmp_path / "r.csv"), "--loho"]) == 2
    assert "only one of 1 homes" in capsys.readouterr().err
