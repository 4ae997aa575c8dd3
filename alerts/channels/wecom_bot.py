"""WeCom group robots (企业微信群机器人): Markdown to a group, 20 messages a minute.

The robot keeps no idempotency id, so a try whose answer never came may be seen twice.
Markdown mentions nobody by phone, so whoever is to be mentioned gets the plain text form.
Format: WeCom developer centre, group robots.
"""

import re

import msgspec

from alerts.budget import Budget
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.markdown import card

_TEXT_BYTES_MAX = 2_048
_MARKDOWN_BYTES_MAX = 4_096
_CODES = Codes("errcode", "errmsg", passing={"-1": 0.0, "45009": 60.0, "45033": 10.0})

_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s#]+\?key=[\w-]{8,64})(?:#(?P<mobile>\+?[0-9-]{5,20}))?"
)


class WecomBotSettings(CallerSettings):
    """Where the robots live; the key of each is in its address."""


class WecomBotChannel:
    """Posts to robots; an address is the robot's URL and, after #, the mobile to mention."""

    name = "wecom_bot"

    def __init__(self, settings: WecomBotSettings) -> None:
        self._caller = Caller(settings)

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Post once; ACCEPTED only when WeCom says errcode 0."""
        parts = _ADDRESS.fullmatch(out.address)
        if parts is None:
            return Verdict(Outcome.PERMANENT, f"no robot's address: write {KIND.hint}")
        mobile = parts["mobile"]
        body = msgspec.json.encode(_text(out, mobile) if mobile else _markdown(out))
        request = Request(parts["url"], body, {"content-type": "application/json"})
        return await self._caller.call(request, _CODES.judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()


def _markdown(out: Outgoing) -> dict[str, object]:
    said = card(out, _MARKDOWN_BYTES_MAX)
    return {"msgtype": "markdown", "markdown": {"content": said.text}}


def _text(out: Outgoing, mobile: str) -> dict[str, object]:
    link = card(out, _TEXT_BYTES_MAX).link
    room = _TEXT_BYTES_MAX - len(link.encode()) - 1
    words = out.text.encode()[:room].decode("utf-8", "ignore")
    content = f"{words}\n{link}" if link else words
    return {"msgtype": "text", "text": {"content": content, "mentioned_mobile_list": [mobile]}}


KIND = Kind(
    name="wecom_bot",
    zh="企业微信群",
    en="WeCom group",
    settings=WecomBotSettings,
    make=WecomBotChannel,
    address=_ADDRESS,
    hint="the robot's URL with its key, and #mobile of whom to mention",
    budgets=(Budget(limit=18, window="1 min"),),  # 20 by its documents
    account=lambda address: address.partition("#")[0],
)

EXAMPLE = "http://127.0.0.1:{port}/cgi-bin/webhook/send?key=0123abcd-4567#13800000001"

RECORDED = (
    Recorded(Outcome.ACCEPTED, '{"errcode":0,"errmsg":"ok"}'),
    Recorded(Outcome.TEMPORARY, '{"errcode":-1,"errmsg":"system busy"}'),
    Recorded(Outcome.TEMPORARY, '{"errcode":45009,"errmsg":"api freq out of limit"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":93000,"errmsg":"invalid webhook url, hint: [1594]"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":40008,"errmsg":"invalid message type"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":40058,"errmsg":"markdown.content exceed"}'),
    Recorded(Outcome.UNKNOWN, ""),
    Recorded(Outcome.UNKNOWN, "<html>wifi login</html>"),
    Recorded(Outcome.UNKNOWN, '{"errmsg":"ok"}'),
    Recorded(Outcome.PERMANENT, "", 302, {"location": "https://login.example/"}),
    Recorded(Outcome.TEMPORARY, "", 503, {"retry-after": "5"}),
)  # fmt: skip
