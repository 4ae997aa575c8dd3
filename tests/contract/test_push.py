"""Vendors' HTTP pushes against a whole edge: what is answered, and what the journal has."""

import asyncio
import subprocess
from pathlib import Path

import httpx
import pytest

from edge.journal import Journal, JournalDamaged, JournalFull
from tests.contract.push_door import (
    CDATA,
    FACE_LINE,
    FACE_READ,
    FINGER,
    FINGER_READ,
    LOGIN,
    PASSWORD,
    TOKEN,
    Door,
    configured,
    play,
    until_listening,
)
from tests.contract.test_agent_vendors import dead_letters, readings
from tests.contract.test_edge_process import edge as edge_process


def test_two_vendors_push_and_a_second_post_of_the_same_is_one_reading(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        for _ in range(2):
            assert (await door.hikvision(FINGER)).text == "OK"
            answer = await door.client.post(f"/t/{TOKEN}{CDATA}", content=FACE_LINE)
            assert (answer.status_code, answer.text) == (200, "OK")
        assert door.health.counted("duplicates_dropped") == 2

    assert play(tmp_path, scene) == FINGER_READ + FACE_READ


def test_a_terminal_s_heartbeat_is_a_sign_of_life(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        answer = await door.client.get(f"/t/{TOKEN}/iclock/getrequest?SN=CJDE193560303")
        assert answer.text == "OK"

    assert play(tmp_path, scene) == [("door-8", "device.state", "up")]


def test_a_terminal_that_asks_how_to_send_is_told_and_is_alive(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        asked = f"/t/{TOKEN}/iclock/cdata?SN=CJDE193560303&options=all&pushver=2.4.1&language=69"
        answer = await door.client.get(asked)
        assert answer.headers["content-type"].startswith("text/plain")
        lines = answer.text.splitlines()
        assert lines[0] == "GET OPTION FROM: CJDE193560303"
        assert {"Realtime=1", "TransFlag=TransData AttLog", "TimeZone=8"} <= set(lines)
        controller = await door.client.get(f"{asked}&DeviceType=acc")
        assert controller.text.splitlines()[0] == "registry=ok"

    assert play(tmp_path, scene) == [("door-8", "device.state", "up")]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/iclock/cdata?SN=CJDE193560303", 401), (f"/t/{TOKEN}/iclock/cdata?SN=../x", 400)],
)
def test_a_stranger_that_asks_how_to_send_is_told_nothing(
    tmp_path: Path, path: str, status: int
) -> None:
    async def scene(door: Door) -> None:
        answer = await door.client.get(path)
        assert answer.status_code == status
        assert "OPTION" not in answer.text

    assert play(tmp_path, scene) == []


def test_a_journal_that_refuses_is_told_to_the_device_which_then_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(door: Door) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "append", refusing)
            answer = await door.hikvision(FINGER)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await door.hikvision(FINGER)).text == "OK"
        assert door.health.counted("pushes_refused", "journal_full") == 1

    def refusing(*_: object, **__: object) -> int:
        raise JournalFull("no room")

    assert play(tmp_path, scene) == FINGER_READ


def test_a_journal_that_breaks_says_come_again_and_ends_the_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(door: Door) -> None:
        monkeypatch.setattr(Journal, "append", broken)
        assert (await door.hikvision(FINGER)).status_code == 503

    def broken(*_: object, **__: object) -> int:
        raise JournalDamaged("broken")

    with pytest.RaisesGroup(JournalDamaged, flatten_subgroups=True):
        play(tmp_path, scene)


@pytest.mark.parametrize("place", ["edge.receive", "edge.commit", "edge.ack"])
def test_an_edge_killed_before_its_answer_said_nothing_and_keeps_one_of_two_posts(
    tmp_path: Path, place: str
) -> None:
    settings = configured(tmp_path)
    assert settings.push is not None
    url = f"http://127.0.0.1:{settings.push.port}/push/hikvision"
    with edge_process(tmp_path / "edge.toml", kill_at=f"{place}:1") as process:
        asyncio.run(until_listening(settings.push.port))
        with pytest.raises(httpx.TransportError):
            httpx.post(url, content=FINGER, auth=LOGIN)
        process.wait(10)
    with edge_process(tmp_path / "edge.toml") as process:
        asyncio.run(until_listening(settings.push.port))
        assert httpx.post(url, content=FINGER, auth=LOGIN).text == "OK"
        stopped(process)
    assert [reading[:3] for reading in readings(tmp_path)] == FINGER_READ


def stopped(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    assert process.wait(10) == 0


def test_a_wrong_credential_opens_nothing_is_counted_and_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "edge")

    async def scene(door: Door) -> None:
        wrong = [("door-7", "wrong-password"), ("door-8", PASSWORD), ("", TOKEN), ("door-7", "")]
        answers = [await door.hikvision(FINGER, auth) for auth in wrong]
        paths = (f"/t/{TOKEN}/push/hikvision", f"/t/{PASSWORD}/push/hikvision",
                 f"/t/{TOKEN}x{CDATA}", "/push/hikvision", CDATA)  # fmt: skip
        noise = {"authorization": "Basic ?"}
        answers += [await door.client.post(p, content=FINGER, headers=noise) for p in paths]
        answers.append(await door.client.post("/push/hikvision", content=FINGER))
        assert {answer.status_code for answer in answers} == {401}
        assert door.health.counted("pushes_refused", "bad_credential") == len(answers)

    assert play(tmp_path, scene) == []
    assert dead_letters(tmp_path) == []
    assert TOKEN not in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"eventType": "ECHO', "not_json"),
        (FINGER.replace(b"a4:d5", b"ff:ff"), "unknown_device"),
        (b"\x1f\x8b\x08ECHO", "not_utf8"),
    ],
)
def test_what_cannot_be_read_is_a_dead_letter_and_its_answer_names_the_reason_alone(
    tmp_path: Path, payload: bytes, reason: str
) -> None:
    async def scene(door: Door) -> None:
        answer = await door.hikvision(payload)
        assert (answer.status_code, answer.text) == (400, reason)
        assert (await door.hikvision(FINGER)).text == "OK"

    assert play(tmp_path, scene) == FINGER_READ
    assert [why for why, _ in dead_letters(tmp_path)] == [reason]


@pytest.mark.parametrize("query", ["SN=../x&table=rtlog", "table=rtlog", f"SN={'7' * 99}"])
def test_a_terminal_without_a_sound_serial_number_is_refused(tmp_path: Path, query: str) -> None:
    async def scene(door: Door) -> None:
        answer = await door.client.post(f"/t/{TOKEN}/iclock/cdata?{query}", content=FACE_LINE)
        assert (answer.status_code, answer.text) == (400, "bad_serial")

    assert play(tmp_path, scene) == []


def test_a_terminal_s_table_of_people_is_answered_and_leaves_no_trace(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        path = f"/t/{TOKEN}/iclock/cdata?SN=CJDE193560303&table=OPERLOG"
        assert (await door.client.post(path, content=b"USER PIN=1\tName=Canary")).text == "OK"

    assert play(tmp_path, scene) == []
    assert dead_letters(tmp_path) == []
