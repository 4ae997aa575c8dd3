"""Who signs in is a person of the roster, and who has left neither signs in nor answers."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from alerts.channels.base import Inbound, Outcome, Verdict
from alerts.escalate import Purpose
from alerts.incident import Act, Incident, State
from alerts.incident import Outcome as Ending
from alerts.link import LinkClaim, LinkError, LinkFault, sign
from edge.reading import DAY_NS, MINUTE_NS
from gateway.access import cli
from gateway.access.accounts import AccountError, Accounts
from gateway.access.role import Role
from gateway.db import tables
from tests.unit.gateway.desk_world import (
    NOW_NS,
    PASSWORD,
    World,
    ask,
    go_by,
    known_as,
    make_world,
)
from tests.unit.gateway.test_closing import do, rows
from tests.unit.gateway.test_settings import folder, spoil

__all__ = ["folder"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


@pytest.fixture
def told(world: World) -> str:
    """An incident of which p01 was told."""
    raised = world.raise_finding("u0301")
    send(world)
    return raised


def send(world: World) -> None:
    engine, now_ns = world.desk.engine, world.clock.now_ns()
    for claim in engine.claim(now_ns, 50):
        engine.record(claim, Verdict(Outcome.ACCEPTED), now_ns)


def incident(world: World, incident_id: str) -> Incident:
    found = world.desk.incidents.detail(incident_id)
    assert found is not None
    return found.incident


def leave(world: World, person_id: str) -> None:
    people = world.desk.book.roster.person
    go_by(world, [person for person in people if person.id != person_id])


def test_who_claims_at_the_console_has_it_as_a_person(world: World, told: str) -> None:
    known_as(world, p01=("operator",))
    body = {"act": Act.ACKNOWLEDGE, "version": incident(world, told).version}
    ask(world, "POST", f"/api/v1/incidents/{told}/acts", json=body)
    assert incident(world, told).owner == "p01"
    (tenure,) = rows(world, tables.metadata.tables["tenure"])
    assert tenure["person_id"] == "p01"
    found = world.desk.incidents.detail(told)
    assert found is not None
    assert [each.by for each in found.timeline if each.kind == Act.ACKNOWLEDGE] == ["operator"]
    purposes = {(row["person_id"], row["purpose"]) for row in rows(world, tables.outbox)}
    assert ("p01", Purpose.TAKEN) not in purposes


def test_a_login_of_nobody_stands_for_itself(world: World, told: str) -> None:
    known_as(world, p01=("wang",))
    do(world, told, Act.ACKNOWLEDGE, by="operator")
    assert incident(world, told).owner == "operator"


def test_work_sent_back_is_told_to_who_resolved_it_at_the_console(world: World, told: str) -> None:
    known_as(world, p01=("operator",))
    do(world, told, Act.RESOLVE, by="operator", outcome=Ending.REAL)
    do(world, told, Act.REWORK, by="p03", note="nobody was there")
    sent_back = [row for row in rows(world, tables.outbox) if row["purpose"] == Purpose.REWORK]
    assert [row["person_id"] for row in sent_back] == ["p01"]


def test_a_link_of_somebody_who_has_left_stops_no_plan(world: World, told: str) -> None:
    (link,) = rows(world, tables.link)[:1]
    token = sign(world.desk.book.secret, LinkClaim(link["nonce"], NOW_NS + DAY_NS))
    assert ask(world, "GET", f"/a/{token}").status_code == 200
    leave(world, link["person_id"])
    assert ask(world, "GET", f"/a/{token}").status_code == 404
    with pytest.raises(LinkError) as refused:
        world.desk.engine.use_link(token, NOW_NS)
    assert refused.value.fault is LinkFault.LEFT
    assert incident(world, told).state is State.DISPATCHED


def test_a_key_pressed_by_somebody_who_has_left_stops_no_plan(world: World, told: str) -> None:
    (message,) = [row for row in rows(world, tables.outbox) if row["channel"] == "sms"]
    pressed = Inbound("call-1", "010", "1", NOW_NS, about=message["idempotency_id"])
    leave(world, message["person_id"])
    assert world.desk.engine.reply("voice", pressed, NOW_NS) == "unknown_phone"
    assert incident(world, told).state is State.DISPATCHED
    world.desk.engine.advance_due(NOW_NS + MINUTE_NS)
    assert {row["person_id"] for row in rows(world, tables.outbox)} >= {"p02"}


def test_a_text_from_the_telephone_of_who_has_left_is_of_who_has_it_now(
    world: World, told: str
) -> None:
    (message,) = [row for row in rows(world, tables.outbox) if row["channel"] == "sms"]
    (code,) = {row["code"] for row in rows(world, tables.code)}
    people = {person.id: person for person in world.desk.book.roster.person}
    heir = people["p02"].model_copy(update={"sms": message["address"]})
    go_by(world, [heir, people["p03"]])
    text = Inbound("t1", message["address"], f"{code} 1", NOW_NS)
    assert world.desk.engine.reply("sms", text, NOW_NS) == "acknowledge"
    assert incident(world, told).owner == "p02"


def test_an_account_that_is_disabled_is_out_until_it_is_enabled(world: World) -> None:
    accounts = Accounts(world.desk.db)
    found = accounts.find(Role.OPERATOR)
    assert found is not None
    token = world.desk.sessions.open(found.id, NOW_NS)
    accounts.disable(Role.OPERATOR)
    assert rows(world, tables.web_session) == []
    assert ask(world, "GET", "/api/v1/incidents").status_code == 401
    accounts.enable(Role.OPERATOR)
    assert world.desk.sessions.principal(token, NOW_NS) is None
    assert ask(world, "GET", "/api/v1/incidents").status_code == 200


def test_no_account_is_not_disabled(world: World) -> None:
    with pytest.raises(AccountError, match="there is no account 'nobody'"):
        Accounts(world.desk.db).disable("nobody")


def test_the_command_ends_an_account_and_lists_whose_each_is(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(folder / "gateway.toml", "sqlite:///../var/gateway", f"sqlite:///{folder}")
    spoil(folder / "roster.toml", '#logins = ["wang.fang"]', 'logins = ["wang.fang", "fang"]')

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
        return cli.main([*arguments, "--config", str(folder / "gateway.toml")])

    assert [run("add", login) for login in ("wang.fang", "chief")] == [0, 0]
    assert (run("disable", "chief"), run("disable", "nobody")) == (0, 1)
    assert run("list") == 0
    assert capsys.readouterr().out == (
        "chief\tdisabled\t-\nwang.fang\toperator\twang\nfang\tno account\twang\n"
    )
    assert run("enable", "chief") == 0
    assert run("list") == 0
    assert "chief\toperator\t-" in capsys.readouterr().out
