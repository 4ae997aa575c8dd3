"""`shouwang decode` reads other messages of the families than those that were recorded."""

import json
from pathlib import Path

import pytest

from edge.decode_command import main
from tests.e2e.decode_examples import (
    CHIRPSTACK_UP,
    EXAMPLES,
    RTLOG,
    TTN_UP,
    Example,
    chirpstack,
    cjt188,
    dlt645,
    dlt698,
)

AT = "2026-09-02T23:10:00Z"


@pytest.mark.parametrize("example", EXAMPLES, ids=[each.name for each in EXAMPLES])
def test_a_message_of_the_family_is_decoded(
    example: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "payload"
    path.write_bytes(example.payload)
    command = ["--topic", example.topic, "--payload-file", str(path), "--json", "--at", AT]
    assert main(command) == 0
    said = json.loads(capsys.readouterr().out)
    told = [
        (message["vendor_id"], reading["channel"], reading["value"])
        for message in said["messages"]
        for reading in message["readings"]
    ]
    for device, channel, value in example.says:
        close = value if isinstance(value, str) else pytest.approx(value)
        assert (device, channel, close) in told


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (CHIRPSTACK_UP, chirpstack(time="never"), "wrong_type"),
        (TTN_UP, b"{", "not_json"),
        ("wmbusmeters/1", b'{"media":"water","meter":"m","id":"12"}', "bad_name"),
        ("", dlt645("000000000999", 0xD1, "02"), "bad_frame"),
        ("", dlt698("8501 00 00100200 00 04 00 00"), "bad_frame"),
        ("", cjt188(0x10, "00000000012345", "901F05 34120000 02" + "00" * 14), "wrong_unit"),
        (RTLOG, b"pin=1\n", "missing_key"),
        ("sip/gb28181", b"<Notify>", "bad_frame"),
    ],
)
def test_what_cannot_be_decoded_is_refused_in_json_with_its_reason(
    topic: str, payload: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "payload"
    path.write_bytes(payload)
    assert main(["--topic", topic, "--payload-file", str(path), "--json", "--at", AT]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["messages"] == []
    assert said["rejection"]["reason"] == reason
