"""What takes two people: whoever began it does not end it, by whichever of their logins."""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from alerts.incident import Act, Outcome
from gateway.access.accounts import Accounts
from gateway.access.role import Role
from gateway.closing.terms import CHECKS
from gateway.plans.office import open_plans
from tests.unit.gateway.desk_world import NOW_NS, PASSWORD, PLANS, ask, known_as, routes
from tests.unit.gateway.registry_world import Site

ROOT = Path(__file__).parents[3]
OTHER = "wang.fang"
"""Another administrator's login."""


class Deed(NamedTuple):
    """How somebody begins it, and by which request it is ended: path, body, and as a form."""

    path: str
    body: dict[str, Any]
    page: str = ""
    form: Mapping[str, str] = MappingProxyType({})


class Kind(NamedTuple):
    """One thing that takes two, and what is said to the one who would do both."""

    begin: Callable[[Site, str], Deed]
    code: str
    zh: str
    en: str


def a_plan(site: Site, login: str) -> Deed:
    change = PLANS["plan"][0] | {"ack_within": "2 min"}
    number = asked(site, login, "/api/v1/plans/proposals", {"change": change, "why": "sooner"})
    end = f"proposals/{number}/approval"
    return Deed(f"/api/v1/plans/{end}", {}, f"/plans/{end}", {"why": "as agreed"})


def a_rule(site: Site, login: str) -> Deed:
    body = {"changes": {"leak_slow": "shadow"}, "why": "drips in May"}
    number = asked(site, login, "/api/v1/rules/proposals", body)
    page = f"/rules/modes/{number}/approval"
    return Deed(f"/api/v1/rules/proposals/{number}/approval", {}, page, {"why": "as agreed"})


def a_case(site: Site, login: str, act: Act) -> Deed:
    incident = site.world.raise_finding("u0301")
    path = f"/api/v1/incidents/{incident}/acts"
    body = {"act": Act.RESOLVE, "version": 2, "outcome": Outcome.REAL}
    assert ask(site.world, "POST", path, login, json=body).status_code == 200
    end = {"act": act, "version": 3, "note": "nobody was there"}
    return Deed(path, end, f"/incidents/{incident}/acts", {"act": act, "version": "3"})


def asked(site: Site, login: str, path: str, body: dict[str, Any]) -> int:
    answer = ask(site.world, "POST", path, login, json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


OWN = ("不能批准自己提出的", "Nobody approves a change of their own")
CHECKED = ("须由处置人以外的人员核查", "Another person than whoever resolved it")
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "/api/v1/plans/proposals/{number}/approval": Kind(a_plan, "own_proposal", *OWN),
        "/api/v1/rules/proposals/{number}/approval": Kind(a_rule, "own_proposal", *OWN),
        Act.VERIFY.value: Kind(partial(a_case, act=Act.VERIFY), "own_work", *CHECKED),
        Act.REWORK.value: Kind(partial(a_case, act=Act.REWORK), "own_work", *CHECKED),
    }
)
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.fixture
def site(site: Site) -> Site:
    """Where plans are stored, and two administrators and an operator sign in."""
    open_plans(site.world.desk.db, PLANS, NOW_NS)
    Accounts(site.world.desk.db).add(OTHER, PASSWORD, Role.ADMIN, NOW_NS)
    return site


@every_kind
def test_one_login_does_not_do_both(site: Site, kind: Kind) -> None:
    path, body, *_ = kind.begin(site, Role.ADMIN)
    answer = ask(site.world, "POST", path, Role.ADMIN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, kind.code)


@every_kind
def test_one_person_does_not_do_both_by_two_logins(site: Site, kind: Kind) -> None:
    known_as(site.world, p01=(OTHER, "admin"))
    path, body, *_ = kind.begin(site, OTHER)
    answer = ask(site.world, "POST", path, Role.ADMIN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, kind.code)


@every_kind
@pytest.mark.parametrize("logins", [{}, {"p01": (OTHER,)}, {"p01": (OTHER,), "p02": ("admin",)}])
def test_two_people_do_it(site: Site, kind: Kind, logins: dict[str, tuple[str, ...]]) -> None:
    known_as(site.world, **logins)
    path, body, *_ = kind.begin(site, OTHER)
    assert ask(site.world, "POST", path, Role.ADMIN, json=body).status_code == 200


@pytest.mark.parametrize("name", [name for name in KINDS if name != Act.REWORK])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_console_says_so_in_the_reader_s_language(site: Site, name: str, lang: str) -> None:
    known_as(site.world, p01=(OTHER, "admin"))
    kind = KINDS[name]
    deed = kind.begin(site, OTHER)
    page = f"{deed.page}?lang={lang}"
    answer = ask(site.world, "POST", page, Role.ADMIN, data=deed.form)
    assert answer.status_code in {403, 409}
    assert getattr(kind, lang) in answer.text


@pytest.mark.parametrize("begin", [a_plan, a_rule])
def test_one_takes_back_by_another_login_what_one_has_proposed(
    site: Site, begin: Callable[[Site, str], Deed]
) -> None:
    Accounts(site.world.desk.db).add("fang", PASSWORD, Role.OPERATOR, NOW_NS)
    known_as(site.world, p01=("fang", "operator"))
    path = begin(site, Role.OPERATOR).path.replace("approval", "rejection")
    assert ask(site.world, "POST", path, "fang", json={}).json()["state"] == "rejected"


@pytest.mark.parametrize(
    ("page", "begin"), [("/plans/proposals/1", a_plan), ("/rules/modes", a_rule)]
)
def test_no_button_approves_what_one_has_proposed_by_another_login(
    site: Site, page: str, begin: Callable[[Site, str], Deed]
) -> None:
    begin(site, OTHER)
    assert "/approval" in ask(site.world, "GET", page, Role.ADMIN).text
    known_as(site.world, p01=(OTHER, "admin"))
    assert "/approval" not in ask(site.world, "GET", page, Role.ADMIN).text


def test_no_form_sends_back_one_s_own_work(site: Site) -> None:
    page = a_case(site, OTHER, Act.REWORK).page.removesuffix("/acts")
    assert "/rework" in ask(site.world, "GET", page, Role.ADMIN).text
    known_as(site.world, p01=(OTHER, "admin"))
    assert "/rework" not in ask(site.world, "GET", page, Role.ADMIN).text


def test_every_approval_that_there_is_stands_among_these(site: Site) -> None:
    approvals = {path for _, path in routes(site.world) if path.endswith("approval")}
    pages = {path for path in approvals if not path.startswith("/api/")}
    assert approvals - pages | {act.value for act in CHECKS} == KINDS.keys()
    shown = [KINDS[name].begin(site, OTHER).page for name in approvals - pages]
    assert pages == {each.replace("/1/", "/{number}/") for each in shown}


def compared_names() -> Iterator[str]:
    """Where the gateway compares who did one thing with who does another."""
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
                if {side.split(".")[-1] for side in sides} <= {"by", "login"}:
                    yield f"{path.relative_to(ROOT)}:{node.lineno} {' and '.join(sides)}"


def test_nowhere_are_logins_compared_for_people() -> None:
    """But in a query: what a row is about."""
    assert [found for found in compared_names() if ".c." not in found] == []
