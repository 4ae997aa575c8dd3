from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from edge.reading import HOUR_NS
from edge.registry import Registry
from edge.settings import ConfigError

PATH = Path("registry.toml")
UNIT = {"code": "u01", "building": "b01", "care": ["alone"]}
METER = {"id": "wm-1", "kind": "water", "unit": "u01"}
MOVE = "2026-03-01T08:00:00+08:00"
MOVE_NS = 1_772_323_200 * 1_000_000_000


def parsed(units: Any, devices: Any, **header: Any) -> Registry:
    table = {"version": 1, "site": "s01", "unit": units, "device": devices} | header
    return Registry.parse(table, PATH)


def faults(units: Any, devices: Any, **header: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        parsed(units, devices, **header)
    assert all(fault.remedy for fault in caught.value.faults)
    return {fault.key: fault.problem for fault in caught.value.faults}


def test_a_device_belongs_to_the_home_in_which_it_hung_at_the_time() -> None:
    registry = parsed(
        [UNIT, {"code": "u02", "building": "b01"}],
        [METER | {"to": MOVE}, METER | {"unit": "u02", "from": MOVE}],
    )
    assert registry.unit_at("wm-1", MOVE_NS - 1) == "u01"
    assert registry.unit_at("wm-1", MOVE_NS) == "u02"
    assert registry.device_subject("wm-1", MOVE_NS) == "s01/b01/u02/wm-1"
    assert registry.subject("u01") == "s01/b01/u01"


def test_a_device_is_known_even_while_it_hangs_nowhere() -> None:
    registry = parsed([UNIT], [METER | {"from": MOVE}])
    assert registry.knows("wm-1")
    assert registry.unit_at("wm-1", MOVE_NS - HOUR_NS) is None
    assert not registry.knows("wm-2")


def test_a_home_has_the_field_s_terms_unless_it_names_its_own() -> None:
    own = {"window": "24 h", "threshold_l": 20.0}
    registry = parsed([UNIT, UNIT | {"code": "u02", "welfare": [own, {}]}], [])
    default, *_ = registry.unit("u01").fixed_terms()
    assert (default.window_s, default.threshold_l) == (43_200, 10)
    assert [terms.window_s for terms in registry.unit("u02").fixed_terms()] == [86_400, 43_200]


def test_one_table_of_terms_is_one_rule() -> None:
    registry = parsed([UNIT | {"welfare": {"threshold_l": 5.0}}], [])
    assert [terms.threshold_l for terms in registry.unit("u01").fixed_terms()] == [5.0]


def test_what_many_rows_say_is_one_object_for_all_of_them() -> None:
    terms = {"window": "24 h", "threshold_l": 20.0}
    units = [UNIT | {"code": code, "welfare": dict(terms)} for code in ("u01", "u02")]
    one, other = parsed(units, [METER, METER | {"id": "wm-2", "unit": "u02"}]).units()
    assert one.welfare is other.welfare
    assert one.care is other.care
    assert one.building is other.building


def test_a_row_keeps_nothing_of_the_table_it_was_read_from() -> None:
    table = {"version": 1, "site": "s01", "unit": [UNIT], "device": [METER | {"vendor": "z2m:1"}]}
    (binding,) = Registry.parse(table, PATH).bindings()
    texts = (binding.device.id, binding.device.vendor, binding.unit.building)
    assert texts == ("wm-1", "z2m:1", "b01")
    assert binding.device.id is not METER["id"]
    assert binding.unit.code is binding.device.unit
    assert not hasattr(binding.unit, "__dict__")
    assert not hasattr(binding.device, "__dict__")


def test_a_device_is_found_by_its_vendor_s_name_through_all_its_homes() -> None:
    vendor = {"vendor": "chirpstack:0101010101010101"}
    registry = parsed([UNIT], [METER | vendor | {"to": MOVE}, METER | vendor | {"from": MOVE}])
    assert registry.by_vendor("chirpstack:0101010101010101") == "wm-1"
    assert registry.by_vendor("chirpstack:0202020202020202") is None


def test_one_vendor_s_name_for_two_devices_is_a_fault() -> None:
    vendor = {"vendor": "wmbus:33225544"}
    found = faults([UNIT], [METER | vendor, METER | vendor | {"id": "wm-2"}])
    assert found == {"device.1.vendor": '"wmbus:33225544" is "wm-1" already'}


def test_two_spellings_of_one_name_are_one_name() -> None:
    named = [METER | {"vendor": normalize(form, "z2m:Café 3")} for form in ("NFC", "NFD")]
    assert parsed([UNIT], named[1:]).by_vendor(normalize("NFC", "z2m:Café 3")) == "wm-1"
    found = faults([UNIT], [named[0], named[1] | {"id": "wm-2"}])
    assert list(found) == ["device.1.vendor"]


@pytest.mark.parametrize("sign", ["\u200b", "\u202e", "\ufeff", "\u00ad", "\x00"])
def test_an_invisible_sign_makes_no_other_name(sign: str) -> None:
    named = METER | {"vendor": f"z2m:door{sign}"}
    assert parsed([UNIT], [named]).by_vendor("z2m:door") == "wm-1"
    found = faults([UNIT], [named, METER | {"vendor": "z2m:door", "id": "wm-2"}])
    assert list(found) == ["device.1.vendor"]


def test_a_vendor_s_name_says_whose_it_is() -> None:
    assert list(faults([UNIT], [METER | {"vendor": "33225544"}])) == ["device.0.vendor"]


def test_every_fault_of_a_file_is_told_at_once() -> None:
    found = faults(
        [UNIT, UNIT, {"code": "No 1", "building": "b01"}, {"code": "u09", "floor": 3}],
        [
            METER,
            METER | {"from": MOVE},
            METER | {"id": "wm-2", "unit": "u77"},
            METER | {"id": "wm-3", "from": MOVE, "to": MOVE},
            METER | {"id": "wm-4", "kind": "wine"},
            METER | {"id": "wm-5", "unit": "u09", "interval": "soon"},
        ],
        site="S 1",
    )
    assert found.keys() == {
        "site",
        "unit.0.code",
        "unit.1.code",
        "unit.2.code",
        "unit.3.building",
        "unit.3.floor",
        "device.1.from",
        "device.2.unit",
        "device.3.to",
        "device.4.kind",
        "device.5.interval",
    }


def test_a_time_without_an_offset_is_a_fault() -> None:
    assert faults([UNIT], [METER | {"from": "2026-03-01T08:00:00"}]).keys() == {"device.0.from"}


def test_a_table_where_an_array_belongs_is_a_fault() -> None:
    assert faults({"code": "u01"}, []).keys() == {"unit"}


def test_an_unknown_version_is_a_fault() -> None:
    assert faults([UNIT], [], version=2).keys() == {"version"}


def test_adapters_and_risers_that_do_not_fit_are_faults() -> None:
    units = [UNIT | {"riser": "u01"}, UNIT | {"code": "u02", "riser": "r 1"}]
    devices = [METER | {"adapter": "dtu-9"}]
    adapters = [
        {"id": "dtu-1", "vendor": "z2m:bridge"},
        {"id": "dtu-1"},
        {"id": "u02"},
        {"id": "b01", "vendor": "z2m:bridge"},
        {"id": "Ä"},
    ]
    assert faults(units, devices, adapter=adapters).keys() == {
        "unit.0.riser",
        "unit.1.riser",
        "device.0.adapter",
        "adapter.0.id",
        "adapter.0.vendor",
        "adapter.1.id",
        "adapter.2.id",
        "adapter.3.id",
        "adapter.3.vendor",
        "adapter.4.id",
    }
