"""Which rules speak: one person proposes, another approves, the edges are told; one rolls back."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from edge.entry import Provisioned
from edge.mode import Mode
from edge.provisioning import Offer, Standing, judge
from edge.succession import read_registry_bytes
from gateway.access.role import Role
from gateway.closing.labels import _digest
from gateway.console.texts import Lang
from gateway.db import registry as registry_rows
from gateway.db.engine import reading, writing
from gateway.db.tables import edge_status
from gateway.registry.office import Why
from gateway.web import build_app
from tests.unit.gateway.desk_world import REGISTRY, ask
from tests.unit.gateway.registry_world import KEY, NOW_NS, Site

PATH = "/api/v1/rules"
SHADOWED = {"leak_slow": "shadow"}


def call(
    site: Site, method: str, path: str, body: Any = None, role: Role = Role.OPERATOR
) -> httpx.Response:
    return ask(site.world, method, PATH + path, role, json=body)


def get(site: Site, path: str, role: Role = Role.OPERATOR) -> str:
    return ask(site.world, "GET", path, role).text


def send(site: Site, path: str, form: dict[str, str], role: Role = Role.OPERATOR) -> httpx.Response:
    return ask(site.world, "POST", path, role, data=form)


def propose(
    site: Site, changes: dict[str, str] | None = None, role: Role = Role.OPERATOR
) -> httpx.Response:
    body = {"changes": changes or SHADOWED, "why": "drips in May"}
    return call(site, "POST", "/proposals", body, role)


def decide(site: Site, number: int, how: str, role: Role = Role.ADMIN) -> httpx.Response:
    return call(site, "POST", f"/proposals/{number}/{how}", {"why": "as agreed"}, role)


def approved(site: Site, changes: dict[str, str] | None = None) -> int:
    number = int(propose(site, changes).json()["id"])
    assert decide(site, number, "approval").status_code == 200
    return number


def modes_at_the_edge(site: Site) -> dict[str, Mode]:
    """What an edge reads out of the push that it is given now."""
    offer = judge(site.office.payload("e01"), Standing(KEY.public_key(), "s01", "e01", 0, b""))
    assert isinstance(offer, Offer)
    entry = Provisioned(offer.version, NOW_NS, offer.table)
    return dict(read_registry_bytes(entry.table).rules.modes)


def test_what_one_proposes_and_another_approves_is_pushed_to_the_edges(site: Site) -> None:
    number = int(propose(site).json()["id"])
    assert modes_at_the_edge(site) == {}
    made = decide(site, number, "approval").json()
    assert (made["by"], made["decided_by"], made["state"]) == ("operator", "admin", "approved")
    assert made["version"] == site.office.held.version
    assert modes_at_the_edge(site) == {"leak_slow": Mode.SHADOW}
    assert call(site, "GET", "").json()["modes"] == SHADOWED


def test_nobody_approves_their_own_proposal(site: Site) -> None:
    number = int(propose(site, role=Role.ADMIN).json()["id"])
    answer = decide(site, number, "approval")
    assert (answer.status_code, answer.json()["code"]) == (403, "own_proposal")
    assert modes_at_the_edge(site) == {}


def test_a_person_of_two_logins_is_one(site: Site) -> None:
    engine = site.world.desk.engine
    person = engine.book.roster.person[0].model_copy(update={"logins": ("operator", "admin")})
    roster = engine.book.roster.model_copy(update={"person": (person,)})
    engine.book = replace(engine.book, roster=roster)
    number = int(propose(site).json()["id"])
    assert decide(site, number, "approval").json()["code"] == "own_proposal"


def test_one_person_rolls_back_the_whole_act(site: Site) -> None:
    changes = {"routine-trial": "live", "routine": "shadow"}
    number = approved(site, changes)
    undone = decide(site, number, "roll-back", Role.OPERATOR).json()
    assert (undone["state"], undone["undone_by"]) == ("undone", "operator")
    assert modes_at_the_edge(site) == {}
    again = decide(site, number, "roll-back", Role.OPERATOR)
    assert (again.status_code, again.json()["code"]) == (409, "decided")


def test_a_roll_back_returns_to_what_an_earlier_act_had_said(site: Site) -> None:
    first, second = approved(site), approved(site, {"leak_slow": "live"})
    refused = decide(site, first, "roll-back", Role.OPERATOR)
    assert refused.json()["code"] == "not_the_last"
    decide(site, second, "roll-back", Role.OPERATOR)
    assert modes_at_the_edge(site) == {"leak_slow": Mode.SHADOW}
    decide(site, first, "roll-back", Role.OPERATOR)
    assert modes_at_the_edge(site) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"smoke_alarm": "shadow"}, "not_valid"),
        ({"no_such_rule": "live"}, "not_valid"),
        ({"leak_slow@nowhere": "shadow"}, "no_such_unit"),
    ],
)
def test_what_must_not_be_is_not_even_proposed(
    site: Site, changes: dict[str, str], code: str
) -> None:
    answer = propose(site, changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_what_is_so_already_is_not_proposed(site: Site) -> None:
    approved(site)
    assert propose(site).json()["code"] == "so_already"


@pytest.mark.parametrize(
    ("role", "proposes", "approves", "rolls_back"),
    [
        (Role.ADMIN, 201, 403, 200),  # 403: it is their own
        (Role.OPERATOR, 201, 403, 200),
        (Role.VIEWER, 403, 403, 403),
    ],
)
def test_each_right_is_asked_for(
    site: Site, role: Role, proposes: int, approves: int, rolls_back: int
) -> None:
    number = approved(site, {"toilet_runs": "shadow"})
    answer = propose(site, role=role)
    assert answer.status_code == proposes
    waiting = int(answer.json().get("id", 0)) or int(propose(site).json()["id"])
    assert decide(site, waiting, "approval", role).status_code == approves
    assert decide(site, number, "roll-back", role).status_code == rolls_back


def test_whoever_proposed_it_may_take_it_back(site: Site) -> None:
    number = int(propose(site).json()["id"])
    assert decide(site, number, "rejection", Role.OPERATOR).json()["state"] == "rejected"
    assert decide(site, number, "approval").json()["code"] == "decided"


def test_a_file_that_is_imported_decides_nothing_about_rules(site: Site) -> None:
    approved(site)
    file = {**REGISTRY, "rules": {"modes": {"leak_slow": "live", "toilet_runs": "shadow"}}}
    site.office.import_table(file, Why("root", "import", "by hand"), NOW_NS)
    assert modes_at_the_edge(site) == {"leak_slow": Mode.SHADOW}


def test_every_act_is_a_change_of_the_registry_with_its_author_and_reason(site: Site) -> None:
    number = approved(site)
    decide(site, number, "roll-back", Role.OPERATOR)
    call(site, "POST", "/resets", {"rule": "leak_slow@u0301", "why": "a new valve"})
    with reading(site.world.desk.db) as connection:
        told = registry_rows.changes(connection, 2**31, 3)
    assert [(each.act, each.by, each.why) for each in told] == [
        ("rule_reset", "operator", "a new valve"),
        ("rule_roll_back", "operator", "as agreed"),
        ("rule_approve", "admin", "as agreed"),
    ]


def test_a_reset_is_counted_for_the_edges(site: Site) -> None:
    for _ in range(2):
        assert call(site, "POST", "/resets", {"rule": "leak_slow@u0301"}).status_code == 200
    rules = site.office.registry.rules
    assert rules.agreed == {"leak_slow@u0301": 2}
    refused = call(site, "POST", "/resets", {"rule": "smoke_alarm"})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_tuned")


def test_the_console_page_proposes_approves_and_rolls_back(site: Site) -> None:
    form = {"rule": "leak_slow", "mode": "shadow", "why": "drips in May", "home": "u0301"}
    assert send(site, "/rules/modes", form).status_code == 303
    page = get(site, "/rules/modes?lang=en")
    assert "You proposed this" in page
    assert "drips in May" in page
    why = {"why": "as agreed"}
    assert send(site, "/rules/modes/1/approval", why, Role.ADMIN).status_code == 303
    assert modes_at_the_edge(site) == {"leak_slow@u0301": Mode.SHADOW}
    assert "/rules/modes/1/roll-back" in get(site, "/rules/modes")
    assert send(site, "/rules/modes/1/roll-back", why).status_code == 303
    assert modes_at_the_edge(site) == {}
    assert "已恢复原状" in get(site, "/rules/modes?lang=zh")


def test_the_console_page_says_why_something_is_refused(site: Site) -> None:
    form = {"rule": "leak_slow", "mode": "shadow", "why": "x", "home": "nowhere"}
    answer = send(site, "/rules/modes?lang=en", form)
    assert answer.status_code == 409
    assert "no home of that code" in answer.text


def test_what_outcomes_moved_is_shown_with_a_button_to_put_it_back(site: Site) -> None:
    scales = {"leak_slow s01/b03/u0301": 1.21, "camera_slow s01/b03/lobby/cam-1": 1.1}
    health = json.dumps({"rules": {"scales": scales}})
    row = {"edge": "e01", "boot": 1, "up": True, "at_ns": NOW_NS, "health": health}
    with writing(site.world.desk.db) as connection:
        connection.execute(sa.delete(edge_status))
        connection.execute(sa.insert(edge_status).values(row))
    page = get(site, "/rules/modes?lang=en")
    assert "1.21 times what was agreed" in page
    assert 'value="leak_slow@u0301"' in page
    assert send(site, "/rules/modes/resets", {"rule": "leak_slow@u0301"}).status_code == 303
    assert site.office.registry.rules.agreed == {"leak_slow@u0301": 1}
    assert call(site, "GET", "").json()["edges"]["e01"]["scales"] == scales


def test_a_gateway_whose_registry_is_a_file_says_that_edges_decide(site: Site) -> None:
    desk = replace(site.world.desk, office=None)
    site.world.desk, site.world.app = desk, build_app(desk)
    assert "shouwang rules" in get(site, f"/rules/modes?lang={Lang.EN.value}")
    assert propose(site).json()["code"] == "not_owned"


def test_an_edge_tells_people_apart_and_learns_no_name() -> None:
    assert _digest("e01", "an") == _digest("e01", "an")
    assert len({_digest("e01", "an"), _digest("e01", "bo"), _digest("e02", "an")}) == 3
    assert "an" not in _digest("e01", "an")
    assert _digest("e01", "") == ""
