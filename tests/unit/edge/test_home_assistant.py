"""What Home Assistant is told of a site, in the shape of its device-based discovery."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import topic
from edge.device_state import DeviceState, HomeState, State, Statement, Welfare, statements
from edge.entry import Admitted, Link, Message, Tick
from edge.home_assistant import HomeAssistantSettings, discovery
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, MINUTE_NS, Reading
from edge.registry import Registry
from tests.contract.readings import NOW_NS, reading

REGISTRY = Registry.parse({
    "version": 1, "site": "s01",
    "unit": [
        {"code": "u1", "building": "b01", "care": ["alone"]},
        {"code": "u2", "building": "b01"},
    ],
    "device": [
        {"id": "wm-1", "kind": "water", "unit": "u1", "interval": "15 min"},
        {"id": "door-1", "kind": "door", "unit": "u2"},
    ],
}, Path("registry.toml"))  # fmt: skip
METER, DOOR = "sw/1/s01/b01/u1/water/wm-1/state", "sw/1/s01/b01/u2/door/door-1/state"
HOME = "sw/1/s01/b01/u1/_home/state"
SETTINGS = HomeAssistantSettings()


def told(pipeline: Pipeline, now_ns: int) -> dict[str, Statement]:
    return dict(statements(REGISTRY, pipeline.devices(), pipeline.homes(), now_ns))


def entry(r: Reading) -> Admitted:
    return Admitted((Message(r.device, r.boot, r.seq, b"", (r,)),))


def living(hours: int, litres_an_hour: float) -> list[Admitted]:
    """The meter's readings, one each quarter of an hour."""
    return [
        entry(msgspec.structs.replace(
            reading(seq + 1, at_ns=NOW_NS + seq * 15 * MINUTE_NS),
            value=round(1.0 + seq * litres_an_hour / 4_000, 6),
        ))
        for seq in range(hours * 4)
    ]  # fmt: skip


def pipeline_after(*entries: Admitted | Link | Tick) -> Pipeline:
    pipeline = Pipeline(REGISTRY)
    for each in (Link(up=True, at_ns=NOW_NS), *entries):
        pipeline.step(each)
    return pipeline


def test_before_anything_is_heard_everything_is_unknown() -> None:
    said = told(pipeline_after(), NOW_NS)
    assert said[METER] == DeviceState(1, State.UNKNOWN, "never_heard", 0, 0)
    assert said[DOOR] == DeviceState(1, State.UNKNOWN, "never_heard", 0, 0)
    assert said[HOME] == HomeState(1, Welfare.UNKNOWN, 0, 0)


def test_a_device_that_is_heard_is_up_with_its_register_and_for_how_long_to_believe_it() -> None:
    said = told(pipeline_after(*living(20, 6)), NOW_NS + 20 * HOUR_NS)
    state = said[METER]
    assert isinstance(state, DeviceState)
    assert (state.state, state.water_m3) == (State.UP, 1.1185)
    assert state.good_until_ns - state.at_ns == 45 * MINUTE_NS
    assert said[HOME].state is Welfare.CLEAR


def test_a_home_whose_data_have_stopped_is_unknown_again() -> None:
    said = told(pipeline_after(*living(20, 6)), NOW_NS + 22 * HOUR_NS)
    assert said[HOME].state is Welfare.UNKNOWN


def test_a_silent_device_is_down() -> None:
    late_ns = NOW_NS + 9 * HOUR_NS
    said = told(pipeline_after(*living(6, 6), Tick(late_ns)), late_ns)
    state = said[METER]
    assert isinstance(state, DeviceState)
    assert (state.state, state.why) == (State.DOWN, "device_silent")


def test_a_meter_that_names_a_fault_is_at_fault_and_its_home_unknown() -> None:
    fault = msgspec.structs.replace(
        reading(900, at_ns=NOW_NS + 19 * HOUR_NS), channel="meter.fault", value="dry"
    )
    said = told(pipeline_after(*living(20, 6), entry(fault)), NOW_NS + 20 * HOUR_NS)
    state = said[METER]
    assert isinstance(state, DeviceState)
    assert (state.state, state.why) == (State.FAULT, "dry")
    assert said[HOME].state is Welfare.UNKNOWN


def test_a_raised_welfare_finding_stands_even_when_data_stop() -> None:
    said = told(pipeline_after(*living(20, 0)), NOW_NS + 40 * HOUR_NS)
    assert said[HOME].state is Welfare.RAISED


def test_no_statement_can_come_back_as_an_observation() -> None:
    filters = topic.device_filters("s01")
    for to in told(pipeline_after(), NOW_NS):
        assert not any(to.endswith(f.rpartition("/")[2]) for f in filters)
    assert topic.parse(METER).verb is topic.Verb.STATE
    with pytest.raises(topic.TopicError):
        topic.parse(HOME)


def configs() -> dict[str, dict[str, Any]]:
    pipeline = pipeline_after()
    subjects = pipeline.devices(), pipeline.homes()
    return {
        to: msgspec.json.decode(payload)
        for to, payload in discovery(SETTINGS, REGISTRY, "e01", subjects, NOW_NS)
    }


def test_a_meter_is_announced_with_what_the_edge_knows_of_it() -> None:
    config = configs()["homeassistant/device/sw-d-s01-wm-1/config"]
    assert config["dev"]["ids"] == ["sw-d-s01-wm-1"]
    assert config["o"] == {"name": "shouwang"}
    assert config["state_topic"] == METER
    assert config["availability"][0]["topic"] == "sw/1/s01/_edge/e01/status"
    assert set(config["cmps"]) == {"water", "last_seen", "connectivity", "problem"}
    water = config["cmps"]["water"]
    assert {k: water[k] for k in ("p", "device_class", "state_class", "unit_of_measurement")} == {
        "p": "sensor", "device_class": "water", "state_class": "total_increasing",
        "unit_of_measurement": "m³",
    }  # fmt: skip
    assert water["expire_after"] == 1_800


def test_a_watched_home_has_one_sensor_and_no_name() -> None:
    config = configs()["homeassistant/device/sw-h-s01-u1/config"]
    assert config["dev"]["name"] == "Home u1"
    assert config["state_topic"] == HOME
    assert set(config["cmps"]) == {"welfare"}


def test_a_home_that_nobody_watches_is_not_announced() -> None:
    assert set(configs()) == {
        "homeassistant/device/sw-d-s01-wm-1/config", "homeassistant/device/sw-h-s01-u1/config",
        "homeassistant/device/sw-d-s01-door-1/config",
    }  # fmt: skip


def test_every_component_that_could_reassure_judges_the_age_of_what_it_reads() -> None:
    for config in configs().values():
        for name, part in config["cmps"].items():
            if name != "last_seen":
                assert "value_json.good_until_ns / 1000000000 > now()" in part["value_template"]
                assert part["expire_after"]
