"""E-mail by SMTP (RFC 5321), one recipient a message.

The Message-ID is the same on every try, so that a mailbox that sorts out repeats can. Until
the server has been given the text nothing was sent; once it has, only its own answer tells,
and an answer that never came is UNKNOWN.
"""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from alerts.channels import secret
from alerts.channels.answer import visible
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.catalog import ChannelSettings, Kind
from alerts.channels.markdown import card
from edge.reading import SECOND_NS
from edge.settings import DurationS

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_SUBJECT_LENGTH = 100
_BYTES_MAX = 64 * 1024
_AT_ONCE = 4


class EmailSettings(ChannelSettings):
    """One mail server. `security` is TLS from the first byte, STARTTLS, or none (loopback)."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=465, ge=1, le=65_535)
    security: Literal["tls", "starttls", "none"] = "tls"
    sender: str = Field(pattern=f"^{_ADDRESS.pattern}$")
    username: str | None = None
    password_file: Path | None = None
    timeout: DurationS = Field(default=15.0, gt=0, le=120)


class _Refused(Exception):  # noqa: N818  (the server's word, not a fault)
    """The server has answered no at some stage of the talk."""

    def __init__(self, code: int, text: bytes, stage: str) -> None:
        super().__init__(f"{stage}: {code} {visible(text[:200].decode('utf-8', 'replace'))}")
        self.code = code


class EmailChannel:
    """Sends through one server, at most four messages at once, each on its own connection."""

    name = "email"

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._password = secret.read(settings.password_file) if settings.password_file else None
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Send once, in a thread; ACCEPTED says that the server has taken the text."""
        if not _ADDRESS.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, f"no e-mail address: write {KIND.hint}")
        message = self._message(out, now_ns)
        async with self._free:
            return await asyncio.to_thread(self._talk, message, out.address)

    async def aclose(self) -> None:
        """Nothing is held between messages."""

    def _message(self, out: Outgoing, now_ns: int) -> EmailMessage:
        said = card(out, _BYTES_MAX)
        message = EmailMessage()
        message["Subject"] = visible(said.title)[:_SUBJECT_LENGTH]
        message["From"] = self._settings.sender
        message["To"] = out.address
        message["Date"] = format_datetime(datetime.fromtimestamp(now_ns // SECOND_NS, UTC))
        domain = self._settings.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{out.idempotency_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        text = f"{out.text}\n\n{said.link}\n" if said.link else f"{out.text}\n"
        message.set_content(text, cte="base64")  # not every server takes eight bits
        return message

    def _talk(self, message: EmailMessage, address: str) -> Verdict:
        try:
            with self._connected() as server:
                self._introduce(server, address)
                return _hand_over(server, message)
        except _Refused as refused:
            return Verdict(_outcome(refused.code), str(refused))
        except smtplib.SMTPResponseException as error:
            code, text = error.smtp_code, error.smtp_error
            told = text if isinstance(text, bytes) else text.encode()
            return Verdict(_outcome(code), str(_Refused(code, told, "refused")))
        except (OSError, smtplib.SMTPException) as error:
            return Verdict(Outcome.TEMPORARY, f"no talk with the server: {type(error).__name__}")

    def _connected(self) -> smtplib.SMTP:
        settings, context = self._settings, ssl.create_default_context()
        if settings.security == "tls":
            return smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout, context=context
            )
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        if settings.security == "starttls":
            server.starttls(context=context)
        return server

    def _introduce(self, server: smtplib.SMTP, address: str) -> None:
        if self._settings.username and self._password:
            server.login(self._settings.username, self._password.get_secret_value())
        else:
            server.ehlo_or_helo_if_needed()
        for stage, (code, text) in (
            ("sender", server.mail(self._settings.sender)),
            ("recipient", server.rcpt(address)),
        ):
            if code not in {250, 251}:
                raise _Refused(code, text, stage)


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> Verdict:
    code, text = server.docmd("data")
    if code != _GO_ON:
        raise _Refused(code, text, "text")
    try:
        server.send(_on_the_wire(message))
        code, text = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        reason = f"the answer to the text never came: {type(error).__name__}"
        return Verdict(Outcome.UNKNOWN, reason)
    if code != _TAKEN:
        raise _Refused(code, text, "text")
    return Verdict(Outcome.ACCEPTED, "the mail server has it")


_GO_ON, _TAKEN = 354, 250


def _on_the_wire(message: EmailMessage) -> bytes:
    """The message with CRLF lines, a leading dot doubled, and the end of it (RFC 5321, 4.5.2)."""
    lines = message.as_bytes().splitlines()
    stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"\r\n".join([*stuffed, b".", b""])


def _outcome(code: int) -> Outcome:
    """4yz may pass, 5yz will not (RFC 5321, 4.2.1); -1 is a broken answer before the text."""
    return _CLASSES.get(code // 100, Outcome.TEMPORARY)


_CLASSES: Mapping[int, Outcome] = {4: Outcome.TEMPORARY, 5: Outcome.PERMANENT}


KIND = Kind(
    name="email",
    zh="邮件",
    en="E-mail",
    settings=EmailSettings,
    make=EmailChannel,
    address=_ADDRESS,
    hint="an e-mail address",
    check=lambda settings: settings.password_file and secret.read(settings.password_file),
)
