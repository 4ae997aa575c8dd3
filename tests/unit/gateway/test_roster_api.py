"""The roster while it runs: put by API or page, kept over restarts, noted, seen by others."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.incident import Act, Command
from alerts.roster import Person, Roster
from edge.reading import MINUTE_NS
from edge.registry import Registry
from gateway.access.role import Role
from gateway.db import phones, tenures
from gateway.db.engine import reading, writing
from gateway.db.phones import Fault
from gateway.engine import Engine
from gateway.health import Pulse
from gateway.rota import Rota, Why
from gateway.web import build_app
from tests.unit.gateway.desk_world import NOW_NS, REGISTRY, ROSTER, World, ask, make_world

BASE = "/api/v1/roster"
TODAY = [{"from": "2026-01-01", "to": "2026-01-02"}]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    engine = made.desk.engine
    registry = Registry.parse(REGISTRY, tmp_path / "registry.toml")
    engine.book = replace(engine.book, registry=registry)
    desk = replace(made.desk, rota=Rota(engine, made.clock))
    yield replace(made, desk=desk, app=build_app(desk))
    made.desk.db.dispose()


def rota(world: World) -> Rota:
    assert world.desk.rota is not None
    return world.desk.rota


def put(world: World, path: str, value: Any, **more: Any) -> Any:
    return ask(world, "PUT", f"{BASE}/{path}", json={"value": value, "why": "flu"}, **more)


def again(world: World, roster: Roster | None = None) -> Rota:
    """Another process on the same database, with the file as it is or as given."""
    book = world.desk.book
    file = roster or Roster.model_validate(ROSTER)
    engine = Engine(world.desk.db, replace(book, roster=file), random.Random(3))
    return Rota(engine, world.clock)


def people(of: Rota) -> Roster:
    return of._engine.book.roster


def one(of: Rota, person_id: str) -> Person:
    person = people(of).get(person_id)
    assert person is not None
    return person


def test_everybody_is_shown_as_they_stand_without_numbers(world: World) -> None:
    answer = ask(world, "GET", BASE)
    first = answer.json()["people"][0]
    assert (first["id"], first["on_duty"], first["phone_fails"], first["open"]) == (
        "p01", True, False, 0,
    )  # fmt: skip
    assert "1380000" not in answer.text


def test_a_leave_holds_at_once_is_noted_and_outlives_a_restart(world: World) -> None:
    answer = put(world, "p01/leave", TODAY)
    assert (answer.status_code, answer.json()["on_duty"]) == (200, False)
    world.raise_finding("u0301")
    (change,) = ask(world, "GET", f"{BASE}/changes").json()["changes"]
    assert (change["by"], change["act"], change["person"], change["why"]) == (
        "operator", "put_leave", "p01", "flu",
    )  # fmt: skip
    restarted = again(world)
    assert restarted.version == 1
    assert len(one(restarted, "p01").leave) == 1


def test_the_next_incident_goes_by_a_leave_that_was_just_put(world: World) -> None:
    put(world, "p01/leave", TODAY)
    incident_id = world.raise_finding("u0301")
    detail = world.desk.incidents.detail(incident_id)
    assert detail is not None
    assert {each.person_id for each in detail.deliveries} == {"p02"}
    assert [event.detail.get("lack") for event in detail.timeline if event.kind == "plan_hole"] == [
        "off_duty"
    ]


def test_a_withdrawn_change_gives_the_word_back_to_the_file(world: World) -> None:
    put(world, "p01/sms", "13911112222")
    assert one(rota(world), "p01").sms == "13911112222"
    answer = ask(world, "DELETE", f"{BASE}/p01/sms")
    assert answer.status_code == 200
    assert people(rota(world)).person == Roster.model_validate(ROSTER).person
    assert "139" not in ask(world, "GET", f"{BASE}/changes").text


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("p01/sms", "13911112222\nhello", "sms"),
        (
            "p01/shift",
            [{"from": "08:00", "to": "12:00"}, {"from": "11:00", "to": "13:00"}],
            "11:00",
        ),
        ("p01/leave", [{"from": "2026-02-02", "to": "2026-01-01"}], "before it begins"),
        ("p02/sms", None, "nobody can reach"),
        ("p01/shift", "always", "shift"),
    ],
)
def test_what_would_be_no_roster_is_refused_with_its_reason_and_without_the_number(
    world: World, path: str, value: Any, says: str
) -> None:
    answer = put(world, path, value)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert "13911112222" not in answer.text
    assert rota(world).version == 0


def test_strangers_other_fields_and_readers_are_refused(world: World) -> None:
    assert put(world, "nobody/leave", []).status_code == 404
    assert put(world, "p01/roles", ["street"]).status_code == 422
    assert put(world, "p01/leave", TODAY, role=Role.VIEWER).status_code == 403
    assert ask(world, "GET", BASE, Role.VIEWER).status_code == 200


def test_a_file_that_says_otherwise_by_now_is_the_newer_word(world: World) -> None:
    put(world, "p01/sms", "13911112222")
    put(world, "p02/leave", TODAY)
    file = Roster.model_validate(ROSTER)
    first = file.person[0].model_copy(update={"sms": "13700000001"})
    after = again(world, file.model_copy(update={"person": (first, *file.person[1:])}))
    assert one(after, "p01").sms == "13700000001"
    assert len(one(after, "p02").leave) == 1
    acts = [c["act"] for c in ask(world, "GET", f"{BASE}/changes").json()["changes"]]
    assert acts == ["lapse_sms", "put_leave", "put_sms"]


def test_another_gateway_on_the_database_goes_by_a_change_when_it_looks(world: World) -> None:
    other = again(world)
    put(world, "p01/leave", TODAY)
    assert other.version == 0
    other.refresh()
    assert other.version == 1
    assert people(other) == people(rota(world))


def test_a_new_shift_moves_the_end_of_what_its_person_holds(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    world.desk.engine.act(incident_id, Command(Act.ACKNOWLEDGE, by="p01"), now_ns=NOW_NS)
    # `NOW_NS` is 08:00 in China.
    put(world, "p01/shift", [{"from": "07:00", "to": "09:30"}])
    with reading(world.desk.db) as connection:
        assert connection.execute(tenures.NEXT_DUE).scalar() == NOW_NS + 90 * MINUTE_NS


def test_a_failing_phone_is_shown_warned_of_and_reset_by_hand(world: World) -> None:
    fault = Fault("p01", "sms", "13800000001", True, 0, NOW_NS, "no such number")  # noqa: FBT003  (a record's field)
    with writing(world.desk.db) as connection:
        phones.blame(connection, fault)
    assert rota(world).told(Pulse()).unreached == 1
    page = ask(world, "GET", "/roster?lang=zh").text
    assert "未送达" in page
    assert "已核实" in page
    answer = ask(world, "POST", f"{BASE}/p01/phones/reset", json={"why": "called them"})
    assert answer.json() == {"reset": 1}
    assert rota(world).failing() == frozenset()
    changes = ask(world, "GET", f"{BASE}/changes").json()["changes"]
    assert [change["act"] for change in changes] == ["reset_phones"]


def test_gaps_are_listed_counted_and_warned_of(world: World) -> None:
    assert ask(world, "GET", f"{BASE}/cover").json()["gaps"] == []
    put(world, "p01/leave", TODAY)
    told = ask(world, "GET", f"{BASE}/cover").json()
    assert {each["gap"]["missing"] for each in told["gaps"]} == {"nobody"}
    assert "default-1" in {each["gap"]["plan_id"] for each in told["gaps"]}
    pulse = rota(world).told(Pulse())
    assert pulse.uncovered == len(told["gaps"])
    desk = replace(world.desk, pulse=lambda: rota(world).told(Pulse()))
    shown = replace(world, desk=desk, app=build_app(desk))
    assert f"今后 90 天值班有 {pulse.uncovered} 处缺人" in ask(shown, "GET", "/roster?lang=zh").text
    assert "nobody on duty" in ask(shown, "GET", "/roster?lang=en").text
    assert (
        f"shouwang_gateway_uncovered {float(pulse.uncovered)}" in ask(shown, "GET", "/metrics").text
    )


def test_a_leave_can_be_entered_on_the_page(world: World) -> None:
    form = {"first": "2026-01-05", "last": "2026-01-06"}
    answer = ask(world, "POST", "/roster/p01/leave", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/roster")
    (leave,) = rota(world).put("p01", "capacity", 3, Why("admin")).leave
    assert (f"{leave.start}", f"{leave.end}") == ("2026-01-05", "2026-01-06")


def test_what_somebody_holds_who_is_gone_from_the_file_is_handed_over_at_once(
    world: World,
) -> None:
    made = world.raise_finding("u0301")
    now_ns = world.clock.now
    world.desk.engine.act(made, Command(Act.ACKNOWLEDGE, by="p01"), now_ns=now_ns)
    with reading(world.desk.db) as connection:
        held = tenures.find(connection, made)
    assert held is not None
    assert held.ends_ns is None, "always on duty"
    others = [person for person in world.desk.book.roster.person if person.id != "p01"]
    later = again(world, Roster(version=1, person=tuple(others)))
    later._engine.advance_due(now_ns)
    with reading(world.desk.db) as connection:
        offered = tenures.find(connection, made)
    assert offered is not None
    assert offered.successor == "p02"
