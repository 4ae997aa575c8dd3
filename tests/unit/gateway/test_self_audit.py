"""What the gateway finds when it looks at itself, what it mends, and what it says of that."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from alerts.channels.base import Outcome, Verdict
from edge.outbox import Envelope
from edge.reading import HOUR_NS, MINUTE_NS, Tier
from edge.session import NotPublished
from gateway.db import tables
from gateway.db.engine import connect, upgrade, writing
from gateway.db.incidents import from_row
from gateway.engine import Engine
from gateway.health import Pulse, Vitals, check
from gateway.heartbeat import Heartbeat, words
from gateway.heartbeat_settings import HeartbeatSettings
from gateway.link_seen import LinkSeen
from gateway.self_audit import RULE, Audit, SelfAudit
from tests.unit.gateway.test_engine import NOW, a_book, a_finding, raise_one, rows_of, send_all

ALARMING = (
    "警", "紧急", "故障", "失败", "异常", "断", "离线", "alarm", "alert", "emergency", "fail",
    "down", "error", "lost", "dead", "trouble", "wrong",
)  # fmt: skip


class FixedClock:
    speed = 1.0
    at_ns = NOW

    def now_ns(self) -> int:
        return self.at_ns

    def monotonic_ns(self) -> int:
        return self.at_ns


class FastClock(FixedClock):
    speed = 900.0


class Gateway:
    """An engine and its audit; `pulse` is what the running parts would say."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(self._database(folder), a_book(), random.Random(1))
        self.pulse = Pulse()
        self.now_ns = NOW
        self.leads = True
        self.audit = SelfAudit(
            self.engine, self.vitals, site="s01", clock=FixedClock(), leads=lambda: self.leads
        )

    @staticmethod
    def _database(folder: Path) -> sa.Engine:
        database = connect(f"sqlite:///{folder / 'gateway.db'}")
        upgrade(database)
        return database

    def vitals(self) -> Vitals:
        return check(self.engine.database, self.pulse, self.now_ns)

    def look(self) -> Audit:
        self.now_ns += MINUTE_NS
        self.engine.advance_due(self.now_ns)
        send_all(self.engine, self.now_ns)
        return self.audit.look(self.now_ns)

    def change(self, table: sa.Table, **values: object) -> None:
        with writing(self.engine.database) as connection:
            connection.execute(sa.update(table).values(values))

    def own(self) -> list[sa.RowMapping]:
        return [row for row in rows_of(self.engine, tables.incident) if row["rule"] == RULE]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path)
    yield gateway
    gateway.engine.database.dispose()


def test_a_gateway_with_all_that_it_owes_under_way_is_sound(gateway: Gateway) -> None:
    raise_one(gateway.engine)
    assert [gateway.look().sound for _ in range(3)] == [True, True, True]
    assert gateway.own() == []


def test_an_incident_that_no_clock_drives_is_set_going_and_counted(gateway: Gateway) -> None:
    raise_one(gateway.engine)
    gateway.change(tables.incident, next_due_ns=None)
    found = gateway.look()
    assert found.mended == {"nobodys": 1}
    assert gateway.engine.counts["audit_mended", "nobodys"] == 1
    before = len(rows_of(gateway.engine, tables.outbox))
    assert gateway.look().sound
    assert len(rows_of(gateway.engine, tables.outbox)) > before, "the next step was taken"


def test_a_message_that_is_owed_and_never_due_is_sent(gateway: Gateway) -> None:
    raise_one(gateway.engine)
    gateway.change(tables.outbox, due_ns=None)
    gateway.change(tables.incident, next_due_ns=NOW + HOUR_NS)
    gateway.now_ns += 5 * MINUTE_NS
    assert gateway.look().mended["lost_message"] > 0
    assert send_all(gateway.engine, gateway.now_ns)


def test_a_lease_beyond_any_there_is_ends(gateway: Gateway) -> None:
    raise_one(gateway.engine)
    assert gateway.engine.claim(NOW, 9)
    gateway.change(tables.outbox, lease_until_ns=NOW + 9 * HOUR_NS)
    gateway.change(tables.incident, next_due_ns=NOW + HOUR_NS)
    assert gateway.look().mended["endless_lease"] > 0
    assert send_all(gateway.engine, gateway.now_ns)


def test_an_answered_incident_needs_no_clock(gateway: Gateway) -> None:
    raise_one(gateway.engine)
    gateway.change(tables.incident, owner="wang", state="acknowledged", next_due_ns=None)
    assert gateway.look().sound


def test_a_channel_that_takes_nothing_becomes_an_incident_of_its_own_and_ends(
    gateway: Gateway,
) -> None:
    gateway.pulse = Pulse(dead=("sms",))
    assert gateway.look().reasons == ("channel sms",)
    assert gateway.own() == [], "one look may be a hiccup"
    gateway.look()
    (incident,) = gateway.own()
    assert incident["tier"] == Tier.URGENT
    assert "channel sms" in incident["sentence_zh"]
    assert rows_of(gateway.engine, tables.outbox), "whoever can be reached is told"
    for _ in range(5):
        gateway.look()
    assert len(gateway.own()) == 1, "however long it lasts"
    gateway.pulse = Pulse()
    gateway.look()
    assert from_row(gateway.own()[0]).condition_active
    gateway.look()
    assert not from_row(gateway.own()[0]).condition_active


def test_a_gateway_that_no_edge_can_reach_says_so_and_is_not_called_well(
    gateway: Gateway,
) -> None:
    gateway.engine.hear("e01", gateway.now_ns, fresh=True, up=True, boot=1)
    gateway.pulse = Pulse(link_lost_ns=gateway.now_ns)
    assert [gateway.look().sound for _ in range(7)] == [True] * 5 + [False] * 2
    (incident,) = gateway.own()
    assert "收不到任何边缘站" in incident["sentence_zh"]
    assert rows_of(gateway.engine, tables.outbox), "people are told to look by hand"
    gateway.pulse = Pulse()
    gateway.look()
    gateway.look()
    assert not from_row(gateway.own()[0]).condition_active


def test_a_gateway_whose_fellow_hears_the_edges_is_not_deaf(gateway: Gateway) -> None:
    gateway.pulse = Pulse(link_lost_ns=gateway.now_ns)
    for _ in range(9):
        gateway.engine.hear("e01", gateway.now_ns, fresh=True, up=True, boot=1)
        assert gateway.look().sound


def test_before_any_edge_is_known_nobody_is_told_that_none_is_heard(gateway: Gateway) -> None:
    gateway.pulse = Pulse(link_lost_ns=gateway.now_ns)
    assert all(gateway.look().sound for _ in range(9))


def test_a_gateway_that_cannot_write_is_not_called_well_though_nothing_is_overdue(
    gateway: Gateway,
) -> None:
    gateway.engine.counts["intake", "waited_for_database"] += 60
    assert gateway.look().reasons == ("database",)
    assert gateway.look().sound, "it can write again"
    for part in ("intake", "dispatch"):
        gateway.engine.counts[part, "waited_for_database"] += 1
        gateway.look()
    (incident,) = gateway.own()
    assert "检查磁盘空间" in incident["sentence_zh"]


def test_a_link_is_lost_since_its_lack_was_first_seen() -> None:
    there = [True, False, False, True, False]
    link = LinkSeen(lambda: there.pop(0))
    assert [link.lost_ns(at_ns) for at_ns in (1, 2, 3, 4, 5)] == [None, 2, 2, None, 5]


def test_only_the_leader_raises_what_it_found(gateway: Gateway) -> None:
    gateway.pulse, gateway.leads = Pulse(dead=("sms",)), False
    for _ in range(5):
        gateway.look()
    assert gateway.own() == []


def test_a_step_long_overdue_is_a_reason(gateway: Gateway) -> None:
    gateway.engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), NOW)
    gateway.now_ns += 10 * MINUTE_NS
    assert gateway.audit.look(gateway.now_ns).reasons == ("overdue 600 s",)


class Broker:
    """Keeps what was published; refuses while it is away."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes, bool]] = []
        self.away = False

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if self.away:
            raise NotPublished("the link is down")
        self.kept.append((topic, payload, retain))


def test_only_a_sound_audit_is_a_heartbeat_and_a_lost_one_is_counted(gateway: Gateway) -> None:
    async def story() -> None:
        broker = Broker()
        beat = Heartbeat(gateway.engine, HeartbeatSettings(), broker, site="s01")
        well, ill = Audit(NOW, {}, ()), Audit(NOW, {}, ("channel sms",))
        await beat.hear(well)
        await beat.hear(ill)
        assert len(broker.kept) == 1
        await beat.hear(well)
        broker.away = True
        await beat.hear(well)
        await beat.aclose()
        (first, again) = (msgspec.json.decode(payload) for _, payload, _ in broker.kept)
        assert {topic for topic, _, _ in broker.kept} == {"sw/1/s01/_gateway/gateway/status"}
        assert all(retained for _, _, retained in broker.kept)
        assert first["until_ns"] - first["at_ns"] == 3 * MINUTE_NS, "it bears its own age"
        assert (first["zh"], again["zh"]) == (
            "守望网关 s01/gateway 自检正常",
            "守望网关 s01/gateway 恢复正常，无需处理",
        )
        counts = gateway.engine.counts
        assert counts["heartbeat", "withheld"] == counts["heartbeat", "not_published"] == 1

    asyncio.run(story())


@pytest.mark.parametrize("recovered", [False, True])
def test_no_word_of_a_heartbeat_can_be_read_as_an_alarm(recovered: bool) -> None:
    told = " ".join(words("s01", "a", recovered=recovered).values()).lower()
    assert not [word for word in ALARMING if word in told]


def test_a_heartbeat_is_called_where_it_is_wanted(gateway: Gateway) -> None:
    async def story() -> None:
        called: list[bytes] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            called.append(head.split(b" HTTP")[0] + b"\n" + await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = HeartbeatSettings.model_validate(
            {"url": f"http://127.0.0.1:{port}/ping", "mqtt": False}
        )
        beat = Heartbeat(gateway.engine, settings, Broker(), site="s01")
        await beat.hear(Audit(NOW, {}, ()))
        server.close()
        await server.wait_closed()
        await beat.hear(Audit(NOW, {}, ()))
        await beat.aclose()
        assert len(called) == 1
        assert called[0].startswith(b"POST /ping\n")
        assert "自检正常".encode() in called[0]
        counts = gateway.engine.counts
        assert (counts["heartbeat", "called"], counts["heartbeat", "not_called"]) == (1, 1)

    asyncio.run(story())


def test_an_audit_that_is_overdue_or_had_to_mend_shows_in_the_vitals(gateway: Gateway) -> None:
    gateway.pulse = Pulse(audited_ns=NOW - 4 * MINUTE_NS)
    assert not gateway.vitals().is_audited
    gateway.pulse = Pulse(audited_ns=NOW, mended=2)
    assert (gateway.vitals().is_audited, gateway.vitals().mended) == (True, 2)


def test_what_failed_on_every_try_lately_is_a_reason(gateway: Gateway) -> None:
    raise_one(gateway.engine)
    for minute in range(6):
        now_ns = NOW + minute * MINUTE_NS
        gateway.engine.advance_due(now_ns)
        for claim in gateway.engine.claim(now_ns, 99):
            gateway.engine.record(claim, Verdict(Outcome.UNKNOWN, "timeout"), now_ns)
    assert gateway.audit.look(NOW + 5 * MINUTE_NS).reasons == ("channel sms", "channel webhook")


def test_a_clock_that_runs_faster_allows_a_machine_as_much_more_of_it(gateway: Gateway) -> None:
    raise_one(gateway.engine)
    assert gateway.engine.claim(NOW, 9, lease_ns=900 * MINUTE_NS)
    fast = SelfAudit(gateway.engine, gateway.vitals, site="s01", clock=FastClock())
    gateway.pulse = Pulse(speed=900.0, beat_ns=NOW - HOUR_NS)
    gateway.change(tables.incident, next_due_ns=NOW - HOUR_NS)
    assert fast.look(NOW).sound


@pytest.mark.parametrize(
    "url", ["http://h:port", "http://h..lan", "https:///x", "ftp://h", "http://a b"]
)
def test_an_address_that_cannot_be_called_is_a_fault_before_the_first_beat(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HeartbeatSettings.model_validate({"url": url})
    assert url not in str(caught.value)
