"""The welfare rule on six real one-person homes, against a plain computation of the rule.

Data: DAIAD trial A (github DAIAD/data), CC BY-SA 4.0. Eight weeks are shipped with the demo;
the fourteen months are not part of this repository.
"""

import csv
import gzip
from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.completeness import Home
from edge.detectors.base import Condition, Status
from edge.detectors.welfare import Welfare
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS, Kind, Quality, Reading, TimeSource
from edge.registry import Registry

DAIAD = Path(__file__).parents[4] / "shared" / "data" / "daiad_water"
SHIPPED = Path(__file__).parents[3] / "simulators" / "homes" / "readings.csv.gz"
WINDOW_NS = 12 * HOUR_NS
THRESHOLD_L = 10

ALONE = {"home-001", "home-010", "home-025", "home-031", "home-039", "home-048"}

needs_all = pytest.mark.skipif(
    not DAIAD.is_dir(), reason="the fourteen months of DAIAD are not beside this repository"
)
Series = list[tuple[int, int]]


def series_by_home(readings: Path) -> dict[str, Series]:
    series: defaultdict[str, Series] = defaultdict(list)
    with gzip.open(readings, "rt") as file:
        for row in csv.DictReader(file):
            if row["home"] in ALONE:
                moment = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC)
                series[row["home"]].append(
                    (int(moment.timestamp()) * SECOND_NS, int(row["litres"]))
                )
    return {home: sorted(set(samples)) for home, samples in series.items()}


def detected(samples: Series) -> list[int]:
    """The times at which the detector raises over a home's life."""
    registry = Registry.parse(
        {
            "version": 1,
            "site": "s01",
            "unit": [{"code": "u01", "building": "b01", "care": ["alone"]}],
            "device": [{"id": "wm-1", "kind": "water", "unit": "u01"}],
        },
        Path("registry.toml"),
    )
    home, rule = Home(registry.bindings()), Welfare(registry.unit("u01").fixed_terms()[0])
    raised: list[int] = []
    since_ns = None
    for at_ns, litres in samples:
        rule.observe(home, reading(at_ns, litres))
        status = rule.evaluate(home, at_ns, since_ns)
        if not isinstance(status, Status):
            continue
        if since_ns is None and status.condition is Condition.HOLDS:
            since_ns = status.since_ns
            raised.append(status.at_ns)
        elif since_ns is not None and status.condition is Condition.GONE:
            since_ns = None
    return raised


def reading(at_ns: int, litres: int) -> Reading:
    return Reading(
        "wm-1", "u01", Kind.WATER, "water.total", litres / 1000, at_ns, at_ns, TimeSource.METER,
        Quality.GOOD, historical=False, seq=0, boot=0, resolution=0.001,
    )  # fmt: skip


def recomputed(samples: Series) -> list[int]:
    """The times at which the rule, written down plainly, begins to hold; falls are skipped."""
    rising: Series = []
    for at_ns, litres in samples:
        if not rising or litres >= rising[-1][1]:
            rising.append((at_ns, litres))
    times_ns = [at_ns for at_ns, _ in rising]
    begun, since_l = [], None
    for i, (at_ns, litres) in enumerate(rising):
        before = bisect_right(times_ns, at_ns - WINDOW_NS) - 1
        quiet = before >= 0 and litres - rising[before][1] < THRESHOLD_L
        if since_l is None and quiet:
            begun.append(at_ns)
            first = bisect_left([row[1] for row in rising[: i + 1]], litres - THRESHOLD_L + 1)
            since_l = rising[first][1]
        elif since_l is not None and not quiet and litres - since_l >= THRESHOLD_L:
            since_l = None
    return begun


def disagreement(homes: dict[str, Series]) -> float:
    """The share of findings that detector and plain rule do not begin at the same time."""
    plain = {home: set(recomputed(samples)) for home, samples in homes.items()}
    found = {home: set(detected(samples)) for home, samples in homes.items()}
    assert all(found.values())
    common = sum(len(plain[home] & found[home]) for home in homes)
    return sum(len(plain[home] ^ found[home]) for home in homes) / common


@needs_all
def test_six_homes_declare_one_person() -> None:
    with (DAIAD / "homes.csv").open() as file:
        assert {row["home"] for row in csv.DictReader(file) if row["members"] == "1"} == ALONE


@needs_all
def test_the_field_s_rule_raises_eight_to_nine_times_a_home_month() -> None:
    homes = series_by_home(DAIAD / "readings.csv.gz")
    months = sum(samples[-1][0] - samples[0][0] for samples in homes.values()) / (30 * DAY_NS)
    raised = sum(len(detected(samples)) for samples in homes.values())
    assert 8 <= raised / months <= 9


@needs_all
def test_the_detector_agrees_with_the_plain_rule_over_fourteen_months() -> None:
    assert disagreement(series_by_home(DAIAD / "readings.csv.gz")) <= 0.02


def test_the_detector_agrees_with_the_plain_rule_over_the_eight_weeks_of_the_demo() -> None:
    homes = series_by_home(SHIPPED)
    assert homes.keys() == ALONE
    assert disagreement(homes) <= 0.02
