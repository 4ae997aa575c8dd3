"""Every problem that a plan can have is said in Chinese on a Chinese page."""

import tomllib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from alerts.plan import Plans, Role
from alerts.plan_check import Manned, PlanProblem, problems
from edge.settings import ConfigError, parse
from gateway.console.problem_words import in_words
from gateway.console.texts import Lang
from tests.unit.gateway.desk_world import PLANS

Change = Callable[[dict[str, Any]], None]


def found(change: Change) -> list[PlanProblem]:
    """What is wrong with the plans once `change` was made to the first of them."""
    table = deepcopy(PLANS)
    change(table["plan"][0])
    try:
        plans = parse(table, Plans, Path("plans"))
    except ConfigError as error:
        return [PlanProblem(f.key, f.problem, f.remedy) for f in error.faults]
    return problems(plans, Manned(frozenset(), frozenset({"fax"})))


def put(**changes: Any) -> Change:
    return lambda plan: plan.update(changes)


def step(**changes: Any) -> Change:
    return lambda plan: plan["step"][0].update(changes)


def twice(plan: dict[str, Any]) -> None:
    plan["step"].append(dict(plan["step"][0]))


FAULTY = [
    put(id="A B"),
    put(id="default-2"),
    put(title_zh=""),
    put(title_zh="字" * 40),
    put(title_zh=5),
    put(tier=7),
    put(on_clear="x"),
    put(estate="x"),
    put(ask_resident="5 s"),
    put(ask_resident="3 h"),
    put(ask_resident="soon"),
    put(ack_within="soon"),
    put(ack_within="400 d"),
    put(ack_within="999 working days"),
    put(step=[]),
    put(step=3),
    put(on_miss={"close": ["street"]}),
    put(on_miss={"ack": []}),
    put(nothing_like_it=1),
    put(acton_zh="x"),
    put(category="rain"),
    step(roles=["king"]),
    step(roles=[]),
    step(repeat_max=-1),
    step(repeat_max="x"),
    step(repeat_max=3),
    step(do_zh="x"),
    step(skills=["a"] * 9),
    lambda plan: plan.pop("action_zh"),
    twice,
    put(),  # nobody has any role, and there is a fax only
]


@pytest.mark.parametrize("change", FAULTY)
def test_a_problem_and_its_remedy_are_chinese(change: Change) -> None:
    told = found(change)
    assert told
    for each in told:
        for said in (each.problem, each.remedy):
            for part in in_words(Lang.ZH, said).split("；"):
                assert any("一" <= sign <= "鿿" for sign in part), part


@pytest.mark.parametrize("toml", ["a =", "a", "[[", "a = 1\na = 2"])
def test_what_cannot_be_read_is_said_by_its_place(toml: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as broken:
        tomllib.loads(toml)
    said = in_words(Lang.ZH, str(broken.value))
    assert said.endswith("写法有误")


def test_an_english_page_says_it_as_the_check_does() -> None:
    assert in_words(Lang.EN, "nobody is street; add the key") == "nobody is street; add the key"


def test_what_no_line_knows_is_shown_as_it_is() -> None:
    assert in_words(Lang.ZH, "never heard of; add the key") == "never heard of；请补上"


def test_words_of_the_document_stand_as_they_are_written() -> None:
    named = in_words(Lang.ZH, f"nobody is {Role.STREET.value}")
    assert named == "没有人担任 street"
