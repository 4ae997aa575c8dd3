"""`shouwang decode` on a folder of example payloads: each file gives what it says it gives.

The folder is beside the project, or where SHOUWANG_PAYLOADS says.
"""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from edge.decode_command import main
from edge.profiles import wmbus
from edge.profiles.base import instant_ns
from edge.reading import Quality
from tests.e2e.payload_folder import FOLDER, Given, files, given, wanted
from tests.unit.edge.worlds import metered

AT = "2026-09-02T23:10:00Z"
RECEIVED = {"cjt188_water_read": "2015-05-11T22:01:33+08:00"}
"""A meter on a bus answers now: its own clock counts only where it agrees with the receiver's."""
REFUSED = {
    ("cjt188_water_read", "response_hex_published"): "bad_checksum",
    ("cjt188_water_read", "request_hex"): "bad_frame",
    ("dlt645_2007_energy", "request_hex"): "bad_frame",
    ("dlt698_45_energy", "request_hex"): "bad_frame",
    ("ha_discovery_device", "payload"): "unknown_topic",
}
"""Requests, a checksum that is wrong in print, and a form that is written and never read."""
SAYS_NOTHING = frozenset({"esphome_discover", "cloudevents_mqtt5"})
EVENTS: dict[str, set[tuple[str, Any]]] = {
    "dahua_access_control": {("door.access", "granted"), ("door.method", "remote"),
                             ("door.direction", "in")},
    "gb28181_catalog": {("cam.state", "down")},
    "gb28181_keepalive": {("device.state", "up")},
    "hikvision_acs_event": {("door.access", "granted"), ("door.method", "finger")},
    "onvif_tampering": {("device.tamper", "tampered")},
    "senml_rfc8428": {("humidity.pct", 20.3), ("place.lat", 60.07965), ("place.lon", 24.30621)},
    "wmbus_pulse_lansenpu": {("meter.alarm", "power_low")},
    "zkteco_rtlog": {("door.access", "granted"), ("door.method", "face"),
                     ("door.direction", "out")},
}  # fmt: skip
"""What a file says in words of its own, in ours."""
CASES: dict[tuple[str, str], set[tuple[str, Any]]] = {
    ("livingroom/status", "online"): {("device.state", "up")},
    ("livingroom/status", "offline"): {("device.state", "down")},
    ("frigate/available", "online"): {("device.state", "up")},
    ("frigate/available", "stopped"): {("device.state", "unknown")},
    ("frigate/available", "offline"): {("device.state", "down")},
    ("frigate/front_door/status/detect", "offline"): {("cam.state", "down")},
    ("frigate/front_door/status/record", "online"): set(),
    ("frigate/front_door/status/audio", "disabled"): set(),
    ("zigbee2mqtt/my_bulb/availability", "online"): {("device.state", "up")},
    ("zigbee2mqtt/my_bulb/availability", '{"state":"offline"}'): {("device.state", "down")},
    ("zigbee2mqtt/bridge/state", '{"state":"online"}'): {("device.state", "up")},
    ("zigbee2mqtt/bridge/state", "offline"): {("device.state", "down")},
}
pytestmark = pytest.mark.skipif(not files(), reason=f"no example payloads in {FOLDER.name}")
ALL = [one for path in files() for one in given(path)]


def ran(one: Given, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    path = folder / "payload"
    path.write_bytes(one.payload)
    code = main(
        [
            "--topic",
            one.topic,
            "--payload-file",
            str(path),
            "--json",
            "--at",
            RECEIVED.get(one.file, AT),
        ]
    )
    return code, json.loads(capsys.readouterr().out)


def readings(said: Any) -> list[dict[str, Any]]:
    return [each for message in said["messages"] for each in message["readings"]]


def pairs(said: Any) -> set[tuple[str, Any]]:
    return {(each["channel"], each["value"]) for each in readings(said)}


@pytest.mark.parametrize("one", ALL, ids=[f"{one.file}: {one.part}" for one in ALL])
def test_a_message_of_the_folder_gives_what_its_file_says(
    one: Given, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = ran(one, tmp_path, capsys)
    refusal = REFUSED.get((one.file, one.part))
    if refusal is not None:
        assert (code, said["rejection"]["reason"]) == (1, refusal)
        return
    assert code == 0
    assert (
        readings(said)
        or one.file in SAYS_NOTHING
        or not CASES.get((one.topic, one.payload.decode()), {1})
    )
    check_words(one, said)
    if isinstance(one.expect, dict):
        check_values(one, said)


def check_words(one: Given, said: Any) -> None:
    if one.file in EVENTS:
        assert pairs(said) >= EVENTS[one.file]
    if one.part.startswith("payload_text ") and isinstance(one.expect, str):
        assert pairs(said) == CASES[one.topic, one.payload.decode()]


def check_values(one: Given, said: Any) -> None:
    expect = one.expect
    told = expect.get("observations", [expect] if "metric" in expect else [])
    for observation in told:
        for channel, value in wanted(observation):
            found = [each for each in readings(said) if each["channel"] == channel]
            assert [each["value"] for each in found] == [pytest.approx(value)]
            if "at" in observation:
                check_time(observation["at"], found[0]["at_ns"])
    if "at" in expect and expect["at"][0] == "2" and "zone" not in expect["at"]:
        for reading in readings(said):
            check_time(expect["at"], reading["at_ns"])
    if "device_key" in expect and said["messages"]:
        identity = expect["device_key"].partition(":")[2].lower()
        assert identity in said["messages"][0]["vendor_id"].lower()


def check_time(text: str, at_ns: int) -> None:
    """Equal to the microsecond, which is as far as the files go."""
    assert at_ns // 1_000 == instant_ns(text, "at") // 1_000


def of(name: str) -> list[Given]:
    return [one for one in ALL if one.file == name]


def test_a_day_of_deltas_becomes_24_registers_of_their_own_hours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = of("lorawan_axioma_qalcosonic_w1_24h")
    _, said = ran(one, tmp_path, capsys)
    registers = [each for each in readings(said) if each["channel"] == "water.total"]
    litres = [round(each["value"] * 1_000) for each in registers]
    uses = [later - before for before, later in pairwise(litres)]
    assert len(registers) == one.expect["observations_n"]
    assert (litres[0], litres[-1]) == (5_938, 6_054)
    assert sum(use > 0 for use in uses) == one.expect["hours_with_use"]
    assert sum(0 < use < 10 for use in uses) == one.expect["hours_with_use_below_10_L"]
    check_time(one.expect["last"]["at"], registers[-1]["at_ns"])


def test_every_record_of_the_rfc_is_resolved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = of("senml_rfc8428")
    _, said = ran(one, tmp_path, capsys)
    assert len(readings(said)) == one.expect["resolved_n"]
    check_time(one.expect["first_at"], min(each["at_ns"] for each in readings(said)))


def test_a_lost_carry_is_a_glitch_and_no_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ten = of("wmbus_water_apatorna1_counter_glitch")
    registers = []
    for one in ten:
        _, said = ran(one, tmp_path, capsys)
        registers += [round(v * 1_000) for name, v in pairs(said) if name == "water.total"]
    believed = metered(*registers[:3])
    volumes = believed.chain.volumes_ml
    assert volumes[-1] - volumes[0] == round(ten[0].expect["use_12:21_to_12:23_m3"] * 1e6)
    assert believed.counts.glitches == 1
    assert believed.counts.breaks == 0
    for larger, smaller in (registers[3:5], registers[5:7]):
        assert larger > smaller


def test_a_collector_without_a_clock_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = of("wmbus_electricity_amiplus")
    _, said = ran(one, tmp_path, capsys)
    assert said["profile"] == wmbus.PROFILE.name
    assert {each["quality"] for each in readings(said)} == {Quality.CLOCK_UNSET.value}


def test_the_command_does_the_same_as_a_process_of_its_own(tmp_path: Path) -> None:
    (one,) = of("ttn_v3_up")
    path = tmp_path / "payload"
    path.write_bytes(one.payload)
    shouwang = Path(sys.executable).parent / "shouwang"
    command: list[str | Path] = [
        shouwang,
        "decode",
        "--topic",
        one.topic,
        "--payload-file",
        path,
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    assert ("temperature.c", 1.0) in pairs(json.loads(done.stdout))
