"""Work items: raised by people or out of incidents, with a team and a due time by class."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.reading import DAY_NS, HOUR_NS
from gateway.access.role import Role
from gateway.db.work_item_tables import work_item_event
from gateway.work_items import ClassTerms, WorkItemSettings
from tests.unit.gateway.desk_world import NOW_NS, World, ask, make_world
from tests.unit.gateway.test_closing import rows

PATH = "/api/v1/work-items"
LAMP = {"work_class": "small", "title": "楼道灯坏了", "subject": "s01/b03"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def raised(world: World, **changes: Any) -> dict[str, Any]:
    answer = ask(world, "POST", PATH, json=LAMP | changes)
    assert answer.status_code == 201
    return dict(answer.json())


def act(world: World, item: dict[str, Any], act: str, **told: Any) -> dict[str, Any]:
    body = {"act": act, "version": item["version"], **told}
    answer = ask(world, "POST", f"{PATH}/{item['id']}/acts", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("work_class", "team", "days"),
    [("small", "志愿队", 3), ("big", "楼栋长", 7), ("hard", "下沉干部", 15)],
)
def test_a_class_has_its_team_and_its_time(
    world: World, work_class: str, team: str, days: int
) -> None:
    item = raised(world, work_class=work_class)
    assert (item["team"], item["due_ns"]) == (team, NOW_NS + days * DAY_NS)


def test_a_class_without_a_team_waits_where_people_see_it(world: World) -> None:
    book = replace(
        world.desk.book,
        work_items=WorkItemSettings(small=ClassTerms.model_validate({"due": "2 h"})),
    )
    world.desk.engine.book = book
    assert raised(world)["due_ns"] == NOW_NS + 2 * HOUR_NS
    assert "待分派" in ask(world, "GET", "/work-items").text


def test_an_item_out_of_an_incident_has_its_place_and_is_on_its_timeline(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    item = raised(world, incident=incident_id, subject="")
    assert item["subject"] == "s01/b03/u0301"
    page = ask(world, "GET", f"/incidents/{incident_id}").text
    assert "楼道灯坏了" in page
    form = {"work_class": "hard", "title": "要装扶手", "incident": incident_id}
    assert ask(world, "POST", "/work-items", data=form).status_code == 303


def test_an_item_goes_its_way_over_a_hand_over_to_feedback(world: World) -> None:
    item = act(world, raised(world), "take")
    item = act(world, item, "hand_over", team="物业", note="归物业管")
    item = act(world, act(world, item, "take"), "finish", note="已换灯")
    assert (item["team"], item["hand_overs"], item["result"]) == ("物业", 1, "已换灯")
    act(world, item, "confirm")
    assert ask(world, "GET", PATH).json()["items"] == []
    ended = ask(world, "GET", f"{PATH}?ended=true").json()["items"]
    assert [each["state"] for each in ended] == ["closed"]
    assert len(rows(world, work_item_event)) == 5


def test_the_soonest_due_comes_first_and_one_team_sees_its_own(world: World) -> None:
    raised(world, work_class="hard", title="难")
    raised(world, title="小")
    listed = ask(world, "GET", PATH).json()["items"]
    assert [item["title"] for item in listed] == ["小", "难"]
    assert len(ask(world, "GET", f"{PATH}?team=志愿队").json()["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"subject": ""}, 422, "no_place"),
        ({"incident": "inobody"}, 404, "no_such_incident"),
        ({"title": ""}, 422, "not_valid"),
        ({"work_class": "huge"}, 422, "not_valid"),
    ],
)
def test_what_is_no_item_is_refused(
    world: World, changes: dict[str, str], status: int, code: str
) -> None:
    answer = ask(world, "POST", PATH, json=LAMP | changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_lost_race_changes_nothing(world: World) -> None:
    item = raised(world)
    act(world, item, "take")
    late = {"act": "hand_over", "version": item["version"], "team": "物业", "note": "x"}
    assert ask(world, "POST", f"{PATH}/{item['id']}/acts", json=late).status_code == 409
    assert ask(world, "POST", f"{PATH}/99/acts", json=late).status_code == 404
    again = {"act": "take", "version": 2}
    assert ask(world, "POST", f"{PATH}/{item['id']}/acts", json=again).status_code == 422


def test_a_viewer_sees_and_changes_nothing(world: World) -> None:
    raised(world)
    assert ask(world, "POST", PATH, Role.VIEWER, json=LAMP).status_code == 403
    page = ask(world, "GET", "/work-items", Role.VIEWER)
    assert "楼道灯坏了" in page.text
    assert "承接</button>" not in page.text


def test_the_page_acts(world: World) -> None:
    assert ask(world, "POST", "/work-items", data=LAMP).status_code == 303
    form = {"act": "take", "version": "1"}
    assert ask(world, "POST", "/work-items/1/acts", data=form).status_code == 303
    assert "办理中" in ask(world, "GET", "/work-items").text
