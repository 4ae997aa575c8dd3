"""Alerts of other tools: what they mean here; repeats and bad neighbours change nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from alerts.incident import State
from edge.reading import MINUTE_NS, Tier
from gateway.alertmanager import taking
from gateway.alertmanager.alert import ALERTS_MAX, Alert, BadAlert, read, read_all
from gateway.alertmanager.mapping import meaning_of
from gateway.alertmanager.routes import AlertmanagerDoor
from gateway.alertmanager.settings import AlertmanagerSettings
from gateway.db import tables
from gateway.db.engine import reading
from gateway.db.incidents import from_row
from tests.unit.gateway.desk_world import World, make_world

TOKEN = "a token of sixteen or more"
SETTINGS = AlertmanagerSettings.model_validate(
    {
        "token": TOKEN,
        "rule": [
            {"match": {"alertname": "PumpDown"}, "category": "supply", "tier": 1},
            {"match": {"job": "edge"}, "category": "device", "tier": 2, "subject": "s01/b01"},
        ],
    }
)
API = "/api/v2/alerts"
HOST_DOWN = {"alertname": "HostDown", "instance": "a:9100", "severity": "critical"}


class Caller:
    """Calls a gateway as Prometheus does."""

    def __init__(self, folder: Path) -> None:
        self.world: World = make_world(folder)
        door = AlertmanagerDoor(self.world.desk, SETTINGS, "s01")
        self.world.app.router.routes[:0] = door.routes()

    def ask(
        self, method: str, path: str = "/api/v2/alerts", token: str = f"Bearer {TOKEN}", **sent: Any
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.world.app)
            headers = {"authorization": token}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://gateway.test", headers=headers
            ) as client:
                return await client.request(method, path, **sent)

        return asyncio.run(ask())

    def post(self, *alerts: Any) -> int:
        return self.ask("POST", json=list(alerts)).status_code

    def incidents(self) -> list[Any]:
        with reading(self.world.desk.db) as connection:
            rows = connection.execute(sa.select(tables.incident)).mappings()
            return [from_row(row) for row in rows]


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(tmp_path)
    yield caller
    caller.world.desk.db.dispose()


def an_alert(**changes: Any) -> dict[str, Any]:
    return {"labels": HOST_DOWN, "annotations": {"summary": "a is down"}} | changes


def test_an_alert_opens_one_incident_however_often_it_is_told(caller: Caller) -> None:
    assert [caller.post(an_alert()) for _ in range(3)] == [200, 200, 200]
    (incident,) = caller.incidents()
    assert (incident.category, incident.tier, incident.subject) == (
        "outside", Tier.IMPORTANT, "s01",
    )  # fmt: skip
    assert incident.sentence_en == "HostDown: a is down"
    assert caller.world.desk.engine.counts["outside", "repeated"] == 2


def test_an_alert_that_its_sender_ends_is_over_and_may_begin_again(caller: Caller) -> None:
    caller.post(an_alert(startsAt="2020-01-01T00:00:00Z"))
    ended = an_alert(startsAt="2020-01-01T00:00:00Z", endsAt="2020-01-02T00:00:00Z")
    assert caller.post(ended, ended) == 200
    (first,) = caller.incidents()
    assert not first.condition_active
    caller.world.clock.now += MINUTE_NS
    caller.post(an_alert(startsAt="2020-01-01T00:00:00Z"))
    assert sorted(each.condition_active for each in caller.incidents()) == [False, True]


def test_silence_of_a_sender_ends_nothing(caller: Caller) -> None:
    caller.post(an_alert(endsAt="2100-01-01T00:00:00Z"))
    caller.world.clock.now += 60 * MINUTE_NS
    caller.post()
    assert caller.incidents()[0].condition_active


def test_a_webhook_says_the_same_as_the_api(caller: Caller) -> None:
    webhook = {
        "version": "4", "status": "firing", "receiver": "shouwang", "groupKey": "{}",
        "alerts": [an_alert(status="firing", endsAt="0001-01-01T00:00:00Z")],
    }  # fmt: skip
    assert caller.ask("POST", "/in/alertmanager", json=webhook).status_code == 200
    assert caller.post(an_alert()) == 200
    assert len(caller.incidents()) == 1
    webhook["alerts"] = [an_alert(status="resolved", endsAt="2020-01-01T00:00:00Z")]
    assert caller.ask("POST", "/in/alertmanager", json=webhook).status_code == 200
    assert not caller.incidents()[0].condition_active


def test_rules_give_category_tier_and_place(caller: Caller) -> None:
    def meaning(**labels: str) -> tuple[str, int, str]:
        told = meaning_of(Alert(labels, "", None, None), SETTINGS, "s01")
        return told.category, int(told.tier), told.subject

    assert meaning(alertname="PumpDown", subject="s01/b02") == ("supply", 1, "s01/b02")
    assert meaning(alertname="Any", job="edge", subject="s01/b02") == ("device", 2, "s01/b01")
    assert meaning(alertname="Any") == ("outside", 3, "s01")
    for elsewhere in ("s02/b01", "s01/../b01", "s01/b/c/d/e", "S01"):
        assert meaning(alertname="Any", subject=elsewhere)[2] == "s01"
    assert caller.post(an_alert(labels={"alertname": "PumpDown"})) == 200
    assert caller.incidents()[0].state is State.DISPATCHED


def test_a_bad_alert_is_named_and_hurts_no_neighbour(caller: Caller) -> None:
    bad = [
        {}, 7, {"labels": {}}, {"labels": {"job": "x"}}, {"labels": {"a b": "c"}},
        {"labels": HOST_DOWN | {"x": "y" * 300}}, an_alert(startsAt="yesterday"),
        an_alert(startsAt="2020-01-01T00:00:00"), {"labels": {"alertname": 1}},
        {"labels": {f"l{n}": "x" for n in range(40)}}, an_alert(endsAt="9999-12-31T00:00:00Z"),
    ]  # fmt: skip
    answer = caller.ask("POST", json=[*bad, an_alert()])
    assert answer.status_code == 400
    assert all(f"alert {n}:" in answer.json() for n in range(len(bad)))
    assert len(caller.incidents()) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"7", b"null", b'{"alerts": 3}', b"\xff", b"[[]]", b"[" * 5_000, b'["\xff"]'],
)
def test_what_is_no_list_of_alerts_is_refused(body: bytes, caller: Caller) -> None:
    assert caller.ask("POST", content=body).status_code == 400


def test_more_alerts_than_are_looked_at_are_told_of() -> None:
    alerts, refused = read_all([an_alert()] * (ALERTS_MAX + 1))
    assert (len(alerts), len(refused)) == (ALERTS_MAX, 1)


def test_without_the_token_nothing_is_open(caller: Caller) -> None:
    for token in ("", "Bearer wrong", f"Bearer {TOKEN[:-1]}"):
        for method, path in (("POST", API), ("POST", "/in/alertmanager"), ("GET", API)):
            assert caller.ask(method, path, token, json=[an_alert()]).status_code == 401
    assert caller.incidents() == []


def test_who_calls_too_often_is_asked_to_be_slower(caller: Caller) -> None:
    answers = {caller.post() for _ in range(100)}
    assert answers == {200, 429}


def test_a_flood_from_outside_has_an_end_and_says_so(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "STANDING_MAX", 5)
    alerts = [an_alert(labels={"alertname": "Flood", "n": str(n)}) for n in range(7)]
    assert [caller.post(*alerts[:4]), caller.post(*alerts[4:])] == [200, 503]
    assert len(caller.incidents()) == 5


def test_a_body_that_is_too_large_is_refused(caller: Caller) -> None:
    assert caller.ask("POST", content=b" " * 2**21).status_code == 413


def test_what_stands_is_listed_as_alerts_with_the_labels_it_came_with(caller: Caller) -> None:
    caller.post(an_alert(), an_alert(labels={"alertname": "Other"}))
    listed = caller.ask("GET").json()
    assert {each["labels"]["alertname"] for each in listed} == {"HostDown", "Other"}
    only = caller.ask("GET", params={"filter": 'alertname="HostDown"'}).json()
    assert [each["labels"] for each in only] == [HOST_DOWN]
    assert only[0]["fingerprint"] == read(an_alert()).fingerprint
    rest = caller.ask("GET", params={"filter": 'alertname!="HostDown"'}).json()
    assert [each["labels"]["alertname"] for each in rest] == ["Other"]
    answer = caller.ask("GET", params={"filter": 'a=~"(x+)+"'})
    assert answer.status_code == 400, "no expression of a stranger is run here"


def test_a_list_that_is_cut_off_keeps_what_is_urgent_and_says_so(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.alertmanager.listing.LISTED_MAX", 2)
    urgent = caller.world.raise_finding("u0301")
    caller.post(*(an_alert(labels={"alertname": f"A{n}"}) for n in range(3)))
    listed = caller.ask("GET").json()
    assert listed[0]["generatorURL"].endswith(urgent)
    assert [each["labels"]["alertname"] for each in listed][2:] == ["more_incidents"]
    only = caller.ask("GET", params={"filter": 'alertname="none"'}).json()
    assert [each["labels"]["alertname"] for each in only] == ["more_incidents"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_json)
def test_any_value_is_alerts_or_refused(body: Any) -> None:
    try:
        alerts, _ = read_all(body)
    except BadAlert:
        return
    assert all(alert.labels["alertname"] for alert in alerts)
