"""A meter was replaced, says an operator: what is taken, what is doubted, what becomes of it."""

import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.history import HistoryUnavailable
from edge.reading import HOUR_NS, MINUTE_NS
from edge.registry import Registry
from gateway.registry.card import iso
from gateway.registry.toml_text import toml_text
from tests.unit.gateway.registry_world import NOW_NS, Site
from tests.unit.gateway.test_registry_api import DEVICE, get, hear, post, problem


def replaced(**changes: Any) -> dict[str, Any]:
    return {"last_m3": 412.371, "first_m3": 0.004, "at": iso(NOW_NS - MINUTE_NS)} | changes


def replace_at(site: Site, body: dict[str, Any]) -> httpx.Response:
    return post(site, f"/devices/{DEVICE}/replacements", body)


def broken_register(site: Site) -> None:
    """The old register was last heard two hours ago, the new one four times since."""
    for minutes, m3 in ((180, 99.5), (120, 100.0), (90, 0.2), (60, 0.25), (30, 0.3), (1, 0.4)):
        site.world.history.add("u0301", NOW_NS - minutes * MINUTE_NS, m3)


def test_a_replacement_is_a_new_version_in_which_the_device_goes_on(site: Site) -> None:
    answer = replace_at(site, replaced(vendor="wmbus:33225544", why="battery"))
    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["vendor"]) == (2, "wmbus:33225544")
    (binding,) = site.office.registry.bindings(DEVICE)
    (row,) = binding.device.replacements
    assert (row.at_ns, row.last_m3, row.first_m3) == (NOW_NS - MINUTE_NS, 412.371, 0.004)
    (change, _) = get(site, "/registry/changes")["changes"]
    assert (change["act"], change["by"], change["why"]) == ("replace", "operator", "battery")


def test_the_edges_are_pushed_the_replacement_and_the_file_form_bears_it(site: Site) -> None:
    assert replace_at(site, replaced()).is_success
    table = site.office.held.table()
    for said in (table, tomllib.loads(toml_text(table))):
        (binding,) = Registry.parse(said, Path("registry.toml")).bindings(DEVICE)
        assert [row.last_m3 for row in binding.device.replacements] == [412.371]


def test_a_new_vendor_id_is_the_same_device_s_and_is_claimed_by_no_other(site: Site) -> None:
    hear(site, {}, {"wmbus:33225544": NOW_NS})
    assert replace_at(site, replaced(vendor="wmbus:33225544")).is_success
    assert get(site, "/strangers") == {"strangers": []}
    assert site.office.registry.by_vendor("wmbus:33225544") == DEVICE
    body = {"code": site.code(), "unit": "u0301"}
    assert problem(post(site, "/claims", body)) == (409, "claimed_already")


def test_the_vendor_id_of_another_device_is_not_the_new_meter_s(site: Site) -> None:
    assert post(site, "/claims", {"code": site.code(), "unit": "u0301"}).is_success
    answer = replace_at(site, replaced(vendor="wmbus:33225544"))
    assert problem(answer) == (422, "not_valid")
    assert site.office.held.version == 2


def test_the_new_meter_s_vendor_id_goes_along_to_another_home(site: Site) -> None:
    assert replace_at(site, replaced(vendor="wmbus:33225544")).is_success
    site.world.clock.now += HOUR_NS
    moved = post(site, f"/devices/{DEVICE}/move", {"unit": "u1201"}).json()
    assert (moved["unit"], moved["vendor"]) == ("u1201", "wmbus:33225544")
    assert site.office.held.cards[DEVICE].rows[-1].terms["vendor"] == "wmbus:33225544"
    assert site.office.registry.by_vendor("wmbus:33225544") == DEVICE


def test_the_same_replacement_is_told_once(site: Site) -> None:
    assert replace_at(site, replaced()).is_success
    assert problem(replace_at(site, replaced())) == (409, "told_already")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (replaced(last_m3=99.0), "less than what was last heard, 100 m3 at 2025-12-31T23:00:00"),
        (replaced(last_m3=120.0), "at most 103"),
        (replaced(last_m3=100_100.0), "litres"),
        (replaced(last_m3=100.1, first_m3=7.5), "usually shows 0 to 1 m3"),
    ],
)
def test_readings_that_do_not_fit_are_doubted_with_what_was_last_heard(
    site: Site, body: dict[str, Any], said: str
) -> None:
    site.world.history.add("u0301", NOW_NS - HOUR_NS, 100.0)
    answer = replace_at(site, body)
    assert problem(answer) == (422, "doubtful")
    assert said in answer.json()["detail"]
    assert site.office.held.version == 1
    assert replace_at(site, body | {"sure": True}).json()["version"] == 2


AT = iso(NOW_NS - 100 * MINUTE_NS)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "the new register was heard from 2025-12-31T22:30:00+00:00 on"),
        ({"at": iso(NOW_NS - 130 * MINUTE_NS)}, "the old register was still heard"),
        ({"at": AT, "first_m3": 0.5}, "first_m3: 0.5 is more than what was first heard, 0.2 m3"),
        ({"at": AT, "first_m3": 150.0}, "first_m3: is it in litres"),
        ({"at": iso(NOW_NS - 91 * MINUTE_NS), "first_m3": 0.0}, "first_m3: at least 0.1"),
        ({"at": AT, "last_m3": 99.0}, "less than what was last heard, 100 m3"),
    ],
)
def test_where_a_change_waits_to_be_confirmed_the_words_are_held_against_it(
    site: Site, body: dict[str, Any], said: str
) -> None:
    broken_register(site)
    answer = replace_at(site, {"last_m3": 100.1, "first_m3": 0.1} | body)
    assert problem(answer) == (422, "doubtful")
    assert said in answer.json()["detail"]


def test_words_that_explain_the_change_are_taken_without_a_question(site: Site) -> None:
    broken_register(site)
    assert replace_at(site, {"at": AT, "last_m3": 100.1, "first_m3": 0.1}).is_success


def test_a_glitch_before_the_change_is_not_what_the_old_register_showed(site: Site) -> None:
    for minutes, m3 in ((180, 100.0), (120, 100.1), (60, 900_000.0)):
        site.world.history.add("u0301", NOW_NS - minutes * MINUTE_NS, m3)
    assert replace_at(site, replaced(last_m3=100.2)).is_success


def test_while_the_history_cannot_be_read_nothing_is_held_against_the_words(site: Site) -> None:
    def unread(*_: object) -> None:
        raise HistoryUnavailable("no history")

    site.world.history.readings = unread  # type: ignore[method-assign, assignment]
    assert replace_at(site, replaced()).is_success
