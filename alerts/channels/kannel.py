"""Text messages through Kannel, an SMS gateway for modems, SMPP links and HTTP carriers.

`sendsms` takes a text; Kannel then tells at our door what became of it, and what people
answer. It keeps no idempotency id, so a try whose answer never came may be seen twice, with
the same code. Format: Kannel 1.4.5 user guide, SMS push and delivery reports.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from pydantic import Field

from alerts.channels import answer, secret
from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt, Verdict
from alerts.channels.callback import (
    Call,
    CallbackSettings,
    Heard,
    Refusal,
    Refused,
    behind,
)
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.coded import Recorded
from alerts.channels.sms import NUMBER, UNITS_MAX, national
from alerts.message import units

_EXCERPT_LENGTH = 200
_EVERY_REPORT = 31  # delivered, failed, buffered, taken, refused

# The number that `sendsms` answers 202 with (user guide, table "sendsms reply codes").
_TAKEN: Mapping[bytes, str] = {
    b"0": "Kannel has handed it on",
    b"3": "in Kannel's queue: its carrier is away",
}
# The type of a delivery report (user guide, "delivery reports").
_REPORTS: Mapping[str, tuple[Outcome, str]] = {
    "1": (Outcome.DELIVERED, "delivered"),
    "2": (Outcome.PERMANENT, "the network could not deliver it"),
    "4": (Outcome.ACCEPTED, "the network is still trying"),
    "8": (Outcome.ACCEPTED, "taken by the network"),
    "16": (Outcome.PERMANENT, "the carrier refused it"),
}
_GAVE_UP: Final = "NACK/Retries Exceeded"
"""Kannel's own word under type 16 when its carrier was only busy, each time that it tried."""
_UNICODE: Final = "2"


class KannelSettings(CallerSettings):
    """One smsbox: `url` is its sendsms service, `username` and `secret_file` its sendsms-user.

    Without `callback` nothing is ever known to be delivered, and no answers come in.
    """

    url: str = Field(
        default="http://127.0.0.1:13013/cgi-bin/sendsms", pattern=r"^https?://[^\s?#]+$"
    )
    username: str = Field(min_length=1, max_length=64)
    secret_file: Path
    sender: str = Field(default="", pattern=r"^(?:\+?[0-9]{3,20})?$")
    callback: CallbackSettings | None = None


class KannelChannel:
    """Sends through one smsbox."""

    name = "kannel"

    def __init__(self, settings: KannelSettings) -> None:
        self._settings = settings
        self._password = secret.read(settings.secret_file)
        self._door = settings.callback.door(self.name) if settings.callback else ""
        self._caller = Caller(settings)

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Ask once; ACCEPTED says that Kannel has the text in its own store."""
        if not NUMBER.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, f"no phone number: write {KIND.hint}")
        if not 0 < units(out.text) <= UNITS_MAX:
            reason = f"{units(out.text)} UTF-16 units are not one SMS of 1 to {UNITS_MAX}"
            return Verdict(Outcome.PERMANENT, reason)
        url = f"{self._settings.url}?{urlencode(self._parameters(out))}"
        return await self._caller.call(Request(url, method="GET"), judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()

    def _parameters(self, out: Outgoing) -> dict[str, str]:
        asked = {
            "username": self._settings.username,
            "password": self._password.get_secret_value(),
            "to": out.address,
            "coding": _UNICODE,
            "charset": "UTF-8",
            "text": out.text,
        }
        if self._settings.sender:
            asked["from"] = self._settings.sender
        if self._door:
            asked["dlr-mask"] = str(_EVERY_REPORT)
            asked["dlr-url"] = f"{self._door}/dlr?id={out.idempotency_id}&type=%d&said=%A"
        return asked


def judge(status: int, headers: dict[str, str], body: bytes, now_ns: int) -> Verdict:
    """What became of the text; see `answer.judge` for the arguments."""
    if not 200 <= status < 300:  # noqa: PLR2004  (RFC 9110, 15.3)
        return answer.judge(status, headers, body, now_ns)
    number, colon, _ = body.partition(b":")
    if colon and number in _TAKEN:
        return Verdict(Outcome.ACCEPTED, _TAKEN[number])
    said = answer.visible(body[:_EXCERPT_LENGTH].decode("utf-8", "replace"))
    return Verdict(Outcome.UNKNOWN, f"HTTP {status}, but no answer of Kannel: {said}".strip())


class KannelCallback:
    """Reads `.../SECRET/dlr` and `.../SECRET/mo`, as config/kannel.conf has Kannel call them."""

    def __init__(self, own: str) -> None:
        self._own = own

    def read(self, call: Call, now_ns: int) -> Heard:
        """See `Callback.read`; a text message is in the character set that Kannel names."""
        reader = _READERS.get(behind(self._own, call))
        if reader is None:
            raise Refused(Refusal.MALFORMED, "neither dlr nor mo")
        asked = call.asked("latin-1")  # one character a byte: the fields differ in their set
        try:
            return Heard((reader(asked, now_ns),))
        except KeyError as missing:
            raise Refused(Refusal.MALFORMED, f"the field {missing} is missing") from None


def _report(asked: Mapping[str, str], now_ns: int) -> Receipt:
    kind, said = asked["type"], answer.visible(asked.get("said", ""))[:_EXCERPT_LENGTH]
    if kind not in _REPORTS:
        raise Refused(Refusal.MALFORMED, f"no delivery report has the type {kind[:8]!r}")
    outcome, meaning = _REPORTS[kind]
    if outcome is Outcome.PERMANENT and said.startswith(_GAVE_UP):
        outcome, meaning = Outcome.TEMPORARY, "the carrier stayed busy"
    reason = f"{meaning}: {said}" if said else meaning
    return Receipt(asked["id"][:100], outcome, reason, now_ns, f"dlr/{kind}")


def _text(asked: Mapping[str, str], now_ns: int) -> Inbound:
    raw = asked["text"].encode("latin-1")
    charset = "utf-16-be" if asked.get("coding") == _UNICODE else "utf-8"
    text = raw.decode(charset, "replace")
    return Inbound(asked["id"][:100], national(asked["from"]), text, now_ns)


_READERS: Mapping[str, Callable[[Mapping[str, str], int], Receipt | Inbound]] = {
    "dlr": _report,
    "mo": _text,
}


def _callback(settings: KannelSettings) -> KannelCallback | None:
    return KannelCallback(settings.callback.secret()) if settings.callback else None


KIND = Kind(
    name="kannel",
    zh="短信网关",
    en="SMS gateway",
    settings=KannelSettings,
    make=KannelChannel,
    address=NUMBER,
    hint="a phone number in digits",
    short=True,
    check=lambda settings: (secret.read(settings.secret_file), _callback(settings)),
    callback=_callback,
)

EXAMPLE = "13800000001"

RECORDED = (
    Recorded(Outcome.ACCEPTED, "0: Accepted for delivery", 202),
    Recorded(Outcome.ACCEPTED, "3: Queued for later delivery", 202),
    Recorded(Outcome.TEMPORARY, "Temporal failure, try again later.", 503),
    Recorded(Outcome.PERMANENT, "Authorization failed for sendsms", 403),
    Recorded(Outcome.PERMANENT, "Missing receiver and/or sender number, rejected", 400),
    Recorded(Outcome.PERMANENT, "Number(s) has/have been denied by black-lists.", 403),
    Recorded(Outcome.PERMANENT, "Garbage 'to' field, rejected.", 400),
    Recorded(Outcome.UNKNOWN, ""),
    Recorded(Outcome.UNKNOWN, "<html>wifi login</html>"),
    Recorded(Outcome.UNKNOWN, "OK"),
    Recorded(Outcome.UNKNOWN, '{"code":0}'),
    Recorded(Outcome.PERMANENT, "", 302, {"location": "https://login.example/"}),
)  # fmt: skip
