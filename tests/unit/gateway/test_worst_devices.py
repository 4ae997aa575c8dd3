"""The devices that most want a visit."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from edge.reading import DAY_NS, HOUR_NS
from gateway.access.role import Role
from gateway.db import edges
from gateway.db.engine import writing
from gateway.db.tables import incident
from gateway.uptime.worst import WORST_MAX, Spell, hours, ranked
from tests.unit.gateway.desk_world import World, ask, make_world

NOW_NS = 1_000 * DAY_NS
PLACE = "s01/b01/u01"


def spell(device: str, from_h: float, to_h: float, reason: str = "silent") -> Spell:
    """Trouble that began and ended so many hours before now."""
    ends = (NOW_NS - round(from_h * HOUR_NS), NOW_NS - round(to_h * HOUR_NS))
    return Spell(f"{PLACE}/{device}", reason, *ends)


def test_what_grows_worse_comes_before_what_was_always_so() -> None:
    spells = [spell("old", 20 * 24, 10 * 24), spell("old", 6 * 24, 24), spell("new", 5 * 24, 24)]
    new, old = ranked(spells, {}, NOW_NS, 7)
    assert (new.subject, new.trouble_h, new.before_h) == (f"{PLACE}/new", 96, 0)
    assert (old.subject, old.trouble_h, old.before_h) == (f"{PLACE}/old", 120, 96)


def test_each_has_its_reasons_and_two_at_once_are_one_time() -> None:
    spells = [spell("a", 10, 0), spell("a", 5, 0, "battery"), spell("a", 400, 390, "frozen")]
    (found,) = ranked(spells, {}, NOW_NS, 7)
    assert found.reasons == {"silent": 1, "battery": 1}
    assert found.trouble_h == 10


def test_a_wrong_clock_is_a_reason_by_itself() -> None:
    (found,) = ranked([], {f"{PLACE}/a": -3_600.0}, NOW_NS, 7)
    assert (found.clock_off_s, found.trouble_h, found.reasons) == (-3_600.0, 0, {})


def test_what_comes_later_every_week_comes_before_what_was_always_late() -> None:
    lates = {f"{PLACE}/old": (7_200.0, 7_200.0), f"{PLACE}/new": (7_200.0, 0.0)}
    new, old = ranked([], {}, NOW_NS, 7, lates)
    assert (new.subject, new.late_s, new.late_before_s) == (f"{PLACE}/new", 7_200.0, 0.0)
    assert (old.subject, old.reasons) == (f"{PLACE}/old", {})


def test_trouble_that_is_over_for_long_is_none() -> None:
    assert ranked([spell("a", 300, 200)], {}, NOW_NS, 7) == []


def test_the_list_has_an_end() -> None:
    spells = [spell(f"d{number}", 10, 0) for number in range(WORST_MAX + 10)]
    assert len(ranked(spells, {}, NOW_NS, 7)) == WORST_MAX


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=12))
def test_hours_are_those_of_the_union(pairs: list[tuple[int, int]]) -> None:
    spells = [spell("a", max(pair), min(pair)) for pair in pairs]
    covered = {hour for pair in pairs for hour in range(min(pair), max(pair)) if hour < 40}
    assert hours(spells, NOW_NS - 40 * HOUR_NS, NOW_NS) == len(covered)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


@pytest.mark.parametrize("path", ["/api/v1/worst-devices?days=7", "/uptime?days=7&lang=en"])
def test_an_open_incident_about_a_device_puts_it_on_the_list(world: World, path: str) -> None:
    subject = f"{world.desk.homes.registry.subject('u0301')}/wm-1"
    incident_id = world.raise_finding("u0301", hours=30)
    with writing(world.desk.db) as connection:
        about = {"rule": "device_silent", "subject": subject}
        mine = incident.c.id == incident_id
        connection.execute(sa.update(incident).where(mine).values(about))
    answer = ask(world, "GET", path)
    if path.startswith("/api"):
        (found,) = answer.json()["devices"]
        assert (found["subject"], found["reasons"]) == (subject, {"silent": 1})
        assert found["trouble_h"] == 30
    else:
        assert "30.0 h in trouble (0.0 h in the time before)" in answer.text
        assert "silent 1" in answer.text


@pytest.mark.parametrize(
    ("late", "shown"),
    [
        pytest.param({"mu0301": [5_400.0, 600.0]}, [(5_400.0, 600.0)], id="late by what it told"),
        pytest.param({"mu0301": ["much", None]}, [], id="what is no number is passed over"),
        pytest.param({"nobody": [5_400.0, 0.0]}, [], id="of no device"),
        pytest.param("often", [], id="no table"),
    ],
)
def test_what_edges_tell_of_late_devices_is_shown(
    world: World, late: object, shown: list[tuple[float, float]]
) -> None:
    health = json.dumps({"late": late})
    with writing(world.desk.db) as connection:
        edges.hear(connection, "edge-1", world.desk.clock.now_ns(), fresh=True, health=health)
    found = ask(world, "GET", "/api/v1/worst-devices?days=7").json()["devices"]
    assert [(each["late_s"], each["late_before_s"]) for each in found] == shown
    page = ask(world, "GET", "/uptime?days=7&lang=en").text
    assert ("up to 90 min late (10 min in the week before)" in page) == bool(shown)


def test_readers_see_them_and_installers_do_not(world: World) -> None:
    told = ask(world, "GET", "/api/v1/worst-devices?days=7").json()
    assert told == {"days": 7, "devices": []}
    assert ask(world, "GET", "/api/v1/worst-devices", Role.INSTALLER).status_code == 403
