"""Servers die under a running estate, and every reading still arrives, once."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.reading import DAY_NS, HOUR_NS
from simulators.estate import home
from simulators.households import EXTRACT, between, moment_ns, read
from simulators.walkthrough import HOMES
from tests.e2e.crew import Crew, crew, influx_counts

SPEED = 14_400.0  # four hours a second
START_NS = moment_ns("2016-10-22T00:00")
"""Two days before the homes' file ends, so that the meters end by themselves."""

WARMUP_DAYS = 7


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Crew]:
    with crew(tmp_path / "estate", speed=SPEED) as estate:
        meters = list(estate.commands["meters"])
        story = ["--start", "2016-10-22T00:00", "--warmup", f"{WARMUP_DAYS} d", "--json"]
        told = meters[: meters.index("--start")] + story
        estate.commands = {**estate.commands, "meters": told}
        yield estate


def _told() -> dict[str, int]:
    """How many readings the meters tell, by device."""
    first_ns = START_NS - WARMUP_DAYS * DAY_NS
    return {
        home(name).meter.device: len(between(series, first_ns, START_NS + 100 * HOUR_NS))
        for name, series in read(EXTRACT, HOMES).items()
    }


def _begin(estate: Crew, *servers: str) -> None:
    for server in servers:
        estate.start(server)
    if "influxdb" in servers:
        estate.run("database")
    estate.start("edge")
    estate.says("edge", "connected as e01")


def _says_of(estate: Crew, count: str) -> int:
    """The meters' latest word on `count`."""
    events = [json.loads(line) for line in estate.log("meters").splitlines() if line[:1] == "{"]
    said = [int(event[count]) for event in events if count in event]
    return said[-1] if said else 0


def _all_there(estate: Crew) -> tuple[bool, Counter[str]]:
    counts = Counter(influx_counts(estate))
    return counts == Counter(_told()), counts


@pytest.mark.slow
def test_a_broker_killed_and_started_again_loses_and_doubles_nothing(estate: Crew) -> None:
    _begin(estate, "broker", "influxdb")
    snapshot = estate.folder / "mosquitto.db"
    # Once a minute the broker saves its sessions; it is told to here, so as not to wait for it.
    os.kill(estate.running["broker"].pid, signal.SIGUSR1)
    estate.until(lambda: (snapshot.exists(), None), "the broker has saved its sessions")
    estate.start("meters")
    estate.until(lambda: (_says_of(estate, "published") > 0, None), "the meters are under way")
    estate.kill("broker")
    estate.until(lambda: (_says_of(estate, "retried") > 0, None), "the meters miss the broker")
    estate.start("broker")
    estate.ended("meters")
    estate.until(lambda: _all_there(estate), "every reading is in InfluxDB")
    assert influx_counts(estate) == _told()


@pytest.mark.slow
def test_readings_wait_for_an_influxdb_that_was_away_the_whole_time(estate: Crew) -> None:
    _begin(estate, "broker")
    estate.start("meters")
    estate.ended("meters")
    estate.says("edge", "InfluxDB takes nothing")
    estate.start("influxdb")
    estate.run("database")
    estate.until(lambda: _all_there(estate), "every reading is in InfluxDB")
    assert influx_counts(estate) == _told()
