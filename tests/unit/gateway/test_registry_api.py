"""The registry by the API: who may, what is possible, what is written down, what is owed."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from edge.reading import HOUR_NS, SECOND_NS
from edge.seen import SeenPage
from edge.session import Delivery
from gateway.access.role import Role
from gateway.db import registry as rows
from gateway.db.engine import reading, writing
from gateway.db.registry_tables import registry_change, stranger
from gateway.intake import Refused
from gateway.registry.card import iso
from gateway.registry.office import Why
from tests.unit.gateway.desk_world import ask, make_world
from tests.unit.gateway.registry_world import NOW_NS, REGISTRY, Site, make_office, make_site

DEVICE = "mu0301"
OLD_STATE = "sw/1/s01/b03/u0301/water/mu0301/state"
SEEN_TOPIC = "sw/1/s01/_edge/e01/seen"


def call(
    site: Site, method: str, path: str, body: Any = None, role: Role = Role.OPERATOR
) -> httpx.Response:
    return ask(site.world, method, f"/api/v1{path}", role, json=body)


def post(site: Site, path: str, body: Any, role: Role = Role.OPERATOR) -> httpx.Response:
    return call(site, "POST", path, body, role)


def get(site: Site, path: str, role: Role = Role.OPERATOR) -> Any:
    answer = call(site, "GET", path, role=role)
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def hear(
    site: Site, devices: dict[str, int], strangers: dict[str, int] | None = None, version: int = 1
) -> None:
    page = SeenPage(1, "e01", site.world.clock.now, version, devices, strangers or {})
    deliver(site, SEEN_TOPIC, msgspec.json.encode(page))


def deliver(site: Site, topic: str, payload: bytes, *, retain: bool = False) -> bool:
    now_ns = site.world.clock.now
    return site.hearing.take(Delivery(topic, payload, retain, now_ns, 1, 1), now_ns)


def owed(site: Site) -> list[str]:
    with reading(site.office.database) as connection:
        return rows.owed_tombstones(connection, 100)


def test_the_first_start_takes_the_file_as_version_one(site: Site) -> None:
    told = get(site, "/registry")
    assert (told["version"], told["devices"], told["file_differs"]) == (1, 4, False)
    (seed,) = get(site, "/registry/changes")["changes"]
    assert (seed["by"], seed["act"]) == ("system", "seed")


def test_a_file_that_changed_later_changes_nothing_and_is_told(tmp_path: Path) -> None:
    make_office(tmp_path)
    edited = REGISTRY | {"unit": [*REGISTRY["unit"], {"code": "u9", "building": "b9"}]}  # type: ignore[misc]
    office = make_office(tmp_path, edited)
    assert office.file_differs
    assert "u9" not in office.held.units
    assert not make_office(tmp_path).file_differs


def test_a_move_is_a_version_with_a_name_a_time_and_a_reason(site: Site) -> None:
    site.world.clock.now += HOUR_NS
    body = {"unit": "u1201", "at": iso(NOW_NS), "why": "换到五栋"}
    moved = post(site, f"/devices/{DEVICE}/move", body)
    assert moved.status_code == 200, moved.text
    assert moved.json()["unit"] == "u1201"
    newest = get(site, "/registry/changes?limit=1")["changes"][0]
    assert newest | {"detail": None} == {
        "version": 2, "at_ns": site.world.clock.now, "by": "operator", "act": "move",
        "device": DEVICE, "why": "换到五栋", "detail": None,
    }  # fmt: skip
    assert site.office.registry.unit_at(DEVICE, NOW_NS - 1) == "u0301"
    assert site.office.registry.unit_at(DEVICE, NOW_NS) == "u1201"


def test_a_move_owes_the_old_place_its_silence_until_the_broker_confirmed(site: Site) -> None:
    post(site, f"/devices/{DEVICE}/move", {"unit": "u1201"})
    assert owed(site) == [OLD_STATE]
    site.world.clock.now += SECOND_NS
    post(site, f"/devices/{DEVICE}/move", {"unit": "u0301"})
    assert owed(site) == ["sw/1/s01/b05/u1201/water/mu0301/state"]


def test_the_console_goes_by_the_change_at_once(site: Site) -> None:
    post(site, f"/devices/{DEVICE}/retire", {})
    assert site.world.desk.homes.registry is site.office.registry
    assert get(site, "/devices?unit=u0301")["devices"] == []


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/devices/nobody/move", {"unit": "u1201"}, (404, "no_such_device")),
        (f"/devices/{DEVICE}/move", {"unit": "u0301"}, (409, "there_already")),
        (f"/devices/{DEVICE}/move", {"unit": "u7777"}, (404, "no_such_unit")),
        (f"/devices/{DEVICE}/bind", {"unit": "u1201"}, (409, "bound_already")),
        (f"/devices/{DEVICE}/move", {"unit": "u1201", "at": "2030-01-01T00:00:00Z"},
         (422, "in_the_future")),
        (f"/devices/{DEVICE}/move", {"unit": "u1201", "at": "2025-01-01T00:00:00"},
         (422, "not_valid")),
        (f"/devices/{DEVICE}/move", {"unit": "u1201", "who": "x"}, (422, "not_valid")),
        (f"/devices/{DEVICE}/replacements", {"last_m3": -1, "first_m3": 0}, (422, "not_valid")),
        ("/claims", {"code": "x", "unit": "u0301"}, (422, "not_a_code")),
    ],
)  # fmt: skip
def test_what_is_not_possible_is_told_and_changes_nothing(
    site: Site, path: str, body: Any, expected: tuple[int, str]
) -> None:
    assert problem(post(site, path, body)) == expected
    assert site.office.held.version == 1


def test_a_retired_device_comes_back_to_no_home(site: Site) -> None:
    assert post(site, f"/devices/{DEVICE}/retire", {}).json()["retired"]
    site.world.clock.now += SECOND_NS
    assert problem(post(site, f"/devices/{DEVICE}/bind", {"unit": "u1201"})) == (409, "retired")
    assert problem(post(site, f"/devices/{DEVICE}/retire", {})) == (409, "retired")
    assert site.office.registry.knows(DEVICE)


def test_an_unbound_device_may_be_bound_again_later(site: Site) -> None:
    post(site, f"/devices/{DEVICE}/unbind", {})
    site.world.clock.now += HOUR_NS
    assert post(site, f"/devices/{DEVICE}/bind", {"unit": "u1201"}).json()["unit"] == "u1201"
    assert site.office.registry.unit_at(DEVICE, NOW_NS + 1) is None


def test_a_device_cannot_be_unbound_before_it_was_bound(site: Site) -> None:
    post(site, f"/devices/{DEVICE}/move", {"unit": "u1201"})
    early = {"at": iso(NOW_NS - HOUR_NS)}
    assert problem(post(site, f"/devices/{DEVICE}/unbind", early)) == (409, "not_bound")


# Who may.


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INSTALLER])
@pytest.mark.parametrize("act", ["bind", "move", "unbind", "retire", "replacements"])
def test_only_operators_change_the_registry(site: Site, role: Role, act: str) -> None:
    body = {
        "bind": {"unit": "u1201"},
        "move": {"unit": "u1201"},
        "replacements": {"last_m3": 1, "first_m3": 0},
    }
    answer = post(site, f"/devices/{DEVICE}/{act}", body.get(act, {}), role)
    assert problem(answer) == (403, "not_allowed")


def test_an_installer_claims_and_looks_at_devices_and_sees_no_incident_nor_home(
    site: Site,
) -> None:
    assert post(site, "/claims", {"code": site.code(), "unit": "u0301"}, Role.INSTALLER).is_success
    assert get(site, "/devices/wmbus-33225544", Role.INSTALLER)["unit"] == "u0301"
    assert get(site, "/strangers", Role.INSTALLER) == {"strangers": []}
    for path in ("/incidents", "/units", "/edges", "/registry", "/registry/changes", "/events"):
        assert problem(call(site, "GET", path, role=Role.INSTALLER)) == (403, "not_allowed")


def test_a_viewer_looks_and_does_not_claim(site: Site) -> None:
    assert len(get(site, "/devices", Role.VIEWER)["devices"]) == 4
    body = {"code": site.code(), "unit": "u0301"}
    assert problem(post(site, "/claims", body, Role.VIEWER)) == (403, "not_allowed")


def test_a_gateway_whose_file_rules_says_so(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    site = Site(world, None, None)  # type: ignore[arg-type]
    assert problem(post(site, f"/devices/{DEVICE}/retire", {})) == (409, "not_owned")
    assert problem(call(site, "GET", "/devices")) == (409, "not_owned")
    world.desk.db.dispose()


# Claims.


def test_a_claim_binds_the_device_of_the_label_now(site: Site) -> None:
    told = post(site, "/claims", {"code": site.code(), "unit": "u0301"}).json()
    assert (told["id"], told["vendor"], told["kind"]) == (
        "wmbus-33225544", "wmbus:33225544", "water",
    )  # fmt: skip
    assert (told["unit"], told["since"]) == ("u0301", iso(NOW_NS))
    assert (told["last_seen_s"], told["applied"]) == (None, False)
    assert site.office.registry.by_vendor("wmbus:33225544") == "wmbus-33225544"


def test_a_second_claim_is_refused_whether_for_this_home_or_another(site: Site) -> None:
    post(site, "/claims", {"code": site.code(), "unit": "u0301"})
    again = {"code": site.code(), "unit": "u0301"}
    assert problem(post(site, "/claims", again)) == (409, "claimed_already")
    elsewhere = post(site, "/claims", again | {"unit": "u0502"})
    assert problem(elsewhere) == (409, "bound_elsewhere")
    assert "u0301" not in elsewhere.text


def test_a_device_of_the_file_is_claimed_by_its_vendors_name_no_second_time(
    tmp_path: Path,
) -> None:
    site = make_site(tmp_path)
    table = msgspec.json.decode(msgspec.json.encode(REGISTRY))
    table["device"][0]["vendor"] = "wmbus:33225544"
    site.office.import_table(table, Why("admin", "import"), NOW_NS)
    answer = post(site, "/claims", {"code": site.code(), "unit": "u0301"})
    assert problem(answer) == (409, "claimed_already")
    site.world.desk.db.dispose()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (lambda code: code.replace("33225544", "33225545"), "wrong_check"),
        (lambda code: code[:12] + ("b" if code[12] == "a" else "a") + code[13:], "wrong_check"),
        (lambda code: code.replace(".", "-"), "not_a_code"),
    ],
)
def test_a_code_that_was_misread_says_so(site: Site, code: Any, expected: str) -> None:
    body = {"code": code(site.code()), "unit": "u0301"}
    assert problem(post(site, "/claims", body)) == (422, expected)


def test_a_claim_for_a_home_that_is_not_there_is_refused(site: Site) -> None:
    body = {"code": site.code(), "unit": "u7777"}
    assert problem(post(site, "/claims", body)) == (404, "no_such_unit")


# Seen two seconds ago.


def test_a_device_tells_how_long_ago_it_was_heard_and_by_whom(site: Site) -> None:
    hear(site, {DEVICE: NOW_NS})
    site.world.clock.now += 2 * SECOND_NS
    told = get(site, f"/devices/{DEVICE}")
    assert (told["last_seen_s"], told["edge"], told["applied"]) == (2.0, "e01", True)


def test_a_change_is_pending_until_the_edge_goes_by_it(site: Site) -> None:
    hear(site, {DEVICE: NOW_NS})
    moved = post(site, f"/devices/{DEVICE}/move", {"unit": "u1201"}).json()
    assert (moved["version"], moved["applied"]) == (2, False)
    assert get(site, "/registry")["edges"] == [{"edge": "e01", "version": 1, "behind": 1}]
    hear(site, {}, version=2)
    assert get(site, f"/devices/{DEVICE}")["applied"]
    assert get(site, "/registry")["edges"] == [{"edge": "e01", "version": 2, "behind": 0}]


@pytest.mark.parametrize(("told", "following"), [(9, 10), (2**50, 2)])
def test_a_gateway_put_back_from_a_backup_goes_on_above_its_edges(
    site: Site, told: int, following: int
) -> None:
    hear(site, {}, version=told)
    post(site, f"/devices/{DEVICE}/retire", {})
    assert site.office.held.version == following


def test_an_older_word_does_not_put_a_later_one_back(site: Site) -> None:
    hear(site, {DEVICE: NOW_NS})
    hear(site, {DEVICE: NOW_NS - HOUR_NS})
    assert get(site, f"/devices/{DEVICE}")["last_seen_s"] == 0


def test_an_edge_with_a_fast_clock_hears_nothing_in_the_future(site: Site) -> None:
    hear(site, {DEVICE: NOW_NS + HOUR_NS})
    site.world.clock.now += SECOND_NS
    assert get(site, f"/devices/{DEVICE}")["last_seen_s"] == 1


def test_a_stranger_is_listed_until_it_is_claimed(site: Site) -> None:
    hear(site, {}, {"wmbus:33225544": NOW_NS, DEVICE: NOW_NS})
    assert [s["name"] for s in get(site, "/strangers")["strangers"]] == ["wmbus:33225544"]
    post(site, "/claims", {"code": site.code(), "unit": "u0301"})
    assert get(site, "/strangers") == {"strangers": []}
    hear(site, {}, {"wmbus:33225544": NOW_NS})
    assert get(site, "/strangers") == {"strangers": []}


def test_a_flood_of_strangers_keeps_the_latest_64_of_an_edge(site: Site) -> None:
    for first in (0, 50):
        hear(site, {}, {f"s{first + n}": NOW_NS - SECOND_NS + first + n for n in range(50)})
    with reading(site.office.database) as connection:
        names = [row.name for row in connection.execute(sa.select(stranger))]
    assert sorted(names) == sorted(f"s{n}" for n in range(36, 100))


@pytest.mark.parametrize(
    "payload",
    [
        b"no json",
        b"{}",
        msgspec.json.encode(SeenPage(2, "e01", 0, 0, {}, {})),
        msgspec.json.encode(SeenPage(1, "e02", 0, 0, {}, {})),
        msgspec.json.encode(SeenPage(1, "e01", 0, -1, {}, {})),
        msgspec.json.encode(SeenPage(1, "e01", 0, 0, {"d": -5}, {})),
        msgspec.json.encode(SeenPage(1, "e01", 0, 0, {}, {"a\nb": 1})),
        msgspec.json.encode(SeenPage(1, "e01", 0, 0, {}, {"x" * 171: 1})),
        msgspec.json.encode(SeenPage(1, "e01", 0, 0, {str(n): 1 for n in range(501)}, {})),
    ],
)
def test_a_page_that_cannot_be_used_is_refused(site: Site, payload: bytes) -> None:
    with pytest.raises(Refused):
        deliver(site, SEEN_TOPIC, payload)


# Ghosts.


def test_a_retained_state_of_a_place_that_was_left_is_to_be_emptied_once(site: Site) -> None:
    ghost = "sw/1/s01/b05/u1201/water/mu0301/state"
    for _ in range(2):
        assert deliver(site, ghost, b"up", retain=True)
    deliver(site, OLD_STATE, b"up", retain=True)  # where it does hang
    deliver(site, "sw/1/s01/b05/u1201/water/mu0001/state", b"up")  # live: it will be seen
    deliver(site, "sw/1/s01/b05/u1201/water/mu0001/state", b"", retain=True)
    deliver(site, "sw/1/s01/x/y/z/state", b"up", retain=True)
    assert owed(site) == [ghost]
    assert dict(site.hearing.counts) == {"ghosts": 1, "foreign_states": 1}


def test_the_work_owed_to_the_broker_is_bounded(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "TOMBSTONES_MAX", 3)
    with writing(site.office.database) as connection:
        assert rows.owe_tombstones(connection, [f"t{n}" for n in range(9)], NOW_NS) == 3
        assert rows.owe_tombstones(connection, ["t1", "late"], NOW_NS) == 0


def test_a_change_that_fails_half_way_leaves_nothing(site: Site) -> None:
    with pytest.raises(ZeroDivisionError):
        site.office.change(DEVICE, lambda _: 1 // 0, None, NOW_NS)  # type: ignore[arg-type, return-value]
    with reading(site.office.database) as connection:
        assert connection.execute(sa.select(sa.func.count(registry_change.c.version))).scalar() == 1
    assert owed(site) == []
