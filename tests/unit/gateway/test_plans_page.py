"""The console's pages of plans: one person writes a change, another decides it."""

import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from gateway.access.role import Role
from gateway.db import plans as rows
from gateway.db.engine import reading
from gateway.plans.office import open_plans
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, ask, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    open_plans(made.desk.db, PLANS, NOW_NS)
    yield made
    made.desk.db.dispose()


def get(world: World, path: str, role: Role = Role.OPERATOR) -> httpx.Response:
    return ask(world, "GET", path, role)


def send(
    world: World, path: str, form: dict[str, str], role: Role = Role.OPERATOR
) -> httpx.Response:
    return ask(world, "POST", path, role, data=form)


def text_of(page: str) -> str:
    """The plan as the form shows it."""
    return unescape(page.split("required>\n", 1)[1].split("</textarea>", 1)[0])


def propose(world: World, role: Role = Role.OPERATOR, within: str = "2 min") -> httpx.Response:
    toml = text_of(get(world, "/plans/default-1", role).text).replace("60 s", within, 1)
    return send(world, "/plans/default-1", {"toml": toml, "why": "drill of May"}, role)


def version_in_force(world: World) -> int | None:
    with reading(world.desk.db) as connection:
        return rows.newest(connection)


def test_the_page_lists_every_plan_in_force_with_its_steps(world: World) -> None:
    page = get(world, "/plans?lang=en").text
    for said in ("Plans in force (version 3)", "/plans/default-1", "/plans/default-3", "5 min"):
        assert said in page
    assert "No change waits" in page


def test_the_form_shows_the_plan_as_it_is_stored(world: World) -> None:
    assert tomllib.loads(text_of(get(world, "/plans/default-1").text)) == PLANS["plan"][0]


def test_a_change_takes_two_people_to_be_in_force(world: World) -> None:
    where = propose(world).headers["location"]
    shown = get(world, where + "?lang=en", Role.ADMIN).text
    assert "ack_within" in shown
    assert "60 s" in shown
    assert "2 min" in shown
    assert version_in_force(world) == 3
    answer = send(world, f"{where}/approval", {"why": "as agreed"}, Role.ADMIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans")
    assert version_in_force(world) == 4
    assert "Approved" in get(world, where + "?lang=en").text


def test_an_administrator_is_not_offered_to_approve_a_change_of_their_own(world: World) -> None:
    where = propose(world, Role.ADMIN).headers["location"]
    page = get(world, where, Role.ADMIN).text
    assert "须由另一位管理员批准" in page
    assert "/approval" not in page
    answer = send(world, f"{where}/approval", {"why": "at once"}, Role.ADMIN)
    assert answer.status_code == 409
    assert "不能批准自己提出的修改" in answer.text
    assert version_in_force(world) == 3


def test_who_proposed_may_take_it_back(world: World) -> None:
    where = propose(world).headers["location"]
    assert "撤回" in get(world, where).text
    assert send(world, f"{where}/rejection", {"why": "a mistake"}).status_code == 303
    assert "Rejected" in get(world, where + "?lang=en").text


def test_a_change_made_from_an_older_version_is_not_put_in_force(world: World) -> None:
    first, second = (propose(world, within=each).headers["location"] for each in ("2 min", "3 min"))
    send(world, f"{first}/approval", {"why": "as agreed"}, Role.ADMIN)
    answer = send(world, f"{second}/approval", {"why": "this too"}, Role.ADMIN)
    assert answer.status_code == 409
    assert "预案已有新版本" in answer.text
    assert version_in_force(world) == 4


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("id = default-1", "mend that line"),
        ('id = "default-2"', "write id = &#34;default-1&#34;"),
        ('id = "default-1"', "plan.0.step"),
        ("", "another plan"),
    ],
)
def test_what_cannot_be_a_plan_is_given_back_with_what_is_wrong(
    world: World, toml: str, said: str
) -> None:
    answer = send(world, "/plans/default-1?lang=en", {"toml": toml or " ", "why": "try"})
    assert answer.status_code == 422
    assert said in answer.text
    assert text_of(answer.text).strip() == toml
    assert 'value="try"' in answer.text


def test_a_viewer_reads_the_plans_and_changes_nothing(world: World) -> None:
    page = get(world, "/plans/default-1", Role.VIEWER)
    assert page.status_code == 200
    assert "<textarea" not in page.text
    form = {"toml": "id = 1", "why": "mine"}
    assert send(world, "/plans/default-1", form, Role.VIEWER).status_code == 403


@pytest.mark.parametrize("path", ["/plans/no-such", "/plans/proposals/77"])
def test_what_does_not_exist_is_said_so(world: World, path: str) -> None:
    assert get(world, path).status_code == 404
