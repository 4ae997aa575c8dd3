import io
import json
from pathlib import Path

import pytest

from edge.reading import HOUR_NS
from simulators.households import EXTRACT, Sample, Series, read
from simulators.replay_report import is_proven, report_of, write

DAIAD = Path(__file__).parents[4] / "shared" / "data" / "daiad_water" / "readings.csv.gz"
needs_all = pytest.mark.skipif(
    not DAIAD.is_file(), reason="the fourteen months of DAIAD are not beside this repository"
)


def hourly(*registers_l: int) -> Series:
    return tuple(Sample(hour * HOUR_NS, litres) for hour, litres in enumerate(registers_l))


def test_a_window_is_proven_quiet_only_by_readings_around_it() -> None:
    series = hourly(100, 100, 100, 104, 130)
    assert is_proven(series, 0, 3 * HOUR_NS, 10)
    assert not is_proven(series, 0, 4 * HOUR_NS, 10)
    assert not is_proven(series, 0, 5 * HOUR_NS, 10)
    assert not is_proven(series, -HOUR_NS, 2 * HOUR_NS, 10)


def test_a_spike_before_the_window_proves_nothing_and_hides_nothing() -> None:
    assert is_proven(hourly(100, 90_000, 100, 100), HOUR_NS, 3 * HOUR_NS, 10)
    assert not is_proven(hourly(100, 90_000, 100, 150), HOUR_NS, 3 * HOUR_NS, 10)


def test_every_alarm_on_the_eight_weeks_of_the_demo_is_proven_by_the_raw_series() -> None:
    reports = [report_of(name, series) for name, series in read(EXTRACT).items()]
    assert sum(len(report.alarms) for report in reports) > 50
    out = io.StringIO()
    assert write(reports, out, as_json=False) == 0
    assert "caused by missing telemetry: 0" in out.getvalue()


def test_a_program_can_read_the_report() -> None:
    out = io.StringIO()
    assert write([report_of("home-001", hourly(*[100] * 20))], out, as_json=True) == 0
    told = json.loads(out.getvalue())
    assert told["caused_by_missing_telemetry"] == 0
    (home,) = told["homes"]
    (alarm,) = home["alarms"]
    assert (alarm["rule"], alarm["gaps"], alarm["proven"]) == ("welfare", 0, True)
    assert home["counts"]["glitches"] == 0


@needs_all
@pytest.mark.slow
def test_no_alarm_of_fourteen_months_in_48_homes_comes_from_missing_telemetry() -> None:
    reports = [report_of(name, series) for name, series in read(DAIAD).items()]
    assert len(reports) == 48
    assert sum(len(report.alarms) for report in reports) > 2_000
    assert [report.home for report in reports if report.unproven] == []
