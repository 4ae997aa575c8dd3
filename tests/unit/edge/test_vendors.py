from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize

import pytest

from edge import profiles
from edge.edge_settings import EdgeSettings, read_profiles, read_vendors
from edge.entry import Admitted, Link
from edge.health import Health
from edge.pipeline import Pipeline
from edge.profiles.axioma import DAY
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS, FindingState, Kind
from edge.settings import ConfigError, parse
from edge.vendors import Vendors
from edge.wire import Reason
from tests.unit.edge.worlds import METER, UNIT, registry

VENDOR_ID = "wmbus:33225544"
TOPIC = "wmbusmeters/33225544"
Form = Literal["NFC", "NFD"]
T_NS = 1_788_390_574 * SECOND_NS
TABLE: dict[str, Any] = {
    "edge": "e01",
    "site": "s01",
    "registry": "registry.toml",
    "journal": {"path": "journal.db"},
}


def pipeline(vendor_id: str = VENDOR_ID, *enabled: str) -> Pipeline:
    book = registry((UNIT,), (METER | {"vendor": vendor_id},))
    wanted = [each for each in profiles.profiles() if each.name in (enabled or ("wmbus",))]
    return Pipeline(book, None, Vendors(book, wanted))


def telegram(total_m3: float, at: str, meter: str = "33225544") -> bytes:
    return (
        f'{{"media":"water","meter":"iperl","id":"{meter}","total_m3":{total_m3},'
        f'"timestamp":"{at}"}}'
    ).encode()


def test_a_vendor_s_reading_is_admitted_as_our_device_s() -> None:
    (admission,) = pipeline().gate.admissions(TOPIC, telegram(6.054, "2026-09-02T23:09:34Z"), T_NS)
    (reading,) = admission.readings
    assert (reading.device, reading.unit, reading.kind) == ("wm-1", "u01", Kind.WATER)
    assert (reading.channel, reading.value, reading.at_ns) == ("water.total", 6.054, T_NS)


def test_a_copy_is_dropped_and_another_value_of_the_same_time_is_not() -> None:
    site, at = pipeline(), "2026-09-02T23:09:34Z"
    (first,) = site.gate.admissions(TOPIC, telegram(6.054, at), T_NS)
    assert first.message is not None
    site.step(Admitted((first.message,)))
    (copy,) = site.gate.admissions(TOPIC, telegram(6.054, at), T_NS + SECOND_NS)
    (other,) = site.gate.admissions(TOPIC, telegram(5.803, at), T_NS + SECOND_NS)
    assert (copy.message, copy.duplicates) == (None, 1)
    assert other.message is not None


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("sent", ["NFC", "NFD"])
def test_a_name_is_known_however_either_side_spells_it(form: Form, sent: Form) -> None:
    site = pipeline(normalize(form, "z2m:Café ガス"), "z2m")
    topic = f"zigbee2mqtt/{normalize(sent, 'Café ガス')}"
    (admission,) = site.gate.admissions(topic, b'{"temperature": 21.5}', T_NS)
    assert [reading.device for reading in admission.readings] == ["wm-1"]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (TOPIC, telegram(1, "2026-09-02T23:09:34Z", "00000000"), Reason.UNKNOWN_DEVICE),
        (TOPIC, b"{", Reason.NOT_JSON),
        ("zigbee2mqtt/door", b"{}", Reason.UNKNOWN_TOPIC),
        ("sw/1/s01/b01/u01/water/wm-1/obs", b"{", Reason.NOT_JSON),
    ],
)
def test_what_is_nobody_s_is_refused_with_its_reason(
    topic: str, payload: bytes, reason: Reason
) -> None:
    (admission,) = pipeline().gate.admissions(topic, payload, T_NS)
    assert admission.message is None
    assert [each.reason for each in admission.rejections] == [reason]


def test_without_profiles_every_foreign_topic_is_refused_as_before() -> None:
    (admission,) = Pipeline(registry()).gate.admissions(TOPIC, b"{}", T_NS)
    assert [each.reason for each in admission.rejections] == [Reason.UNKNOWN_TOPIC]


def test_a_dry_day_in_vendor_frames_raises_the_home_that_lives_alone() -> None:
    site = pipeline("lorawan:0101010101010101", "axioma-w1")
    said = list(site.step(Link(up=True, at_ns=T_NS - DAY_NS)))
    topic = "lorawan/axioma-w1/0101010101010101/100"
    dry = DAY[:10] + bytes(41)
    for day in (0, 1):
        now_ns = T_NS + day * DAY_NS
        frame = dry[:1] + (now_ns // SECOND_NS).to_bytes(4, "little") + dry[5:]
        (admission,) = site.gate.admissions(topic, frame, now_ns + SECOND_NS)
        assert admission.message is not None
        said += site.step(Admitted((admission.message,)))
    raised = [each for each in said if each.rule == "welfare"]
    assert raised[0].state is FindingState.RAISED
    assert raised[0].since_ns == T_NS - 23 * HOUR_NS


def test_a_corrected_reading_belongs_to_the_home_of_its_corrected_time() -> None:
    moved = "2026-09-03T23:09:34Z"
    devices = (METER | {"vendor": VENDOR_ID, "to": moved}, METER | {"unit": "u02", "from": moved})
    book = registry((UNIT, UNIT | {"code": "u02"}), devices)
    wmbus = [each for each in profiles.profiles() if each.name == "wmbus"]
    site = Pipeline(book, None, Vendors(book, wmbus))
    units = []
    for hour in range(6):
        (admission,) = site.gate.admissions(
            TOPIC, telegram(6.0, f"2026-09-05T{hour:02}:09:34Z"), T_NS + (hour + 1) * HOUR_NS
        )
        assert admission.message is not None
        site.step(Admitted((admission.message,)))
        units += [reading.unit for reading in admission.readings]
    assert set(units) == {"u01"}


def test_an_edge_enables_profiles_by_name_and_the_templates_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "templates.toml"
    path.write_text(
        'version = 1\n[[template]]\nname = "acme"\nkind = "water"\ntopic = "acme/+/up"\n'
        'field = [{channel = "water.total", offset = 0, type = "u32"}]\n',
        "utf-8",
    )
    table = TABLE | {"profiles": {"enabled": ["wmbus"], "templates": str(path)}}
    enabled = read_profiles(parse(table, EdgeSettings, Path("edge.toml")))
    assert [each.name for each in enabled] == ["wmbus", "acme"]
    assert Vendors(registry(), enabled).filters == ("wmbusmeters/+", "acme/+/up")


@pytest.mark.parametrize("name", ["sundial", "canonical"])
def test_what_comes_on_no_topic_cannot_be_enabled(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(TABLE | {"profiles": {"enabled": [name]}}, EdgeSettings, Path("edge.toml"))
    assert [each.key for each in caught.value.faults] == ["profiles.enabled"]
    assert name in caught.value.faults[0].problem


def test_no_profile_is_enabled_unless_it_is_named() -> None:
    assert read_profiles(parse(TABLE, EdgeSettings, Path("edge.toml"))) == ()


class TestPeople:
    """Counts of people and levels of noise, which are taken only where somebody asked for them."""

    NOW_NS = 1_788_390_574 * SECOND_NS

    def site(self, dropped: list[str] | None = None, **terms: Any) -> Pipeline:
        """Where the channels that are dropped are written down in `dropped`."""
        places = ({"code": "square", "building": "b01"}, {"code": "stair", "building": "b01"})
        sound = {"id": "ws-1", "kind": "env", "unit": "stair", "vendor": "lorawan:24e124743c000001"}
        camera = {"id": "cam-1", "kind": "cam", "unit": "square", "vendor": "frigate:camera/square"}
        noise = {"noise": {"homes": 9}} if terms else {}
        book = registry((UNIT, *places), (METER, camera | terms, sound | noise))
        wanted = [each for each in profiles.profiles() if each.name in {"frigate", "ws302"}]
        count = ([] if dropped is None else dropped).append
        return Pipeline(book, None, Vendors(book, wanted, None, count))

    def taken(self, site: Pipeline, topic: str, payload: bytes) -> list[tuple[str, str, Any]]:
        admissions = site.gate.admissions(topic, payload, self.NOW_NS)
        assert not any(each.rejections for each in admissions)
        readings = [reading for each in admissions for reading in each.readings]
        return [(each.device, each.channel, each.value) for each in readings]

    def test_they_are_taken_where_the_registry_has_terms(self) -> None:
        site = self.site(crowd={})
        people = self.taken(site, "frigate/square/person", b"23")
        assert people == [("cam-1", "crowd.count", 23.0)]
        sound = bytes.fromhex("017564055B053F02DA016A02")
        assert self.taken(site, "lorawan/ws302/24E124743C000001/85", sound) == [
            ("ws-1", "battery.pct", 100.0),
            ("ws-1", "noise.level", 47.4),
        ]

    @pytest.mark.parametrize("place", ["square", "kitchen"])
    def test_without_terms_they_are_counted_and_kept_nowhere(self, place: str) -> None:
        dropped: list[str] = []
        assert self.taken(self.site(dropped), f"frigate/{place}/person", b"2") == []
        assert dropped == ["crowd.count"]

    def test_what_else_such_a_device_says_is_taken(self) -> None:
        dropped: list[str] = []
        sound = bytes.fromhex("017564055B053F02DA016A02")
        taken = self.taken(self.site(dropped), "lorawan/ws302/24E124743C000001/85", sound)
        assert taken == [("ws-1", "battery.pct", 100.0)]
        assert dropped == ["noise.level"]

    def test_with_terms_nothing_is_dropped(self) -> None:
        dropped: list[str] = []
        self.taken(self.site(dropped, crowd={}), "frigate/square/person", b"23")
        assert dropped == []

    def test_an_edge_goes_on_counting_under_a_pushed_registry(self) -> None:
        enabled = TABLE | {"profiles": {"enabled": ["frigate"]}}
        health, book = Health(), registry()
        vendors = read_vendors(parse(enabled, EdgeSettings, Path("edge.toml")), book, health)
        for each in (vendors, vendors.under(book)):
            each.decode("frigate/square/person", b"2", self.NOW_NS)
        assert health.by_reason()["unasked_dropped"] == {"crowd.count": 2}
