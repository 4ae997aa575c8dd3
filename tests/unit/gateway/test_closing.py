"""How a case ends: outcome and reason, verification by another, rework, evidence."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.escalate import Purpose
from alerts.incident import Act, Command, FalseReason, IllegalAct, Outcome, State
from edge.reading import Tier
from gateway.access.role import Role
from gateway.closing.picture import NotAPictureError, stripped
from gateway.closing.shelf import ITEM_BYTES_MAX, ITEMS_MAX, Brought, Shelf
from gateway.closing.terms import ClosingSettings, OwnWork
from gateway.db.closing_tables import closing
from gateway.db.engine import reading
from gateway.db.tables import incident_event, outbox
from tests.unit.gateway.desk_world import World, ask, known_as, make_world
from tests.unit.gateway.pictures import SECRET, a_jpeg, a_png

PICTURE = {"content-type": "image/jpeg"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def do(world: World, incident_id: str, act: Act, by: str = "p01", **told: Any) -> None:
    command = Command(act, by, **told)
    world.desk.engine.act(incident_id, command, now_ns=world.clock.now_ns())


def rows(world: World, table: sa.Table) -> list[sa.RowMapping]:
    with reading(world.desk.db) as connection:
        return list(connection.execute(sa.select(table)).mappings())


@pytest.fixture
def resolved(world: World) -> str:
    incident_id = world.raise_finding("u0301")
    do(world, incident_id, Act.RESOLVE, outcome=Outcome.FALSE_ALARM)
    return incident_id


def test_a_false_alarm_is_written_down_with_its_reason(world: World, resolved: str) -> None:
    do(world, resolved, Act.CLOSE, by="chief", reason=FalseReason.AWAY)
    (row,) = rows(world, closing)
    assert (row["outcome"], row["reason"], row["by"]) == ("false_alarm", "away", "chief")
    assert (row["resolved_by"], row["verified_by"], row["reworks"]) == ("p01", None, 0)


def test_a_false_alarm_without_a_reason_is_kept_as_such(world: World, resolved: str) -> None:
    do(world, resolved, Act.CLOSE)
    assert rows(world, closing)[0]["reason"] == FalseReason.NOT_SAID


def test_only_a_false_alarm_has_a_reason(world: World, resolved: str) -> None:
    with pytest.raises(IllegalAct, match="false alarm"):
        do(world, resolved, Act.CLOSE, outcome=Outcome.REAL, reason=FalseReason.AWAY)


def test_nobody_verifies_their_own_work(world: World, resolved: str) -> None:
    for doing in (Act.VERIFY, Act.REWORK):
        with pytest.raises(IllegalAct, match="another person"):
            do(world, resolved, doing, note="again")
    do(world, resolved, Act.VERIFY, by="p03")
    do(world, resolved, Act.CLOSE, by="p03")
    assert rows(world, closing)[0]["verified_by"] == "p03"


def test_what_was_verified_is_not_turned_into_something_else_by_who_resolved_it(
    world: World, resolved: str
) -> None:
    do(world, resolved, Act.VERIFY, by="p03")
    with pytest.raises(OwnWork):
        do(world, resolved, Act.CLOSE, outcome=Outcome.REAL)
    do(world, resolved, Act.CLOSE, by="p03", outcome=Outcome.REAL)
    assert rows(world, closing)[0]["outcome"] == Outcome.REAL


@pytest.mark.parametrize("told", [{}, {"outcome": Outcome.FALSE_ALARM}])
def test_who_resolved_it_may_close_it_as_what_was_verified(
    world: World, resolved: str, told: dict[str, Outcome]
) -> None:
    do(world, resolved, Act.VERIFY, by="p03")
    do(world, resolved, Act.CLOSE, **told)
    assert rows(world, closing)[0]["outcome"] == Outcome.FALSE_ALARM


@pytest.mark.parametrize(
    ("resolver", "verifier"), [("p01", "fang.w"), ("fang.w", "p01"), ("fang.w", "chief")]
)
def test_nobody_verifies_by_a_login_what_they_resolved_by_phone(
    world: World, resolver: str, verifier: str
) -> None:
    known_as(world, p01=("fang.w", "chief"), p03=("li.q",))
    incident_id = world.raise_finding("u0301")
    do(world, incident_id, Act.RESOLVE, by=resolver, outcome=Outcome.REAL)
    with pytest.raises(IllegalAct, match="another person"):
        do(world, incident_id, Act.VERIFY, by=verifier)
    do(world, incident_id, Act.VERIFY, by="li.q")
    do(world, incident_id, Act.CLOSE, by="li.q")
    assert rows(world, closing)[0]["verified_by"] == "li.q"


def test_rework_goes_back_to_the_worker_with_its_reason_and_is_counted(
    world: World, resolved: str
) -> None:
    do(world, resolved, Act.REWORK, by="p03", note="门没有敲开")
    incident = world.desk.incidents.detail(resolved)
    assert incident is not None
    assert (incident.incident.state, incident.incident.owner) == (State.ACKNOWLEDGED, "p01")
    assert incident.incident.outcome is None
    told = [row for row in rows(world, outbox) if row["purpose"] == Purpose.REWORK]
    assert [row["person_id"] for row in told] == ["p01"]
    assert "核查未通过" in told[0]["text"]
    do(world, resolved, Act.RESOLVE)
    do(world, resolved, Act.REWORK, by="p03", note="再看一次")
    do(world, resolved, Act.RESOLVE, outcome=Outcome.REAL)
    do(world, resolved, Act.CLOSE)
    assert rows(world, closing)[0]["reworks"] == 2
    assert len([row for row in rows(world, outbox) if row["purpose"] == Purpose.REWORK]) == 2


def test_a_tier_that_has_to_be_verified_is_not_closed_without(world: World, resolved: str) -> None:
    terms = ClosingSettings(verify_tiers=(Tier.URGENT,))
    world.desk.engine.book = replace(world.desk.book, closing=terms)
    for outcome in (None, Outcome.DRILL):
        with pytest.raises(IllegalAct, match="verified before"):
            do(world, resolved, Act.CLOSE, outcome=outcome)
    do(world, resolved, Act.VERIFY, by="p03")
    do(world, resolved, Act.CLOSE)


def test_the_incident_page_shows_the_stages_and_offers_rework(world: World, resolved: str) -> None:
    page = ask(world, "GET", f"/incidents/{resolved}").text
    assert "办理阶段" in page
    assert "退回原因" in page
    version = world.desk.incidents.page().incidents[0].version
    sent = {"version": str(version), "note": "没有见到人"}
    assert ask(world, "POST", f"/incidents/{resolved}/rework", data=sent).status_code == 303
    assert "退回 1 次" in ask(world, "GET", f"/incidents/{resolved}").text


def test_a_picture_is_kept_without_its_metadata(world: World, resolved: str) -> None:
    path = f"/api/v1/incidents/{resolved}/evidence"
    kept = ask(world, "POST", f"{path}?name=door.jpg", content=a_jpeg(), headers=PICTURE)
    assert kept.status_code == 201
    answer = ask(world, "GET", f"{path}/{kept.json()['id']}")
    assert answer.content == a_jpeg(exif=False)
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [row["kind"] for row in rows(world, incident_event)][-2:] == [
        "evidence", "evidence_read",
    ]  # fmt: skip


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INSTALLER])
def test_evidence_is_for_those_with_the_right_only(world: World, resolved: str, role: Role) -> None:
    path = f"/api/v1/incidents/{resolved}/evidence"
    number = ask(world, "POST", path, content=a_jpeg(), headers=PICTURE).json()["id"]
    for method, where in (("GET", path), ("GET", f"{path}/{number}"), ("POST", path)):
        assert ask(world, method, where, role).status_code == 403
    if role is Role.VIEWER:
        assert (
            "证据" not in ask(world, "GET", f"/incidents/{resolved}", role).text.split("<h2>")[-1]
        )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "evidence_empty"),
        (b"GIF89a", "evidence_not_allowed"),
        (a_jpeg()[:60], "evidence_not_allowed"),
        (bytes(ITEM_BYTES_MAX + 1), "evidence_too_large"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_reason_and_counted(
    world: World, resolved: str, body: bytes, code: str
) -> None:
    path = f"/api/v1/incidents/{resolved}/evidence"
    answer = ask(world, "POST", path, content=body, headers=PICTURE)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert world.desk.engine.counts["evidence", code.removeprefix("evidence_")] == 1


def test_a_body_past_the_door_limit_is_cut_off(world: World, resolved: str) -> None:
    path = f"/api/v1/incidents/{resolved}/evidence"
    assert ask(world, "POST", path, content=bytes(3_000_000)).status_code == 413
    other = f"/api/v1/incidents/{resolved}/acts"
    assert ask(world, "POST", other, content=bytes(100_000)).status_code == 413


def test_evidence_has_a_limit_in_number(world: World, resolved: str) -> None:
    path = f"/api/v1/incidents/{resolved}/evidence"
    text = {"content-type": "text/plain; charset=utf-8"}
    for _ in range(ITEMS_MAX):
        assert ask(world, "POST", path, content="见到老人", headers=text).status_code == 201
    last = ask(world, "POST", path, content="再一份", headers=text)
    assert last.json()["code"] == "evidence_too_many"


def test_evidence_is_added_from_the_page(world: World, resolved: str) -> None:
    files = {"file": ("door.png", a_png(), "image/png")}
    where = f"/incidents/{resolved}/evidence"
    assert ask(world, "POST", where, files=files).status_code == 303
    assert "door.png" in ask(world, "GET", f"/incidents/{resolved}").text


@pytest.mark.parametrize("picture", [a_jpeg(after=SECRET), a_png()])
def test_nothing_of_the_metadata_is_left(picture: bytes) -> None:
    _, clean = stripped(picture)
    assert SECRET not in clean
    assert stripped(clean)[1] == clean


@pytest.mark.parametrize("picture", [a_jpeg(), a_png()])
def test_a_picture_cut_short_anywhere_is_no_picture(picture: bytes) -> None:
    whole = stripped(picture)[1]
    for end in range(len(whole)):
        with pytest.raises(NotAPictureError):
            stripped(whole[:end])


def test_what_cannot_be_noted_as_read_is_not_shown(
    world: World, resolved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(world.desk.db)
    item = shelf.add(resolved, Brought("p01", "door.jpg", "image/jpeg", a_jpeg()), 1)

    def full(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr("gateway.closing.shelf.note", full)
    with pytest.raises(sa.exc.OperationalError):
        shelf.open(resolved, item.id, "operator", 2)


@pytest.mark.parametrize("tail", [b"PK\x03\x04 an archive", b"<script>alert(1)</script>"])
def test_what_hides_behind_a_picture_is_not_kept(tail: bytes) -> None:
    for picture in (a_jpeg(), a_png()):
        assert stripped(picture + tail) == stripped(picture)


def test_a_drawing_with_a_script_is_refused_whatever_it_says_it_is(
    world: World, resolved: str
) -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    path = f"/api/v1/incidents/{resolved}/evidence?name=../../a.svg"
    for kind in ("image/svg+xml", "image/png", "text/html"):
        answer = ask(world, "POST", path, content=drawing, headers={"content-type": kind})
        assert (answer.status_code, answer.json()["code"]) == (422, "evidence_not_allowed")


def test_the_name_of_evidence_is_no_path_and_no_header(world: World, resolved: str) -> None:
    name = "../../etc/passwd\r\nset-cookie: a=b"
    path = f"/api/v1/incidents/{resolved}/evidence"
    sent: dict[str, Any] = {"content": a_png(), "headers": {"content-type": "image/png"}}
    number = ask(world, "POST", path, params={"name": name}, **sent).json()["id"]
    got = ask(world, "GET", f"{path}/{number}")
    assert got.headers["content-disposition"] == "attachment"
    assert got.headers["content-type"] == "image/png"
    assert "set-cookie" not in got.headers
