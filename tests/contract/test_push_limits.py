"""What the HTTP door does with too much, too slow and too many, and how it opens."""

import asyncio
import gzip
import socket
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from edge.clock import ScaledClock
from edge.edge_settings import EdgeSettings, check
from edge.health import Health
from edge.intake_http import PushIntake
from edge.push_settings import read_credentials
from edge.settings import ConfigError
from tests.contract.push_door import (
    FINGER,
    FINGER_READ,
    LOGIN,
    Door,
    configured,
    play,
    run_by,
)


def form(*parts: tuple[bytes, bytes]) -> bytes:
    bodies = (b"--edge\r\nContent-Type: %s\r\n\r\n%s\r\n" % part for part in parts)
    return b"".join(bodies) + b"--edge--\r\n"


FORM = "multipart/form-data; boundary=edge"
PICTURE = (b"image/jpeg", b"CANARY" * 100_000)


def test_the_picture_beside_an_event_is_dropped_and_the_event_is_kept(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        sent = form(PICTURE, (b'application/json; charset="UTF-8"', FINGER), PICTURE)
        assert (await door.hikvision(sent, kind=FORM)).text == "OK"

    assert play(tmp_path, scene) == FINGER_READ
    assert b"CANARY" not in b"".join(f.read_bytes() for f in tmp_path.glob("journal.db*"))


@pytest.mark.parametrize(
    ("sent", "kind", "reason"),
    [
        (form(PICTURE), FORM, "no_text_part"),
        (form((b"text/xml", b"<a/>"))[:-4], FORM, "bad_multipart"),
        (form(*[(b"image/png", b"")] * 17), FORM, "bad_multipart"),
        (b"{}", "multipart/form-data", "bad_multipart"),
        (b"{}", f"multipart/form-data; boundary={'x' * 9_000}", "bad_multipart"),
    ],
)
def test_a_form_that_is_broken_or_holds_no_event_is_refused(
    tmp_path: Path, sent: bytes, kind: str, reason: str
) -> None:
    async def scene(door: Door) -> None:
        answer = await door.hikvision(sent, kind=kind)
        assert (answer.status_code, answer.text) == (400, reason)

    assert play(tmp_path, scene) == []


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b" " * (256 * 1024 + 1), "application/json"),
        (form((b"text/xml", b" " * (256 * 1024 + 1))), FORM),
    ],
)
def test_a_body_over_the_limit_is_refused_and_the_next_is_taken(
    tmp_path: Path, sent: bytes, kind: str
) -> None:
    async def scene(door: Door) -> None:
        assert (await door.hikvision(sent, kind=kind)).status_code == 413
        assert (await door.hikvision(FINGER)).text == "OK"

    assert play(tmp_path, scene) == FINGER_READ


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"POST /push/hikvision HTTP/1.1\r\nHost:", b""),
        (b"POST /push/hikvision HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", b"408"),
    ],
)
def test_a_client_that_does_not_finish_is_cut_off_and_holds_up_nobody(
    tmp_path: Path, sent: bytes, answer: bytes
) -> None:
    async def scene(door: Door) -> None:
        slow = asyncio.ensure_future(door.raw(sent))
        assert (await door.hikvision(FINGER)).text == "OK"
        assert (await slow)[9:12] == answer
        assert door.health.counted("pushes_refused", "slow") == 1

    assert play(tmp_path, scene) == FINGER_READ


def test_one_address_holds_half_of_the_connections_and_the_others_are_served(
    tmp_path: Path,
) -> None:
    async def scene(door: Door) -> None:
        held = [asyncio.ensure_future(door.raw(b"", host="127.0.0.2")) for _ in range(8)]
        await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)
        assert (await door.hikvision(FINGER)).text == "OK"
        await asyncio.gather(*held)
        assert door.health.counted("pushes_refused", "address") == 6

    assert play(tmp_path, scene) == FINGER_READ


def test_connections_beyond_the_limit_are_closed_at_once_and_counted(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        await asyncio.gather(*(door.raw(b"", host=f"127.0.0.{n}") for n in range(2, 10)))
        assert door.health.counted("pushes_refused", "connections") == 5
        assert (await door.hikvision(FINGER)).text == "OK"

    assert play(tmp_path, scene) == FINGER_READ


HEAD = b"POST /push/hikvision HTTP/1.1\r\nHost: a\r\nAuthorization: Basic %s\r\n" % b64encode(
    ":".join(LOGIN).encode()
)
LENGTH = b"Content-Length: %d\r\n"
MALFORMED = {
    "two lengths": HEAD + LENGTH % 2 + LENGTH % 3 + b"\r\n{}",
    "a negative length": HEAD + LENGTH % -2 + b"\r\n{}",
    "a chunk without a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "an encoding that nobody knows": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a NUL in the head": HEAD + b"X: \x00\r\n\r\n",
    "TLS where there is none": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    + bytes(80)
    + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_no_request_is_refused_and_counted(tmp_path: Path, what: str) -> None:
    async def scene(door: Door) -> None:
        assert b" 400 " in (await door.raw(MALFORMED[what]))[:16]
        assert door.health.counted("pushes_refused", "bad_request") == 1
        assert (await door.hikvision(FINGER)).text == "OK"

    assert play(tmp_path, scene) == FINGER_READ


def test_chunks_without_an_end_are_refused_at_the_limit_and_never_kept(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        chunk = b"10000\r\n" + b"CANARY--" * 8_192 + b"\r\n"
        await door.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 80)
        assert door.health.counted("pushes_refused", "too_large") == 1

    assert play(tmp_path, scene) == []
    assert b"CANARY" not in b"".join(f.read_bytes() for f in tmp_path.glob("journal.db*"))


def test_three_requests_in_one_go_are_answered_in_turn_and_a_copy_is_one_reading(
    tmp_path: Path,
) -> None:
    async def scene(door: Door) -> None:
        one = HEAD + b"Content-Type: application/json\r\n" + LENGTH % len(FINGER)
        answers = await door.raw(
            (one + b"\r\n" + FINGER) * 2 + one + b"Connection: close\r\n\r\n" + FINGER
        )
        assert answers.count(b"HTTP/1.1 200 OK") == 3

    assert play(tmp_path, scene) == FINGER_READ


def test_a_packed_body_is_never_unpacked(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        bomb = gzip.compress(bytes(64 * 2**20))
        answer = await door.client.post(
            "/push/hikvision", content=bomb, auth=LOGIN,
            headers={"content-type": "application/json", "content-encoding": "gzip"},
        )  # fmt: skip
        assert (answer.status_code, answer.text) == (400, "not_utf8")

    assert play(tmp_path, scene) == []


def test_an_edge_without_the_table_listens_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened: list[object] = []

    def refused(*_: object, **__: object) -> socket.socket:
        listened.append("")
        raise OSError("not here")

    async def scene(settings: EdgeSettings) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.2, stop.set)
        await run_by(settings, stop)

    monkeypatch.setattr(socket, "create_server", refused)
    settings = configured(tmp_path)
    asyncio.run(scene(settings.model_copy(update={"push": None})))
    assert not listened
    with pytest.raises(ExceptionGroup):
        asyncio.run(scene(settings))
    assert listened


def test_a_port_that_is_taken_ends_the_edge_and_says_so(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    assert settings.push is not None
    with (
        socket.create_server(("127.0.0.1", settings.push.port)),
        pytest.RaisesGroup(
            pytest.RaisesExc(OSError, match=r"choose another in \[push\]"), flatten_subgroups=True
        ),
    ):
        asyncio.run(run_by(settings, asyncio.Event()))


def test_every_secret_that_cannot_serve_is_a_fault_at_once(tmp_path: Path) -> None:
    configured(tmp_path)
    (tmp_path / "door.password").unlink()
    (tmp_path / "terminal.token").write_text("short", "utf-8")
    with pytest.raises(ConfigError) as caught:
        check(tmp_path / "edge.toml")
    told = [(fault.file.name, fault.key, fault.problem) for fault in caught.value.faults]
    assert told == [
        ("door.password", "push.device.0.secret_file", "No such file or directory"),
        ("terminal.token", "push.device.1.secret_file", "is too short"),
    ]


def test_a_door_whose_line_to_the_journal_is_closed_tells_to_come_again(tmp_path: Path) -> None:
    push = configured(tmp_path).push
    assert push is not None

    async def scene() -> httpx.Response:
        intake = PushIntake(
            push, read_credentials(push), lambda _: pytest.fail("it is closed"),
            clock=ScaledClock(1.0, 0, 0), health=Health(),
        )  # fmt: skip
        transport = httpx.ASGITransport(intake._app())
        async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
            return await client.post("/push/hikvision", content=FINGER, auth=LOGIN)

    answer = asyncio.run(scene())
    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (503, "5", "waiting")
