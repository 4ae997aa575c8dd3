import json
from pathlib import Path

import pytest

from edge.decode_command import main
from edge.profiles import chirpstack, cjt188

ANSWER, WRONG_SUM = cjt188.RECORDED[0], cjt188.RECORDED[2]
AT = ["--at", "2026-09-02T23:10:00Z"]


def written(folder: Path, payload: bytes) -> str:
    path = folder / "payload"
    path.write_bytes(payload)
    return str(path)


def test_a_payload_is_recognised_and_its_readings_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = chirpstack.RECORDED[0]
    arguments = ["--topic", recorded.topic, "--payload-file", written(tmp_path, recorded.payload)]
    assert main([*arguments, *AT]) == 0
    shown = capsys.readouterr().out
    assert "chirpstack:0101010101010101" in shown
    assert "2022-07-18T09:34:15Z  rssi.dbm = -36.0 dBm" in shown
    assert "rejected: no_codec" in shown


def test_a_frame_in_hexadecimal_is_printed_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, ANSWER.payload.hex(" ").encode())
    assert main(["--payload-file", path, "--hex", "--json", *AT]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["profile"] == "cjt188"
    assert shown["messages"][0]["readings"][0]["value"] == 556_677.0


def test_a_channel_of_our_own_message_that_no_table_knows_is_printed_without_unit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, b'{"v":1,"dev":"p-1","seq":1,"t":1788390574,"e":[{"n":"x","v":2}]}')
    topic = "sw/1/s01/b01/u01/plug/p-1/obs"
    assert main(["--topic", topic, "--payload-file", path, *AT]) == 0
    assert "x = 2.0  (" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verb", "t", "told"),
    [
        ("obs", 7, "20699.0 days behind its receipt"),
        ("obs", 1_788_390_600 + 7 * 86_400, "7.0 days ahead of its receipt"),
        ("hist", 1_788_390_600 + 7 * 86_400, "time_in_future"),
        ("hist", 7, "time_too_old"),
    ],
)
def test_a_wrong_clock_is_shown_with_its_time_and_what_the_edge_would_do(
    tmp_path: Path, verb: str, t: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record = b'{"n":"water.total","v":2}'
    path = written(tmp_path, b'{"v":1,"dev":"w-1","seq":1,"t":%d,"e":[%s]}' % (t, record))
    arguments = ["--topic", f"sw/1/s01/b01/u01/water/w-1/{verb}", "--payload-file", path, *AT]
    assert main(arguments) == 0
    assert told in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    (message,) = json.loads(capsys.readouterr().out)["messages"]
    assert told in message["clock"][0]
    assert message["readings"][0]["at_ns"] == t * 1_000_000_000


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_refusal_is_printed_with_its_reason(
    tmp_path: Path, form: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--payload-file", written(tmp_path, WRONG_SUM.payload), *form]) == 1
    assert "bad_checksum" in capsys.readouterr().out


def test_a_message_of_which_nothing_is_left_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    topic, payload = "wmbusmeters/1", b'{"id":"00010206","media":"steam"}'
    arguments = ["--topic", topic, "--payload-file", written(tmp_path, payload)]
    assert main([*arguments, *AT]) == 1
    assert "no_codec" in capsys.readouterr().out


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_payload_that_nobody_claims_is_refused_and_the_profiles_are_listed(
    tmp_path: Path, form: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--topic", "elsewhere", "--payload-file", written(tmp_path, b"?"), *form]) == 1
    shown = capsys.readouterr()
    assert "unknown_topic" in shown.out
    assert "chirpstack" in shown.err


@pytest.mark.parametrize(
    ("payload", "arguments", "named"),
    [
        (b"?", ["--profile", "sundial"], "'sundial'"),
        (b"?", ["--hex"], "hex"),
        (b"\xff", ["--hex"], "leave --hex out"),
        (b"?", ["--at", "noon"], "--at"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error(
    tmp_path: Path,
    payload: bytes,
    arguments: list[str],
    named: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--payload-file", written(tmp_path, payload), *arguments]) == 2
    assert named in capsys.readouterr().err


def test_a_missing_file_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--payload-file", str(tmp_path / "absent")]) == 2
    assert "absent" in capsys.readouterr().err
