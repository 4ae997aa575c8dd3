"""Calls with a keypad, through an adapter between us and a telephone exchange or a service.

We post the adapter a signed order: whom to call, what to say, which keys to take. It calls
our door back, signed by the same key, with what became of the call and which key was pressed
(docs/channels.md has both forms). A key acts on the incident at once, without a code.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from pydantic import Field

from alerts.budget import Budget
from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt, Verdict
from alerts.channels.callback import Call, Heard, Refusal, Refused
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.signature import Signature, read_key
from alerts.channels.sms import national
from alerts.message import plain
from edge.settings import DurationS

_SPOKEN_UNITS_MAX = 300
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_CODES = Codes(
    "status",
    "reason",
    taken="accepted",
    passing={"busy": 10.0, "throttled": 30.0, "unavailable": 0.0},
    message_id="call",
)

# What the keys mean is `alerts.reply.DIGITS`; here is only what the voice says of them.
_KEYS: Mapping[str, Mapping[str, str]] = {
    "zh": {"1": "收到", "2": "已到", "3": "误报", "4": "平安", "5": "需要支援"},
    "en": {"1": "I go", "2": "I am there", "3": "false alarm", "4": "all is well", "5": "help"},
}
_SPOKEN: Mapping[str, str] = {
    "zh": "守望来电。{place}，{title}。{action}",
    "en": "Shouwang calling. {place}: {title}. {action}",
}
_PROMPT: Mapping[str, str] = {"zh": "{word}请按{key}", "en": "for {word} press {key}"}
CHECK_TYPE = "resident.check"
"""The type of a call that asks a resident whether all is well; see alerts.check for the keys."""
_CHECK_KEYS: Mapping[str, Mapping[str, str]] = {
    "zh": {"1": "平安", "2": "需要帮助"},
    "en": {"1": "I am well", "2": "I need help"},
}
_ASKS: Mapping[object, Mapping[str, Mapping[str, str]]] = {
    "incident.alert": _KEYS,
    "incident.support": _KEYS,
    CHECK_TYPE: _CHECK_KEYS,
}

# What the adapter says of a call, and what it means for the message.
_EVENTS: Mapping[str, tuple[Outcome, str]] = {
    "ringing": (Outcome.ACCEPTED, "it rings"),
    "answered": (Outcome.DELIVERED, "a person answered"),
    "machine": (Outcome.TEMPORARY, "a machine answered"),
    "no_answer": (Outcome.TEMPORARY, "nobody answered"),
    "busy": (Outcome.TEMPORARY, "the line is busy"),
    "rejected": (Outcome.TEMPORARY, "the call was turned away"),
    "unreachable": (Outcome.TEMPORARY, "the phone is off or out of reach"),
    "failed": (Outcome.TEMPORARY, "the call could not be set up"),
    "bad_number": (Outcome.PERMANENT, "there is no such number"),
}
_PRESSED = "key"


class VoiceSettings(CallerSettings):
    """One adapter: `url` takes orders, `secret_file` holds the key of both directions.

    `callback_url` is this gateway as the adapter sees it. A call is given up by the adapter
    after it has rung for `ring`.
    """

    url: str = Field(pattern=r"^https?://\S+$", max_length=500)
    secret_file: Path
    callback_url: str = Field(pattern=r"^https?://[^\s/?#]+$", max_length=200)
    ring: DurationS = Field(default=30.0, ge=5, le=120)


class VoiceChannel:
    """Orders calls from one adapter.

    The adapter tells orders by their id: one that rings or was answered is not called again,
    one whose call found nobody is.
    """

    name = "voice"

    def __init__(self, settings: VoiceSettings) -> None:
        self._settings = settings
        self._signature = Signature(read_key(settings.secret_file))
        self._caller = Caller(settings)

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Order the call once; ACCEPTED says that the adapter will make it."""
        if not _NUMBER.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, f"no phone number: write {KIND.hint}")
        body = msgspec.json.encode({"type": "call.order", "data": self._order(out)})
        headers = self._signature.headers(out.idempotency_id, body, now_ns)
        request = Request(self._settings.url, body, headers)
        return await self._caller.call(request, _CODES.judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()

    def _order(self, out: Outgoing) -> dict[str, object]:
        said = out.payload.get("data")
        parts = said if isinstance(said, Mapping) else {}
        lang: Literal["zh", "en"] = "en" if parts.get("lang") == "en" else "zh"
        asks = _ASKS.get(out.payload.get("type"))
        keys = asks[lang] if asks else {}
        return {
            "id": out.idempotency_id,
            "number": out.address,
            "lang": lang,
            "text": spoken(parts, lang) or plain(out.text, _SPOKEN_UNITS_MAX),
            "prompt": _prompt(keys, lang),
            "keys": keys,
            "ring_s": self._settings.ring,
            "callback": f"{self._settings.callback_url}/in/voice/events",
        }


def spoken(parts: Mapping[str, object], lang: Literal["zh", "en"]) -> str:
    """What the voice says of an incident; empty where the parts of a message are missing."""
    words = {name: plain(str(parts.get(name, "")), 200) for name in ("place", "title", "action")}
    if not words["place"]:
        return ""
    return plain(_SPOKEN[lang].format_map(words), _SPOKEN_UNITS_MAX)


def _prompt(keys: Mapping[str, str], lang: Literal["zh", "en"]) -> str:
    comma = "，" if lang == "zh" else ", "
    return comma.join(_PROMPT[lang].format(word=word, key=key) for key, word in keys.items())


class _Said(msgspec.Struct, frozen=True):
    id: str
    event: str
    number: str = ""
    key: str = ""


class _Event(msgspec.Struct, frozen=True):
    data: _Said


class VoiceCallback:
    """Reads the adapter's signed events."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature

    def read(self, call: Call, now_ns: int) -> Heard:
        """See `Callback.read`; an event is known by its `webhook-id`, however often it comes."""
        event_id = self._signature.known(call.headers, call.body, now_ns)
        try:
            said = msgspec.json.decode(call.body, type=_Event).data
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(Refusal.MALFORMED, str(error)) from None
        if said.event == _PRESSED:
            number = national(said.number)
            return Heard((Inbound(event_id, number, said.key, now_ns, about=said.id),))
        if said.event not in _EVENTS:
            raise Refused(Refusal.MALFORMED, f"no event is called {said.event[:32]!r}")
        outcome, reason = _EVENTS[said.event]
        return Heard((Receipt(said.id[:100], outcome, reason, now_ns, said.event),))


KIND = Kind(
    name="voice",
    zh="电话",
    en="Call",
    settings=VoiceSettings,
    make=VoiceChannel,
    address=_NUMBER,
    hint="a phone number in digits",
    budgets=(Budget(limit=2, window="1 min", kept=0.0),),  # nobody is rung up without a pause
    check=lambda settings: read_key(settings.secret_file),
    callback=lambda settings: VoiceCallback(Signature(read_key(settings.secret_file))),
)

EXAMPLE = "13800000001"

RECORDED = (
    Recorded(Outcome.ACCEPTED, '{"status":"accepted","call":"c1"}'),
    Recorded(Outcome.TEMPORARY, '{"status":"busy","reason":"every line is in use"}'),
    Recorded(Outcome.TEMPORARY, '{"status":"throttled","reason":"too many calls"}'),
    Recorded(Outcome.TEMPORARY, '{"status":"unavailable","reason":"the exchange is away"}'),
    Recorded(Outcome.PERMANENT, '{"status":"bad_number"}'),
    Recorded(Outcome.PERMANENT, '{"status":"refused","reason":"no credit"}'),
    Recorded(Outcome.UNKNOWN, ""),
    Recorded(Outcome.UNKNOWN, "<html>login</html>"),
    Recorded(Outcome.UNKNOWN, '{"call":"c1"}'),
    Recorded(Outcome.PERMANENT, '{"error":"bad signature"}', 401),
    Recorded(Outcome.TEMPORARY, "", 429, {"retry-after": "5"}),
    Recorded(Outcome.PERMANENT, "", 302, {"location": "https://login.example/"}),
)  # fmt: skip
