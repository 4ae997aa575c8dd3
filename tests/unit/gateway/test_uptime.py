"""在用率: what edges say, what the API and the page make of it, and what is refused."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.reading import DAY_NS, HOUR_NS, Kind
from edge.registry import Registry
from edge.session import Delivery
from edge.uptimes import UptimePage
from gateway.access.role import Role
from gateway.db import uptimes
from gateway.db.engine import reading
from gateway.intake import Refused
from gateway.uptime.hearing import UptimeHearing
from gateway.uptime.share import day_of
from tests.unit.gateway.desk_world import World, ask, make_world

CAMERAS = ({"id": "cam-1", "building": "b01"}, {"id": "cam-2", "building": "b02"})
DAY_MIN = 24 * 60


def book() -> Registry:
    units = [{"code": f"u-{c['id']}", "building": c["building"]} for c in CAMERAS]
    devices = [{"id": c["id"], "kind": "cam", "unit": f"u-{c['id']}"} for c in CAMERAS]
    lift = {"id": "lift-1", "kind": "lift", "unit": "u-cam-1"}
    table = {"version": 1, "site": "s01", "unit": units, "device": [*devices, lift]}
    return Registry.parse(table, Path("registry.toml"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    world.desk.homes.go_by(book())
    yield world
    world.desk.db.dispose()


class Edge:
    """What one edge says of days ago."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hearing = UptimeHearing(world.desk.db, "s01")
        self.today = day_of(world.clock.now_ns(), world.desk.book.zone)

    def say(self, ago: int, devices: Any, *, later_s: int = 0, **changes: Any) -> None:
        at_ns = self.world.clock.now_ns() + later_s * 1_000_000_000 - HOUR_NS
        page = UptimePage(1, "e01", at_ns, self.today - ago, devices)
        self.deliver(msgspec.json.encode(msgspec.structs.replace(page, **changes)))

    def deliver(self, payload: bytes, topic: str = "sw/1/s01/_edge/e01/uptime") -> None:
        delivery = Delivery(topic, payload, False, 0, 0, 0)  # noqa: FBT003  (a record's fields)
        assert self.hearing.take(delivery, self.world.clock.now_ns())


def minutes(up: float, down: float = 0, planned: float = 0, downs: int = 0) -> list[float]:
    return [up * 60, down * 60, planned * 60, downs]


def share_of(world: World, query: str) -> dict[str, Any]:
    told = ask(world, "GET", f"/api/v1/uptime?{query}").json()
    return {each["area"]: each["share"] for each in told["areas"]}


def test_what_is_not_known_up_is_never_counted_as_up(world: World) -> None:
    edge = Edge(world)
    edge.say(1, {"cam-1": minutes(DAY_MIN), "cam-2": minutes(700, 20, downs=2)})
    shares = share_of(world, "days=1")
    assert shares["s01/b01"]["share"] == 1.0
    assert shares["s01/b02"] == {
        "devices": 1, "expected_min": DAY_MIN, "up_min": 700, "down_min": 20, "planned_min": 0,
        "unknown_min": DAY_MIN - 720, "downs": 2, "share": 700 / DAY_MIN,
    }  # fmt: skip
    assert shares["s01"]["up_min"] == DAY_MIN + 700
    assert share_of(world, "days=2")["s01"]["unknown_min"] == DAY_MIN - 720 + 2 * DAY_MIN


def test_a_lift_under_maintenance_was_not_expected(world: World) -> None:
    Edge(world).say(1, {"lift-1": minutes(1_200, 40, planned=200, downs=1)})
    shares = share_of(world, "kind=lift&days=1")
    assert shares["s01"]["share"] == 1_200 / 1_240
    assert shares["s01"]["unknown_min"] == 0


def test_the_same_page_again_and_an_older_one_change_nothing(world: World) -> None:
    edge = Edge(world)
    edge.say(1, {"cam-1": minutes(100)})
    edge.say(1, {"cam-1": minutes(200)}, later_s=60)
    edge.say(1, {"cam-1": minutes(100)})
    assert share_of(world, "days=1")["s01"]["up_min"] == 200


def test_the_worst_come_first(world: World) -> None:
    Edge(world).say(1, {"cam-1": minutes(900), "cam-2": minutes(1_000)})
    told = ask(world, "GET", "/api/v1/uptime?days=1").json()
    assert [each["device"] for each in told["worst"]] == ["cam-1", "cam-2"]


def test_a_spreadsheet_has_a_row_for_each_day_and_area(world: World) -> None:
    Edge(world).say(1, {"cam-1": minutes(720)})
    answer = ask(world, "GET", "/api/v1/uptime?days=2&format=csv")
    rows = answer.text.removeprefix("\ufeff").splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(rows) == 1 + 2 * 3
    assert rows[5] == '"2025-12-31","s01/b01","1","1440","720","0","0","720","0","50.0000"'


@pytest.mark.parametrize(("lang", "word"), [("zh", "在用率"), ("en", "Uptime")])
def test_the_page_shows_it_to_readers(world: World, lang: str, word: str) -> None:
    Edge(world).say(1, {"cam-1": minutes(720)})
    page = ask(world, "GET", f"/uptime?lang={lang}&days=1", Role.VIEWER)
    assert page.status_code == 200
    assert word in page.text
    assert "50.0%" in page.text
    assert ask(world, "GET", "/uptime", Role.INSTALLER).status_code == 403
    assert ask(world, "GET", "/uptime?kind=lift&days=90", Role.VIEWER).status_code == 200


def test_a_device_that_moved_counts_from_when_it_hung_there(world: World) -> None:
    edge = Edge(world)
    noon = "2025-12-31T12:00:00+08:00"
    table = {
        "version": 1, "site": "s01", "unit": [{"code": "u01", "building": "b01"}],
        "device": [{"id": "cam-1", "kind": "cam", "unit": "u01", "from": noon}],
    }  # fmt: skip
    world.desk.homes.go_by(Registry.parse(_timed(table, noon), Path("registry.toml")))
    edge.say(1, {"cam-1": minutes(720)})
    assert share_of(world, "days=2")["s01"]["expected_min"] == 720
    assert share_of(world, "days=2")["s01"]["share"] == 1.0


def _timed(table: Any, noon: str) -> Any:
    table["device"][0]["from"] = datetime.fromisoformat(noon)
    return table


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"edge": "e02"},
        {"day": 0},
        {"day": 2**40},
        {"at_ns": -1},
        {"devices": {"No!": [0, 0, 0, 0]}},
        {"devices": {"cam-1": [90_001, 0, 0, 0]}},
        {"devices": {"cam-1": [-1, 0, 0, 0]}},
        {"devices": {"cam-1": [0, 0, 0, -1]}},
        {"devices": {f"cam-{n}": [0, 0, 0, 0] for n in range(501)}},
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(world: World, changes: Any) -> None:
    with pytest.raises(Refused):
        Edge(world).say(1, **({"devices": {}} | changes))


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"v":1}', b"\xff"])
def test_what_is_no_page_is_refused(world: World, payload: bytes) -> None:
    with pytest.raises(Refused):
        Edge(world).deliver(payload)


def test_what_is_over_for_more_than_a_year_is_forgotten(world: World) -> None:
    edge = Edge(world)
    edge.say(1, {"cam-1": minutes(1)})
    world.clock.now += 500 * DAY_NS
    Edge(world).say(1, {"cam-1": minutes(2)})
    with reading(world.desk.db) as connection:
        rows = uptimes.days(connection, 0, 10**6)
    assert [row.up_ms for row in rows] == [120_000]
    assert Kind.CAM.value == "cam"
