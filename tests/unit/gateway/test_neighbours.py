"""What homes report about their neighbourhood: counted by home, told as a number, forgotten."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from edge.reading import DAY_NS, FindingState
from gateway.access.role import Role
from gateway.db.engine import reading
from gateway.db.incidents import latest_finding
from gateway.db.neighbour_tables import neighbour_report
from gateway.db.tables import incident
from gateway.neighbours import reports
from gateway.neighbours.reports import HOMES_MIN, WITHIN_NS, Report, Topic
from gateway.neighbours.watch import WORDS, NeighbourWatch
from tests.unit.gateway.desk_world import NOW_NS, World, ask, make_world
from tests.unit.gateway.test_closing import rows

PATH = "/api/v1/neighbour-reports"
BUILDING = "s01/b03"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def homes_report(
    world: World, homes: int, topic: Topic = Topic.NOISE, *, building: str = BUILDING, days: int = 0
) -> None:
    """So many homes have reported it, after so many days."""
    for number in range(homes):
        report = Report(building, topic, f"u{number:04d}")
        reports.put(world.desk.db, report, NOW_NS + days * DAY_NS)


def look(world: World, days: float = 0, *, leads: bool = True) -> list[sa.RowMapping]:
    """The incidents that there are after a look so many days later."""
    world.clock.now = NOW_NS + int(days * DAY_NS)
    watch = NeighbourWatch(world.desk.engine, clock=world.clock, leads=lambda: leads)
    watch.look(world.clock.now)
    return rows(world, incident)


def test_five_homes_of_one_building_are_one_incident_for_a_mediator(world: World) -> None:
    homes_report(world, HOMES_MIN)
    (found,) = look(world)
    assert (found["category"], found["tier"]) == ("dispute", 3)
    assert (found["rule"], found["subject"]) == ("reports_noise", BUILDING)
    assert len(look(world, 1)) == 1


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([(HOMES_MIN - 1, Topic.NOISE, BUILDING)], id="four homes"),
        pytest.param([(4, Topic.NOISE, BUILDING), (4, Topic.LEAK, BUILDING)], id="two topics"),
        pytest.param([(3, Topic.NOISE, BUILDING), (3, Topic.NOISE, "s01/b05")], id="two places"),
        pytest.param([(4, Topic.NOISE, BUILDING)] * 9, id="the same four again and again"),
    ],
)
def test_fewer_are_nothing(world: World, told: list[tuple[int, Topic, str]]) -> None:
    for homes, topic, building in told:
        homes_report(world, homes, topic, building=building)
    assert look(world) == []


def test_reports_of_more_than_two_weeks_ago_do_not_count_and_are_gone(world: World) -> None:
    homes_report(world, 4)
    world.clock.now = NOW_NS + WITHIN_NS + 1
    late = Report(BUILDING, Topic.NOISE, "u0900")
    reports.put(world.desk.db, late, world.clock.now)
    assert look(world, WITHIN_NS / DAY_NS + 1) == []
    assert [each["home"] for each in rows(world, neighbour_report)] == ["u0900"]


def test_it_is_over_when_fewer_report_it_and_a_new_wave_is_another_incident(world: World) -> None:
    homes_report(world, 6)
    look(world)
    (over,) = look(world, 20)
    assert not over["condition_active"]
    with reading(world.desk.db) as connection:
        last = latest_finding(connection, over["finding_id"])
    assert (last.state, last.revision) == (FindingState.CLEARED, 1)
    homes_report(world, 6, days=60)
    assert sum(each["condition_active"] for each in look(world, 60)) == 1


@pytest.mark.parametrize("topic", list(Topic))
def test_the_finding_is_a_range_and_names_no_home(world: World, topic: Topic) -> None:
    homes_report(world, 13, topic)
    (found,) = look(world)
    with reading(world.desk.db) as connection:
        said = latest_finding(connection, found["finding_id"])
    assert said.evidence.seen == {"homes_min": 10.0}
    words = said.evidence.sentence_zh + said.evidence.sentence_en + said.subject
    assert WORDS[topic][0] in words
    assert not any(f"u{number:04d}" in words for number in range(13))


def test_a_gateway_that_does_not_lead_says_nothing(world: World) -> None:
    homes_report(world, 9)
    assert look(world, leads=False) == []


@pytest.mark.parametrize("page", [False, True])
def test_staff_put_down_what_a_home_says_and_learn_nothing_of_others(
    world: World, *, page: bool
) -> None:
    body: dict[str, Any] = {"topic": "parking", "home": "u0301"}
    if page:
        assert ask(world, "POST", "/neighbour-reports", data=body).status_code == 303
        assert "登记邻里反映" in ask(world, "GET", "/work-items").text
    else:
        answer = ask(world, "POST", PATH, json=body)
        assert (answer.status_code, answer.json()) == (201, {"taken": True})
    (row,) = rows(world, neighbour_report)
    assert (row["building"], row["topic"], row["home"]) == (BUILDING, "parking", "u0301")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"topic": "noise", "home": "u9999"}, 404),
        ({"topic": "politics", "home": "u0301"}, 422),
        ({"topic": "noise", "home": "u0301", "about": "u0302"}, 422),
        ({"topic": "noise", "home": "../etc"}, 422),
    ],
)
def test_what_cannot_be_counted_is_refused(world: World, body: dict[str, str], status: int) -> None:
    assert ask(world, "POST", PATH, json=body).status_code == status
    assert rows(world, neighbour_report) == []


def test_only_who_may_act_may_report_and_nobody_may_list(world: World) -> None:
    body = {"topic": "noise", "home": "u0301"}
    assert ask(world, "POST", PATH, role=Role.VIEWER, json=body).status_code == 403
    assert ask(world, "GET", PATH).status_code == 405
