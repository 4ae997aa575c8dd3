"""What was refused is kept without what is a person's or a secret."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.fold import Fold
from edge.health import Health
from edge.journal import JournalSettings, open_journal
from edge.pipeline import Pipeline
from edge.profiles import profiles
from edge.redaction import redacted
from edge.session import Delivery
from edge.vendors import Vendors
from tests.unit.edge.worlds import START_NS, registry

SECRET = b"776655443322"
DAHUA = (
    b'{"Data":{"CardNo":"776655443322","Password" : "776655443322","Method":1},'
    b'"UserID":"776655443322"}'
)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("DahuaVTO/AccessControl/Event", DAHUA),
        ("DahuaVTO/AccessControl/Event", DAHUA[:31]),
        ("x", b'{"name":"a \\" 776655443322","cardNo":776655443322}'),
        ("x", b'{"phone":["776655443322","2"],"picture":{"a":"776655443322"}}'),
        ("http/hikvision", b"<A><cardNo>776655443322</cardNo><name>776655443322</name></A>"),
        ("http/hikvision", b"<A><cardNo>776655443322"),
        ("http/zkteco/Z1/rtlog", b"time=1\tpin=776655443322\tcardno=776655443322\tevent=0"),
        ("http/zkteco/Z1/rtlog", b"pin=776655443322"),
        ("http/zkteco/Z1/ATTLOG", b"776655443322\t2026-01-01\n776655443322\t2026-01-02\n"),
        ("sw/1/s01/b01/u01/door/d/evt", b'{"e":[{"n":"door.token","vs":"776655443322"}]}'),
        ("sw/1/s01/b01/u01/door/d/evt", b'{"e":[{"vs":"776655443322","n":"door.token"'),
        ("bus/osdp/gate-3", b"\xff\x53\x65\x08\x00\x04776655443322"),
    ],
)
def test_no_card_code_or_name_is_left(topic: str, payload: bytes) -> None:
    assert SECRET in payload
    assert SECRET not in redacted(topic, payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"v":1,"dev":"wm-1","seq":1,"t":1.0,"e":[{"n":"water.total","v":1.0}]}',
        b"<A><eventType>videoloss</eventType></A>",
        b"time=2026-01-01\tevent=0\teventaddr=1",
        b"\x00\xff?",
    ],
)
def test_everything_else_is_kept_as_it_came(payload: bytes) -> None:
    assert redacted("x", payload) == payload


@given(st.text(max_size=40), st.binary(max_size=300))
def test_any_bytes_can_be_gone_through_and_twice_is_as_once(topic: str, payload: bytes) -> None:
    once = redacted(topic, payload)
    assert redacted(topic, once) == once


def test_a_long_payload_costs_no_more_than_its_length() -> None:
    for piece in (b'{"name":"', b'"card_no":', b'{"door.token', b"pin=", b'\\"'):
        assert redacted("x", piece * 20_000) is not None


def test_a_card_at_a_door_that_nobody_registered_is_in_no_dead_letter(tmp_path: Path) -> None:
    settings = JournalSettings(path=tmp_path / "journal.db")
    journal = open_journal(settings, fresh_epoch="e", now_ns=START_NS, health=Health())
    vendors = Vendors(registry(), profiles())
    fold = Fold(journal, Pipeline(registry(), None, vendors), Health())
    fold.recover()
    topic = "DahuaVTO/AccessControl/Event"
    payload = DAHUA.replace(b'"Method":1', b'"Method":1,"Status":1,"RecNo":1,"UTC":1767225600')
    payload = payload.replace(b'"UserID"', b'"serialNumber":"D1","UserID"')
    fold.take([Delivery(topic, payload, False, START_NS, 0, 0)], lambda _: None)  # noqa: FBT003
    journal.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"D1" in kept
    assert SECRET not in kept
