import gzip
from pathlib import Path

import pytest

from simulators.households import EXTRACT, HouseholdsError, Sample, between, moment_ns, read, write

HEADER = "home,time,litres\n"
NOON_NS = moment_ns("2016-06-01T12:00:00")


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "readings.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_time_without_an_offset_is_local_and_one_with_an_offset_is_not() -> None:
    assert moment_ns("2016-06-01T04:00:00+00:00") == NOON_NS


def test_homes_are_read_in_order_of_time_and_only_those_asked_for(tmp_path: Path) -> None:
    text = (
        HEADER + "b,2016-06-01T13:00:00,7\nb,2016-06-01T12:00:00,4e+05\na,2016-06-01T12:00:00,1\n"
    )
    homes = read(_file(tmp_path, text), {"b"})
    assert homes == {"b": (Sample(NOON_NS, 400_000), Sample(moment_ns("2016-06-01T13:00:00"), 7))}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "header"),
        ("home;time;litres\n", 1, "header"),
        (HEADER + "a,2016-06-01T12:00:00\n", 2, "not home,time,litres"),
        (HEADER + "a,2016-06-01T12:00:00,1\na,yesterday,1\n", 3, "yesterday"),
        (HEADER + "a,2016-06-01T12:00:00,1.5\n", 2, "whole number"),
        (HEADER + "a,2016-06-01T12:00:00,-1\n", 2, "whole number"),
        (HEADER + "a,2016-06-01T12:00:00,nan\n", 2, "whole number"),
        (HEADER + "a,2016-06-01T12:00:00,inf\n", 2, "whole number"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    with pytest.raises(HouseholdsError, match=problem) as raised:
        read(_file(tmp_path, text))
    assert raised.value.line == line


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "a,2016-06-01T12:00:00,1\n" * 99).encode())[:-9])
    with pytest.raises(HouseholdsError, match="unreadable"):
        read(path)


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HouseholdsError, match="no such home: home-999"):
        read(_file(tmp_path, HEADER), {"home-999"})


@pytest.mark.parametrize("name", ["homes.csv", "homes.csv.gz"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    homes = {"a": (Sample(NOON_NS, 1), Sample(NOON_NS + 10**9, 2)), "b": (Sample(NOON_NS, 5),)}
    write(tmp_path / name, homes)
    assert read(tmp_path / name) == homes


def test_between_takes_its_start_and_leaves_its_end() -> None:
    series = tuple(Sample(at_ns, 0) for at_ns in range(5))
    assert [sample.at_ns for sample in between(series, 1, 3)] == [1, 2]


def test_the_shipped_extract_holds_eight_homes_of_eight_weeks() -> None:
    homes = read(EXTRACT)
    assert len(homes) == 8
    assert sum(len(series) for series in homes.values()) == 9314
