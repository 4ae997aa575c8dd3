"""The console speaks to people: every code has its words, and a slip is told in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.plan import Plans
from edge.rule_names import known_rules
from edge.settings import load
from gateway.access.role import Role
from gateway.console.page import Voice
from gateway.console.texts import TEXTS, Lang, say
from gateway.cost_watch import COST_RULES
from tests.unit.gateway.desk_world import World, ask, make_world

PLANS = Path(__file__).parents[3] / "config/plans.toml"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def test_every_rule_has_words() -> None:
    assert {
        rule for rule in known_rules() | set(COST_RULES) if f"rule.{rule}" not in TEXTS
    } == set()


def test_every_category_of_the_shipped_plans_has_words() -> None:
    named = {plan.category for plan in load(PLANS, Plans).plan} - {"*"}
    assert {
        each for each in named | {"cost", "outside"} if f"category.{each}" not in TEXTS
    } == set()


@pytest.mark.parametrize(
    ("lang", "words"), [(Lang.ZH, "李秀英、王建国"), (Lang.EN, "李秀英, 王建国")]
)
def test_names_are_listed_as_the_language_does(lang: Lang, words: str, world: World) -> None:
    voice = Voice(lang, world.clock.now, world.desk.book.zone)
    assert voice.listed(["李秀英", "王建国"]) == words


@pytest.mark.parametrize("path", ["/campaigns", "/silences", "/work-items"])
def test_codes_are_offered_by_the_names_of_their_places(path: str, world: World) -> None:
    page = ask(world, "GET", path).text
    assert '<datalist id="areas">' in page
    assert '<option value="s01/b03">' in page


@pytest.mark.parametrize(
    ("path", "sent", "why"),
    [
        ("/campaigns", {"area": "s01/b99", "wait_h": "2"}, "error.no_such_area"),
        ("/campaigns", {"area": "??", "wait_h": "2"}, "error.not_valid"),
        ("/neighbour-reports", {"topic": "noise", "home": "u9999"}, "error.no_such_home"),
    ],
)
def test_a_slip_in_a_form_is_told_in_words(
    path: str, sent: dict[str, str], why: str, world: World
) -> None:
    answer = ask(world, "POST", path, data=sent)
    assert answer.status_code in {404, 422}
    assert say(Lang.ZH, why) in answer.text


@pytest.mark.parametrize("area", ["s02", "s01/b99", "s01/b03/u9999", "s01/b0"])
def test_nothing_is_begun_where_there_is_nobody(area: str, world: World) -> None:
    for path, body in (
        ("/api/v1/campaigns", {"area": area}),
        ("/api/v1/drills", {"area": area, "category": "smoke"}),
    ):
        refused = ask(world, "POST", path, Role.ADMIN, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "no_such_area")
