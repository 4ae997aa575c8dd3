"""吹哨报到: each called party has its messages, its deadlines and its line on the timeline."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.channels.base import Outcome, Verdict
from alerts.incident import Act, Command, State
from alerts.incident import Outcome as Ending
from alerts.plan import Plans
from edge.reading import MINUTE_NS
from gateway.access.role import Role
from gateway.api.incidents import Detail
from gateway.plans.office import open_plans
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, make_world

LIFT = {
    "id": "lift", "name_zh": "电梯维保", "name_en": "Lift company", "roles": ["backup"],
    "channels": ["sms"], "ack_within": "5 min", "arrive_within": "30 min",
    "on_miss": {"answer": ["street"], "arrive": ["street"]},
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    first, *rest = PLANS["plan"]
    open_plans(made.desk.db, PLANS | {"plan": [first | {"party": [LIFT]}, *rest]}, NOW_NS)
    yield made
    made.desk.db.dispose()


@pytest.fixture
def incident_id(world: World) -> str:
    """An incident whose owner is on site."""
    raised = world.raise_finding("u0301")
    send(world)
    do(world, raised, Act.ACKNOWLEDGE, "p01")
    do(world, raised, Act.ARRIVE, "p01")
    return raised


def do(world: World, incident_id: str, act: Act, by: str) -> None:
    command = Command(act, by=by, outcome=Ending.REAL)
    world.desk.engine.act(incident_id, command, now_ns=world.clock.now_ns())


def send(world: World) -> list[tuple[str, str]]:
    """Send what is owed: the purpose and the text of each message."""
    sent = []
    for claim in world.desk.engine.claim(world.clock.now_ns(), 50):
        world.desk.engine.record(claim, Verdict(Outcome.ACCEPTED), world.clock.now_ns())
        sent.append((str(claim.out.payload["type"]).removeprefix("incident."), claim.out.text))
    return sent


def wait(world: World, minutes: int) -> None:
    world.clock.now += minutes * MINUTE_NS
    world.desk.engine.advance_due(world.clock.now_ns())


def post(world: World, path: str, body: Any, role: Role = Role.OPERATOR) -> httpx.Response:
    async def run() -> httpx.Response:
        async with world.signed_in(role) as client:
            return await client.post(f"/api/v1/incidents/{path}", json=body)

    return asyncio.run(run())


def call_lift(world: World, incident_id: str) -> httpx.Response:
    return post(world, f"{incident_id}/calls", {"party": "lift", "note": "困人"})


def detail(world: World, incident_id: str) -> Detail:
    found = world.desk.incidents.detail(incident_id)
    assert found is not None
    return found


def kinds(world: World, incident_id: str) -> list[str]:
    return [event.kind for event in detail(world, incident_id).timeline]


def clocks(world: World, incident_id: str, party: str) -> dict[str, str]:
    found = detail(world, incident_id).clocks
    return {each.kind.value: each.fate.value for each in found if each.party == party}


def test_a_called_party_is_told_once_and_its_clocks_run(world: World, incident_id: str) -> None:
    call = call_lift(world, incident_id).json()
    assert (call["state"], call["people"], call["by"]) == ("called", ["p02"], "operator")
    ((purpose, text),) = send(world)
    assert purpose == "call"
    assert "吹哨" in text
    assert "请报到" in text
    assert call_lift(world, incident_id).json() == call
    assert send(world) == []
    assert kinds(world, incident_id).count("call_called") == 1
    assert clocks(world, incident_id, "call:1") == {"answer": "running", "arrive": "running"}


def test_a_called_person_answers_for_the_party_and_not_for_the_incident(
    world: World, incident_id: str
) -> None:
    call_lift(world, incident_id)
    send(world)
    before = detail(world, incident_id).incident
    do(world, incident_id, Act.ACKNOWLEDGE, "p02")
    assert clocks(world, incident_id, "call:1") == {"answer": "met", "arrive": "running"}
    do(world, incident_id, Act.ARRIVE, "p02")
    assert clocks(world, incident_id, "call:1") == {"answer": "met", "arrive": "met"}
    assert detail(world, incident_id).incident == before
    assert kinds(world, incident_id)[-2:] == ["call_accepted", "call_arrived"]
    wait(world, 60)
    assert "missed" not in kinds(world, incident_id)


def test_a_party_that_is_silent_is_told_of_upward(world: World, incident_id: str) -> None:
    call_lift(world, incident_id)
    send(world)
    wait(world, 5)
    event = detail(world, incident_id).timeline[-1]
    assert (event.kind, event.detail["whose"], event.detail["told"]) == ("missed", ["p02"], ["p03"])
    assert [purpose for purpose, _ in send(world)] == ["overdue"]
    wait(world, 25)
    missed = [e for e in detail(world, incident_id).timeline if e.kind == "missed"]
    assert [each.detail["clock"] for each in missed] == ["answer", "arrive"]


def test_what_is_handed_back_goes_to_those_above(world: World, incident_id: str) -> None:
    call_lift(world, incident_id)
    send(world)
    answer = post(world, f"{incident_id}/calls/1/acts", {"act": "refuse", "note": "不归我们"})
    assert answer.json()["state"] == "refused"
    assert clocks(world, incident_id, "call:1") == {"answer": "dropped", "arrive": "dropped"}
    assert clocks(world, incident_id, "call:2") == {"answer": "running", "arrive": "running"}
    assert [purpose for purpose, _ in send(world)] == ["call"]
    called = detail(world, incident_id).timeline[-1]
    assert (called.kind, called.by, called.detail["people"]) == ("call_called", "system", ["p03"])
    assert call_lift(world, incident_id).json()["number"] == 3


def test_two_parties_have_each_their_own_clocks(world: World, incident_id: str) -> None:
    call_lift(world, incident_id)
    assert post(world, f"{incident_id}/calls", {"role": "street"}).json()["people"] == ["p03"]
    do(world, incident_id, Act.ACKNOWLEDGE, "p03")
    assert clocks(world, incident_id, "call:1")["answer"] == "running"
    assert clocks(world, incident_id, "call:2")["answer"] == "met"


def test_a_person_can_be_called_by_name(world: World, incident_id: str) -> None:
    assert post(world, f"{incident_id}/calls", {"person": "p03"}).json()["people"] == ["p03"]
    assert post(world, f"{incident_id}/calls", {"person": "p99"}).status_code == 422


def test_an_answer_to_a_call_answers_an_incident_that_nobody_has_answered(world: World) -> None:
    raised = world.raise_finding("u0301")
    send(world)
    call_lift(world, raised)
    do(world, raised, Act.ACKNOWLEDGE, "p02")
    assert detail(world, raised).incident.state is State.ACKNOWLEDGED
    assert clocks(world, raised, "call:1")["answer"] == "met"


def test_the_end_of_the_incident_releases_everybody(world: World, incident_id: str) -> None:
    call_lift(world, incident_id)
    do(world, incident_id, Act.CLOSE, "p01")
    assert send(world) == []
    assert clocks(world, incident_id, "call:1") == {"answer": "dropped", "arrive": "dropped"}
    assert "call_released" in kinds(world, incident_id)
    assert call_lift(world, incident_id).status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "asked"),
    [
        ("{i}/calls", {"party": "nobody"}, (Role.OPERATOR, 422)),
        ("{i}/calls", {"role": "family"}, (Role.OPERATOR, 422)),
        ("{i}/calls", {"role": "street", "party": "lift"}, (Role.OPERATOR, 422)),
        ("{i}/calls", {}, (Role.OPERATOR, 422)),
        ("{i}/calls", {"party": "lift"}, (Role.VIEWER, 403)),
        ("ix/calls", {"party": "lift"}, (Role.OPERATOR, 404)),
        ("{i}/calls/7/acts", {"act": "accept"}, (Role.OPERATOR, 404)),
    ],
)
def test_what_cannot_be_done_is_refused(
    world: World, incident_id: str, path: str, body: Any, asked: tuple[Role, int]
) -> None:
    role, status = asked
    assert post(world, path.format(i=incident_id), body, role).status_code == status


@pytest.mark.parametrize(("lang", "word"), [("zh", "电梯维保"), ("en", "Lift company")])
def test_the_page_calls_in_and_shows_each_party(
    world: World, incident_id: str, lang: str, word: str
) -> None:
    async def run() -> str:
        async with world.signed_in() as client:
            path = f"/incidents/{incident_id}"
            assert word in (await client.get(f"{path}?lang={lang}")).text
            done = await client.post(f"{path}/calls", data={"whom": "plan:lift"})
            assert done.status_code == 303
            await client.post(f"{path}/calls/1/acts", data={"act": "accept"})
            return (await client.get(f"{path}?lang={lang}")).text

    page = asyncio.run(run())
    assert {"zh": "已报到", "en": "Coming"}[lang] in page
    assert "王建国" in page


def test_a_party_is_named_once_in_a_plan() -> None:
    twice = {**PLANS["plan"][0], "party": [LIFT, LIFT]}
    with pytest.raises(ValueError, match="party 'lift' is used twice"):
        Plans.model_validate(PLANS | {"plan": [twice, *PLANS["plan"][1:]]})
