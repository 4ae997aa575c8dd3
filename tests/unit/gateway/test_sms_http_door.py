"""Reports and answers that a service in Aliyun's manner pushes to the door."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.base import Inbound, Outcome, Receipt
from alerts.channels.callback import Call, Refusal, Refused
from alerts.channels.catalog import kinds
from alerts.channels.sms_http_door import SmsHttpCallback
from alerts.incident import State
from edge.reading import MINUTE_NS
from gateway.db import tables
from gateway.door import Door
from gateway.web import build_app
from tests.unit.gateway.desk_world import World, make_world
from tests.unit.gateway.test_engine import rows_of

SECRET = "door-secret-0123456789"
WORKER = "13800000001"
# The documentation's own example, with our id for the user's number.
REPORT: dict[str, Any] = {
    "phone_number": WORKER,
    "send_time": "2017-01-01 00:00:00",
    "report_time": "2017-01-01 00:00:00",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "12345",
    "out_id": "n67890",
}
UP: dict[str, Any] = {
    "phone_number": WORKER,
    "send_time": "2017-09-01 00:00:00",
    "content": "1234 1",
    "sign_name": "守望",
    "dest_code": "123456789",
    "sequence_id": 1234567890,
}


def read(path: str, said: bytes) -> tuple[Receipt | Inbound, ...]:
    return SmsHttpCallback(SECRET).read(Call(f"{SECRET}/{path}", "", {}, said), 7).news


def test_a_report_says_what_became_of_our_message() -> None:
    failed = REPORT | {"success": False, "err_code": "MOBILE_NOT_ON_SERVICE", "err_msg": "关\n机"}
    good, bad = read("report", json.dumps([REPORT, failed]).encode())
    assert good == Receipt(
        "n67890", Outcome.DELIVERED, "DELIVERED 用户接收成功", 7, "report/delivered"
    )
    assert isinstance(bad, Receipt)
    assert (bad.outcome, bad.reason) == (Outcome.PERMANENT, "MOBILE_NOT_ON_SERVICE 关 机")


def test_an_answer_is_the_text_of_a_national_number() -> None:
    (text,) = read("up", json.dumps([UP | {"phone_number": "+86" + WORKER}]).encode())
    assert text == Inbound("1234567890", WORKER, "1234 1", 7)


def test_an_entry_that_cannot_be_read_keeps_none_of_its_neighbours_back() -> None:
    said = json.dumps([REPORT, {"out_id": 5}, REPORT | {"out_id": "n2"}]).encode()
    heard = SmsHttpCallback(SECRET).read(Call(f"{SECRET}/report", "", {}, said), 7)
    assert [item.idempotency_id for item in heard.news if isinstance(item, Receipt)] == [
        "n67890", "n2"
    ]  # fmt: skip
    assert heard.unread == (b'{"out_id": 5}',)


@pytest.mark.parametrize(
    ("path", "said", "reason"),
    [
        (f"{SECRET}/other", b"[]", Refusal.MALFORMED),
        (f"{SECRET}/report", b"{}", Refusal.MALFORMED),
        (f"{SECRET}/report", b"[" * 50_000, Refusal.MALFORMED),
        (f"{SECRET}/report", json.dumps([REPORT] * 201).encode(), Refusal.MALFORMED),
        ("another-secret-01234/report", b"[]", Refusal.STRANGER),
    ],
)
def test_anything_else_is_refused(path: str, said: bytes, reason: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        SmsHttpCallback(SECRET).read(Call(path, "", {}, said), 7)
    assert refused.value.reason is reason


@given(st.sampled_from(["report", "up"]), st.binary() | st.recursive(
    st.none() | st.text() | st.integers(), lambda inner: st.lists(inner)
    | st.dictionaries(st.sampled_from(sorted(REPORT | UP)), inner),
).map(lambda value: json.dumps([value]).encode()))  # fmt: skip
def test_any_bytes_are_news_or_a_refusal(path: str, said: bytes) -> None:
    with suppress(Refused):
        heard = SmsHttpCallback(SECRET).read(Call(f"{SECRET}/{path}", "", {}, said), 7)
        assert len(heard.news) + len(heard.unread) <= 200


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def push(world: World, path: str, *items: dict[str, Any]) -> httpx.Response:
    """The service calls the whole application."""
    door = Door({"sms_http": SmsHttpCallback(SECRET)}, world.desk.engine, world.clock)

    async def main() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=build_app(world.desk, door=door)),
            base_url="http://gateway.test",
        ) as service:
            return await service.post(f"/in/sms_http/{SECRET}/{path}", json=list(items))

    return asyncio.run(main())


def test_a_delivered_message_is_so_in_the_ledger_and_its_reader_can_answer(world: World) -> None:
    incident = world.raise_finding("u0301")
    engine = world.desk.engine
    engine.advance_due(world.clock.now)
    told = next(row for row in rows_of(engine, tables.outbox) if row["incident_id"] == incident)
    for _ in range(2):
        said = push(world, "report", REPORT | {"out_id": told["idempotency_id"]})
        assert (said.status_code, said.json()["code"]) == (200, 0)
    (row,) = [row for row in rows_of(engine, tables.outbox) if row["id"] == told["id"]]
    assert row["state"] == "delivered"
    code = next(row["code"] for row in rows_of(engine, tables.code) if row["phone"] == WORKER)
    world.clock.now += MINUTE_NS
    push(world, "up", UP | {"content": f"{code} 1"}, {"content": "no number"})
    states = {row["id"]: row["state"] for row in rows_of(engine, tables.incident)}
    assert states[incident] == State.ACKNOWLEDGED
    (letter,) = rows_of(engine, tables.dead_letter)
    assert (letter["topic"], letter["reason"]) == ("in/sms_http", "malformed")


def test_the_configuration_opens_the_door_only_where_it_names_a_secret(tmp_path: Path) -> None:
    for name in ("sms.secret", "door.secret"):
        (tmp_path / name).write_text(SECRET)
    kind = kinds()["sms_http"]
    account = {
        "access_key_id": "LTAI00000000",
        "secret_file": tmp_path / "sms.secret",
        "sign_name": "守望",
        "template": "SMS_123456",
    }
    assert kind.callback(kind.settings.model_validate(account)) is None
    door = {"url": "https://gateway.example", "secret_file": tmp_path / "door.secret"}
    opened = kind.callback(kind.settings.model_validate(account | {"callback": door}))
    assert isinstance(opened, SmsHttpCallback)
