"""The webhook channel against a real HTTP receiver on loopback."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from alerts.channels.base import Outcome, Outgoing
from alerts.channels.webhook import PAYLOAD_BYTES_MAX, WebhookChannel, WebhookSettings
from edge.clock import SystemClock
from edge.settings import ConfigError
from simulators.webhook_sink import Answer, WebhookSink, refusal

SECRET = "whsec_" + "c2hvdXdhbmctc2hvdXdhbmctc2hvdXdhbmc="
ANSWERS = [
    (Answer(200), Outcome.ACCEPTED),
    (Answer(204), Outcome.ACCEPTED),
    (Answer(200, b"thank you"), Outcome.ACCEPTED),
    (refusal(errcode=0, errmsg="ok"), Outcome.ACCEPTED),
    (Answer(200, b" " * 300_000), Outcome.ACCEPTED),
    (refusal(errcode=130101, errmsg="send too fast"), Outcome.TEMPORARY),
    (refusal(errcode=310000, errmsg="sign not match"), Outcome.PERMANENT),
    (refusal(code=9499, msg="Bad Request"), Outcome.PERMANENT),
    (Answer(301, headers={"location": "/other"}), Outcome.PERMANENT),
    (Answer(302, headers={"location": "/other"}), Outcome.PERMANENT),
    (Answer(307, headers={"location": "/other"}), Outcome.PERMANENT),
    (Answer(400, b"bad"), Outcome.PERMANENT),
    (Answer(401), Outcome.PERMANENT),
    (Answer(404), Outcome.PERMANENT),
    (Answer(410), Outcome.PERMANENT),
    (Answer(429, headers={"retry-after": "17"}), Outcome.TEMPORARY),
    (Answer(500), Outcome.TEMPORARY),
    (Answer(503, b"x" * 300_000), Outcome.TEMPORARY),
    (Answer(drop=True), Outcome.UNKNOWN),
    (Answer(hang=True), Outcome.UNKNOWN),
    (Answer(200, b"{", headers={"content-length": "100"}), Outcome.UNKNOWN),
    (Answer(500, b"{", headers={"content-length": "100"}), Outcome.TEMPORARY),
]


@dataclass
class Post:
    """A sink and a channel that may reach it."""

    sink: WebhookSink
    channel: WebhookChannel
    url: str
    clock: SystemClock

    def out(self, webhook_id: str = "I7f3a/0/0/grid1/webhook") -> Outgoing:
        payload: dict[str, object] = {"place": "3栋2单元301", "n": 1}
        return Outgoing(webhook_id, self.url, "text", payload, 0)

    async def send(self) -> Outcome:
        return (await self.channel.send(self.out(), self.clock.now_ns())).outcome


def settings(folder: Path, **more: object) -> WebhookSettings:
    (folder / "secret").write_text(SECRET)
    known = {"secret_file": folder / "secret", "private_networks": ["127.0.0.0/8"]}
    return WebhookSettings.model_validate(known | {"timeout": "500 ms"} | more)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Post]:
    clock = SystemClock()
    sink = WebhookSink(clock, SECRET)
    channel = WebhookChannel(settings(folder))
    async with sink.serving() as url:
        yield Post(sink, channel, url, clock)
    await channel.aclose()


def run(folder: Path, scenario: Callable[[Post], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(folder) as post:
            await scenario(post)

    asyncio.run(main())


@pytest.mark.parametrize(("answer", "outcome"), ANSWERS)
def test_every_answer_has_one_meaning(tmp_path: Path, answer: Answer, outcome: Outcome) -> None:
    async def scenario(post: Post) -> None:
        post.sink.script.append(answer)
        assert await post.send() is outcome
        assert len(post.sink.calls) == 1  # no redirect was followed, no retry made

    run(tmp_path, scenario)


def test_the_provider_says_when_to_come_back(tmp_path: Path) -> None:
    async def scenario(post: Post) -> None:
        post.sink.script.append(Answer(429, headers={"Retry-After": "17"}))
        verdict = await post.channel.send(post.out(), post.clock.now_ns())
        assert verdict.retry_after_s == 17.0

    run(tmp_path, scenario)


def test_a_retry_carries_the_same_webhook_id_and_a_fresh_signature(tmp_path: Path) -> None:
    async def scenario(post: Post) -> None:
        post.sink.script += [Answer(500), Answer(drop=True)]
        outcomes = [await post.send() for _ in range(3)]
        assert outcomes == [Outcome.TEMPORARY, Outcome.UNKNOWN, Outcome.ACCEPTED]
        assert {call.webhook_id for call in post.sink.calls} == {"I7f3a/0/0/grid1/webhook"}
        assert [call.repeat for call in post.sink.calls] == [False, True, True]
        assert post.sink.repeats == 2
        assert all(call.signed for call in post.sink.calls)

    run(tmp_path, scenario)


def test_the_signature_verifies_as_the_specification_says(tmp_path: Path) -> None:
    async def scenario(post: Post) -> None:
        await post.send()
        call = post.sink.calls[0]
        assert Webhook(SECRET).verify(call.body, call.headers) == post.out().payload
        assert json.loads(call.body)["place"] == "3栋2单元301"

    run(tmp_path, scenario)


def test_a_signature_by_another_key_is_seen(tmp_path: Path) -> None:
    async def scenario(post: Post) -> None:
        known = settings(tmp_path)
        known.secret_file.write_text("whsec_" + "A" * 32)
        stranger = WebhookChannel(known)
        await stranger.send(post.out(), post.clock.now_ns())
        await stranger.aclose()
        assert [call.signed for call in post.sink.calls] == [False]

    run(tmp_path, scenario)


def test_nobody_listening_is_a_refusal_for_now(tmp_path: Path) -> None:
    async def scenario(post: Post) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        out = Outgoing("id", f"http://127.0.0.1:{port}/", "", {}, 0)
        assert (await post.channel.send(out, 0)).outcome is Outcome.TEMPORARY

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("http://10.0.0.1/", Outcome.PERMANENT),
        ("http://169.254.169.254/latest/meta-data/", Outcome.PERMANENT),
        ("http://[::1]/", Outcome.PERMANENT),
        ("http://inside.example.com/", Outcome.PERMANENT),
        ("http://gone.example.com/", Outcome.TEMPORARY),
        ("http://slow.example.com/", Outcome.TEMPORARY),
        ("gopher://hook.example.com/", Outcome.PERMANENT),
        ("", Outcome.PERMANENT),
    ],
)
def test_an_address_that_may_not_be_called_never_is(
    tmp_path: Path, address: str, outcome: Outcome
) -> None:
    async def resolve(host: str, _port: int) -> list[str]:
        if host.startswith("slow"):
            await asyncio.Event().wait()
        return ["192.168.0.1"] if host.startswith("inside") else []

    async def main() -> Outcome:
        known = settings(tmp_path, connect_timeout="50 ms")
        channel = WebhookChannel(known, resolve=resolve)
        verdict = await channel.send(Outgoing("id", address, "", {}, 0), 0)
        await channel.aclose()
        return verdict.outcome

    assert asyncio.run(main()) is outcome


def test_a_name_is_called_at_the_address_that_was_judged(tmp_path: Path) -> None:
    async def scenario(post: Post) -> None:
        async def resolve(_host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        channel = WebhookChannel(settings(tmp_path), resolve=resolve)
        out = Outgoing("id", f"http://desk.example.com:{post.sink.port}/hook", "", {}, 0)
        assert (await channel.send(out, post.clock.now_ns())).outcome is Outcome.ACCEPTED
        assert post.sink.calls[0].headers["host"] == f"desk.example.com:{post.sink.port}"
        await channel.aclose()

    run(tmp_path, scenario)


def test_no_log_line_shows_an_address_with_its_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(post: Post) -> None:
        out = Outgoing("id", f"{post.url}?key=693axxx", "", {}, 0)
        assert (await post.channel.send(out, 0)).outcome is Outcome.ACCEPTED

    with caplog.at_level(logging.DEBUG):
        run(tmp_path, scenario)
    assert "693axxx" not in caplog.text


def test_a_payload_beyond_the_limit_is_refused_for_good(tmp_path: Path) -> None:
    async def scenario(post: Post) -> None:
        out = Outgoing("id", post.url, "", {"x": "y" * PAYLOAD_BYTES_MAX}, 0)
        assert (await post.channel.send(out, 0)).outcome is Outcome.PERMANENT
        assert not post.sink.calls

    run(tmp_path, scenario)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_c2hvcnQ=", "密", SECRET[6:]])
def test_a_secret_that_is_no_key_is_a_fault(tmp_path: Path, secret: str) -> None:
    known = settings(tmp_path)
    known.secret_file.write_text(secret)
    with pytest.raises(ConfigError, match="write one line: whsec_"):
        WebhookChannel(known)


def test_a_fault_does_not_print_the_secret(tmp_path: Path) -> None:
    known = settings(tmp_path)
    known.secret_file.write_text(SECRET[6:])
    with pytest.raises(ConfigError) as caught:
        WebhookChannel(known)
    assert SECRET[6:] not in str(caught.value)


def test_a_missing_secret_is_a_fault(tmp_path: Path) -> None:
    known = settings(tmp_path)
    (tmp_path / "secret").unlink()
    with pytest.raises(ConfigError, match="No such file"):
        WebhookChannel(known)
