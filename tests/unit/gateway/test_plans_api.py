"""Plans change by two people, and running incidents keep the version they began with."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.reading import MINUTE_NS
from gateway.access.role import Role
from gateway.db import plans as rows
from gateway.db.engine import reading
from gateway.plans.office import open_plans
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, ask, make_world

PATH = "/api/v1/plans"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    open_plans(made.desk.db, PLANS, NOW_NS)
    yield made
    made.desk.db.dispose()


def call(
    world: World, method: str, path: str, body: Any = None, role: Role = Role.OPERATOR
) -> httpx.Response:
    return ask(world, method, PATH + path, role, json=body)


def first_plan(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = deepcopy(PLANS["plan"][0])
    return found | changes


def propose(world: World, change: dict[str, Any], role: Role = Role.OPERATOR) -> httpx.Response:
    return call(world, "POST", "/proposals", {"change": change, "why": "drill of May"}, role)


def decide(world: World, number: int, how: str, role: Role = Role.ADMIN) -> httpx.Response:
    return call(world, "POST", f"/proposals/{number}/{how}", {"why": "as agreed"}, role)


def test_the_file_is_the_first_version(world: World) -> None:
    body = call(world, "GET", "").json()
    assert body["made"] | {"file": ""} == {
        "version": 3, "at_ns": NOW_NS, "proposed_by": "system", "approved_by": "system",
        "why": "taken from the file", "file": "",
    }  # fmt: skip
    assert body["plans"] == PLANS


def test_one_person_proposes_and_another_puts_it_in_force(world: World) -> None:
    number = propose(world, first_plan(ack_within="2 min")).json()["id"]
    shown = call(world, "GET", f"/proposals/{number}").json()
    assert shown["changes"] == [
        {"plan": "default-1", "key": "ack_within", "before": "60 s", "after": "2 min"}
    ]
    made = decide(world, number, "approval").json()
    assert (made["version"], made["proposed_by"], made["approved_by"]) == (4, "operator", "admin")
    diff = call(world, "GET", "/diff?before=3&after=4").json()
    assert diff["changes"] == shown["changes"]
    history = call(world, "GET", "/versions").json()["versions"]
    assert [each["version"] for each in history] == [4, 3]
    assert call(world, "GET", "/versions/3").json() == PLANS


def test_nobody_approves_their_own_proposal(world: World) -> None:
    number = propose(world, first_plan(ack_within="2 min"), Role.ADMIN).json()["id"]
    answer = decide(world, number, "approval")
    assert (answer.status_code, answer.json()["code"]) == (403, "own_proposal")
    assert call(world, "GET", "").json()["plans"]["version"] == 3


@pytest.mark.parametrize(
    ("role", "may_propose", "may_approve"),
    [(Role.ADMIN, True, True), (Role.OPERATOR, True, False), (Role.VIEWER, False, False)],
)
def test_each_right_is_asked_for(
    world: World, role: Role, may_propose: bool, may_approve: bool
) -> None:
    number = propose(world, first_plan(), Role.OPERATOR).json()["id"]
    assert (propose(world, first_plan(), role).status_code == 201) is may_propose
    assert (decide(world, number, "approval", role).status_code == 200) is may_approve


def test_a_running_incident_keeps_the_version_that_it_began_with(world: World) -> None:
    early = world.raise_finding("u0301")
    number = propose(world, first_plan(title_zh="新预案", arrive_within="1 min")).json()["id"]
    decide(world, number, "approval")
    late = world.raise_finding("u0502")
    with reading(world.desk.db) as connection:
        assert rows.newest(connection) == 4
        plans = {
            each.id: world.desk.book.plan_of(connection, each)
            for each in world.desk.incidents.standing()
        }
    assert plans[early].title_zh == "久未用水"
    assert plans[late].title_zh == "新预案"
    world.desk.engine.advance_due(NOW_NS + 2 * MINUTE_NS)
    detail = world.desk.incidents.detail(late)
    assert detail is not None
    missed = [event.detail["clock"] for event in detail.timeline if event.kind == "missed"]
    assert sorted(missed) == ["answer", "arrive"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"step": []}, "plan.0.step"),
        ({"ack_within": "soon"}, "plan.0.ack_within"),
        ({"on_miss": {"answer": ["family"]}}, "plan.0.on_miss.answer"),
        ({"on_miss": {"answer": ["grid_worker"]}}, "plan.0.on_miss"),
        ({"tier": 2}, "plan"),
    ],
)
def test_problems_are_named_and_nothing_is_stored(
    world: World, changes: dict[str, Any], key: str
) -> None:
    answer = propose(world, first_plan(**changes))
    assert (answer.status_code, answer.json()["code"]) == (422, "not_valid")
    assert any(problem["key"].startswith(key) for problem in answer.json()["problems"]) or (
        key == "plan" and answer.json()["problems"]
    )
    assert call(world, "GET", "/proposals").json() == {"proposals": []}


def test_a_whole_document_can_be_checked_without_proposing_it(world: World) -> None:
    assert call(world, "POST", "/check", PLANS).json() == {"problems": []}
    assert call(world, "POST", "/check", {"version": 1}).json()["problems"] != []


def test_a_proposal_made_from_an_older_version_is_not_put_in_force(world: World) -> None:
    one = propose(world, first_plan(ack_within="2 min")).json()["id"]
    other = propose(world, first_plan(ack_within="3 min")).json()["id"]
    decide(world, one, "approval")
    answer = decide(world, other, "approval")
    assert (answer.status_code, answer.json()["code"]) == (409, "moved_on")
    assert decide(world, one, "approval").json()["code"] == "decided"
    assert decide(world, 99, "approval").status_code == 404


def test_whoever_proposed_may_take_it_back_and_an_operator_may_not_reject_others(
    world: World,
) -> None:
    mine = propose(world, first_plan()).json()["id"]
    theirs = propose(world, first_plan(), Role.ADMIN).json()["id"]
    assert decide(world, mine, "rejection", Role.OPERATOR).json()["state"] == "rejected"
    assert decide(world, theirs, "rejection", Role.OPERATOR).status_code == 403


def test_a_new_plan_beside_the_others_is_added(world: World) -> None:
    smoke = first_plan(id="smoke", category="smoke", estate="unmanaged")
    number = propose(world, smoke).json()["id"]
    changes = call(world, "GET", f"/proposals/{number}").json()["changes"]
    assert changes == [{"plan": "smoke", "key": "", "before": None, "after": smoke}]


def test_a_file_of_a_higher_version_is_taken_and_one_of_the_same_is_not(world: World) -> None:
    longer: dict[str, Any] = deepcopy(PLANS)
    longer["plan"][0]["ack_within"] = "9 min"
    open_plans(world.desk.db, longer, NOW_NS)
    assert call(world, "GET", "").json()["plans"] == PLANS
    open_plans(world.desk.db, longer | {"version": 5}, NOW_NS)
    assert call(world, "GET", "").json()["plans"]["plan"][0]["ack_within"] == "9 min"
    open_plans(world.desk.db, longer | {"version": 5}, NOW_NS)
    assert len(call(world, "GET", "/versions").json()["versions"]) == 2
