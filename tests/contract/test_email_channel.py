import asyncio
from email import message_from_string
from email.header import decode_header, make_header

import pytest

from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.email import EmailChannel, EmailSettings
from edge.reading import SECOND_NS
from simulators.mail_server import DROP, HANG, MailServer

NOW_NS = 1_800_000_000 * SECOND_NS
LINK = "http://127.0.0.1:8080/a/abc"
TEXT = "紧急 1栋1单元101：疑似长时间未用水\n.起始：11-22 01:00\n编号：1234"


def send(server: MailServer, address: str = "wang@example.org", tries: int = 1) -> list[Verdict]:
    async def session() -> list[Verdict]:
        async with server.serving() as port:
            channel = EmailChannel(
                EmailSettings.model_validate(
                    {
                        "host": "127.0.0.1",
                        "port": port,
                        "security": "none",
                        "sender": "alarm@shouwang.example",
                        "timeout": "1 s",
                    }
                )
            )
            out = Outgoing("n1", address, TEXT, {"data": {"link": LINK}}, NOW_NS)
            return [await channel.send(out, NOW_NS) for _ in range(tries)]

    return asyncio.run(session())


def test_a_mail_arrives_whole_under_the_same_id_on_every_try() -> None:
    server = MailServer()
    verdicts = send(server, tries=2)
    assert [verdict.outcome for verdict in verdicts] == [Outcome.ACCEPTED] * 2
    mails = [message_from_string(text) for text in server.texts]
    assert {mail["Message-ID"] for mail in mails} == {"<n1@shouwang.example>"}
    assert str(make_header(decode_header(mails[0]["Subject"]))).startswith("紧急 1栋1单元101")
    body = mails[0].get_payload(decode=True)
    assert isinstance(body, bytes)
    assert f"{TEXT}\n\n{LINK}" in body.decode().replace("\r\n", "\n")


ANSWERS = [
    ("", "421 come later", Outcome.TEMPORARY),
    ("", "554 no service for you", Outcome.PERMANENT),
    ("", DROP, Outcome.TEMPORARY),
    ("", HANG, Outcome.TEMPORARY),
    ("MAIL", "451 local error", Outcome.TEMPORARY),
    ("MAIL", "553 sender refused", Outcome.PERMANENT),
    ("RCPT", "550 no such user here", Outcome.PERMANENT),
    ("RCPT", "450 mailbox busy", Outcome.TEMPORARY),
    ("RCPT", "452 too many recipients", Outcome.TEMPORARY),
    ("DATA", "554 no valid recipients", Outcome.PERMANENT),
    ("DATA", DROP, Outcome.TEMPORARY),
    ("TEXT", "552 mailbox full", Outcome.PERMANENT),
    ("TEXT", "451 greylisted", Outcome.TEMPORARY),
    ("TEXT", HANG, Outcome.UNKNOWN),
    ("TEXT", DROP, Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("stage", "answer", "outcome"), ANSWERS)
def test_what_the_server_answers_decides_what_is_known(
    stage: str, answer: str, outcome: Outcome
) -> None:
    assert send(MailServer({stage: answer}))[0].outcome is outcome


def test_no_server_at_all_is_temporary() -> None:
    channel = EmailChannel(
        EmailSettings.model_validate(
            {"host": "127.0.0.1", "port": 1, "security": "none", "sender": "a@b.example"}
        )
    )
    out = Outgoing("n1", "wang@example.org", TEXT, {}, NOW_NS)
    assert asyncio.run(channel.send(out, NOW_NS)).outcome is Outcome.TEMPORARY


@pytest.mark.parametrize("address", ["", "wang", "a@b", "a@b.example\nbcc:x@y.example", "<a@b.cn>"])
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    server = MailServer()
    assert send(server, address)[0].outcome is Outcome.PERMANENT
    assert server.texts == []
