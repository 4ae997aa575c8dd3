"""Who a person is, by whatever name they act."""

from typing import Any

import pytest
from pydantic import ValidationError

from alerts.roster import Roster


def roster(**logins: list[str]) -> Roster:
    people: list[dict[str, Any]] = [
        {"id": who, "name": who, "roles": ["grid_worker"], "areas": ["s01"], "sms": "13800000001"}
        | {"logins": names}
        for who, names in logins.items()
    ]
    return Roster.model_validate({"version": 1, "person": people})


def test_a_person_is_one_by_id_and_by_each_of_their_logins() -> None:
    known = roster(wang=["wang.fang", "chief"], li=["li"])
    assert {known.who(by) for by in ("wang", "wang.fang", "chief")} == {"wang"}
    assert known.who("li") == "li"


def test_somebody_who_is_on_no_roster_is_themselves() -> None:
    assert roster(wang=["chief"]).who("auditor") == "auditor"


@pytest.mark.parametrize(
    ("logins", "said"),
    [
        ({"wang": ["chief"], "li": ["chief"]}, "login used twice: chief"),
        ({"wang": ["li"], "li": []}, "somebody else's id as a login: li"),
        ({"wang": ["Wang Fang"]}, "should match pattern"),
    ],
)
def test_a_login_means_one_person(logins: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        roster(**logins)
