import msgspec
import pytest

from edge.device_state import DeviceState, State, statements
from edge.entry import AdapterStatus, Admitted, Link, decode, encode
from edge.gate import Admission
from edge.pipeline import Pipeline
from edge.profiles import profiles
from edge.reading import FindingState, Tier
from edge.registry import Registry
from edge.vendors import Vendors
from edge.wire import Reason
from tests.unit.edge.blocks import Block, block
from tests.unit.edge.worlds import METER, UNIT, at, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
ADAPTER = {"id": "dtu-1"}
STATUS = "sw/1/s01/_adapter/dtu-1/status"


def behind(homes: int = 12, vendor: str | None = None) -> Registry:
    """A building whose meters all hang on one adapter."""
    units = [{"code": f"u{i:02}", "building": "b01", "care": ["alone"]} for i in range(homes)]
    meters = [
        METER | {"id": f"wm-{i:02}", "unit": f"u{i:02}", "adapter": "dtu-1"} for i in range(homes)
    ]
    return registry(units, meters, [ADAPTER | ({"vendor": vendor} if vendor else {})])


def test_a_link_that_flaps_does_not_hide_a_silent_device() -> None:
    site = Block(block(2), homes=2)
    site.live(0, 6)
    hour = 5.0
    while hour < 12 and not site.told("device_silent"):
        site.link(hour + 0.2, up=False)
        site.link(hour + 0.25, up=True)
        hour += 0.25
        site.tick(hour)
    assert site.told("device_silent") == [(f"s01/b01/u0{i}/wm-0{i}", RAISED) for i in (0, 1)]
    assert hour <= 11


def test_time_in_which_a_crashed_edge_did_not_listen_is_not_silence() -> None:
    site = Block(block(1), homes=1)
    site.live(0, 6)
    site.link(40, up=False, kept=False)
    site.link(40.01, up=True)
    assert site.tick(43) == []
    assert site.tick(43.5) != []


def test_a_device_that_was_late_before_an_outage_gets_one_more_interval_after_it() -> None:
    site = Block(block(1), homes=1)
    site.live(0, 6)
    site.link(8, up=False)
    site.link(20, up=True)
    assert site.tick(21.2) == []
    assert site.tick(21.4) != []


def test_a_clock_that_is_put_back_neither_hides_nor_invents_silence() -> None:
    site = Block(block(1), homes=1)
    site.live(0, 6)
    site.link(2, up=True, kept=False)
    assert site.tick(4) == []
    assert site.tick(7) != []


def test_a_dead_adapter_is_one_finding_and_none_of_its_devices_is_called_silent() -> None:
    site = Block(behind(20), homes=20)
    site.adapter(0, up=True)
    site.live(0, 20)
    site.adapter(19.5, up=False)
    assert site.tick(19.55) == []
    for hour in range(20, 32):
        site.tick(hour)
    (found,) = (f for f in site.said if f.rule != "welfare")
    assert (found.rule, found.state, found.tier) == ("adapter_down", RAISED, Tier.GENERAL)
    assert (found.category, found.subject) == ("device", "s01/b01/dtu-1")
    assert found.since_ns == at(19.5)
    assert (found.evidence.seen["devices"], found.evidence.seen["hidden_homes"]) == (20, 20)
    site.adapter(32, up=True, boot=2)
    assert site.told("adapter_down")[1:] == [("s01/b01/dtu-1", CLEARED)]
    assert site.tick(35) == []
    assert {found.rule for found in site.tick(35.2)} == {"device_silent"}


def test_the_edge_states_that_devices_behind_a_dead_adapter_are_unknown() -> None:
    book = behind(1)
    site = Block(book, homes=1)
    site.live(0, 6)
    for up, expected in ((False, (State.UNKNOWN, "adapter_down")), (True, (State.UP, "heard"))):
        site.adapter(5.1, up=up)
        told = statements(book, site.pipeline.devices(), site.pipeline.homes(), at(5.2))
        assert [(s.state, s.why) for _, s in told if isinstance(s, DeviceState)] == [expected]


def test_an_adapter_that_is_back_within_minutes_is_nothing() -> None:
    site = Block(behind(1), homes=1)
    site.live(0, 6)
    for i in range(100):
        site.adapter(5 + i / 100, up=bool(i % 2))
        site.tick(5 + i / 100)
    assert site.said == []


def test_a_late_will_of_an_older_boot_does_not_override_a_newer_birth() -> None:
    site = Block(behind(1), homes=1)
    site.adapter(1, up=True, boot=7)
    site.adapter(2, up=False, boot=6)
    assert site.tick(3) == []
    site.adapter(4, up=False, boot=7)
    assert [f.rule for f in site.tick(5)] == ["adapter_down"]


def test_a_will_that_is_told_again_at_every_start_is_the_same_outage() -> None:
    site = Block(behind(1), homes=1)
    site.adapter(1, up=False, boot=3)
    site.adapter(2, up=False, boot=3)
    (found,) = site.tick(3)
    assert found.since_ns == at(1)


def test_a_journal_of_before_this_field_still_decodes() -> None:
    assert decode(msgspec.msgpack.encode(["link", True, 5])) == Link(up=True, at_ns=5, kept=False)
    status = AdapterStatus("dtu-1", up=False, boot=2, at_ns=9)
    assert decode(encode(status)) == status


def own(payload: bytes, topic: str = STATUS, *, retain: bool = False) -> list[Admission]:
    gate = Pipeline(behind(1)).gate
    judge = gate.standing if retain else gate.admissions
    return list(judge(topic, payload, at(0)))


@pytest.mark.parametrize("retain", [False, True])
def test_an_adapter_says_on_its_own_topic_whether_it_is_up(retain: bool) -> None:
    (admission,) = own(b'{"v":1,"up":false,"boot":4}', retain=retain)
    assert admission.status == AdapterStatus("dtu-1", up=False, boot=4, at_ns=at(0))
    assert own(b"", retain=retain) in ([], [Admission(None, 0, ())])


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (STATUS, b"{", Reason.NOT_JSON),
        (STATUS, b'{"v":1,"up":1,"boot":4}', Reason.WRONG_TYPE),
        (STATUS, b'{"v":2,"up":true,"boot":4}', Reason.UNKNOWN_VERSION),
        (STATUS, b'{"v":1,"up":true,"boot":-1}', Reason.OUT_OF_RANGE),
        (STATUS.replace("dtu-1", "dtu-9"), b'{"v":1,"up":true,"boot":4}', Reason.UNKNOWN_DEVICE),
        (STATUS.replace("s01", "s02"), b'{"v":1,"up":true,"boot":4}', Reason.WRONG_SITE),
    ],
)
def test_a_status_that_is_none_is_refused_with_its_reason(
    topic: str, payload: bytes, reason: Reason
) -> None:
    (admission,) = own(payload, topic)
    assert [each.reason for each in admission.rejections] == [reason]
    assert own(payload, topic, retain=True) == []


VENDORS = [
    ("z2m:bridge", "zigbee2mqtt/bridge/state", b'{"state":"online"}', b"offline"),
    ("tasmota:strip", "tele/strip/LWT", b"Online", b"Offline"),
    ("esphome:hall", "hall/status", b"online", b"offline"),
    ("frigate:service", "frigate/available", b"online", b"stopped"),
    ("shelly:hall-relay", "hall-relay/online", b"true", b"false"),
]


@pytest.mark.parametrize(("vendor", "topic", "up", "down"), VENDORS, ids=[v[0] for v in VENDORS])
def test_a_vendor_s_own_availability_is_the_status_of_our_adapter_even_when_retained(
    vendor: str, topic: str, up: bytes, down: bytes
) -> None:
    book = behind(1, vendor)
    enabled = [each for each in profiles() if vendor.startswith(f"{each.name}:")]
    gate = Pipeline(book, None, Vendors(book, enabled)).gate
    for payload, expected in ((up, True), (down, False)):
        for judge in (gate.admissions, gate.standing):
            (admission,) = judge(topic, payload, at(0))
            assert admission.status is not None
            assert admission.status.up is expected


def test_a_retained_observation_is_old_news_still() -> None:
    book = registry(
        (UNIT,), (METER | {"vendor": "z2m:meter"},), ({"id": "z", "vendor": "z2m:bridge"},)
    )
    gate = Pipeline(book, None, Vendors(book, [p for p in profiles() if p.name == "z2m"])).gate
    assert gate.standing("zigbee2mqtt/meter", b'{"contact":true}', at(0)) == ()
    assert gate.standing("sw/1/s01/b01/u01/water/wm-1/obs", b"{}", at(0)) == ()


def test_that_a_device_is_away_is_not_its_own_word() -> None:
    book = registry((UNIT,), (METER | {"id": "wm-00", "vendor": "z2m:meter"},))
    pipeline = Pipeline(book, None, Vendors(book, [p for p in profiles() if p.name == "z2m"]))
    site = Block(book, homes=1)
    site.live(0, 1)
    (admission,) = pipeline.gate.admissions("zigbee2mqtt/meter/availability", b"offline", at(3))
    assert admission.message is not None
    site.step(Admitted((admission.message,)))
    assert [f.rule for f in site.tick(3.2)] == ["device_silent"]
