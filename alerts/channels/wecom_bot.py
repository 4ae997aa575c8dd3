"""WeCom group robots (企业微信群机器人): Markdown to a group, 20 messages a minute.

The robot keeps no idempotency id, so a try whose answer never came may be seen twice.
Markdown mentions nobody by phone, so whoever is to be mentioned gets the plain text form.
Format: WeCom developer centre, group robots.
"""

import re

from alerts.budget import Budget
from alerts.channels.base import Outcome, Outgoing
from alerts.channels.caller import CallerSettings
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.markdown import card, text_with_link
from alerts.channels.robot import Robot

_TEXT_BYTES_MAX = 2_048
_MARKDOWN_BYTES_MAX = 4_096
_CODES = Codes("errcode", "errmsg", passing={"-1": 0.0, "45009": 60.0, "45033": 10.0})

_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s#]+\?key=[\w-]{8,64})(?:#(?P<mobile>\+?[0-9-]{5,20}))?"
)
_HINT = "the robot's URL with its key, and #mobile of whom to mention"


class WecomBotChannel(Robot[CallerSettings]):
    """Posts to robots; an address is the robot's URL and, after #, the mobile to mention."""

    name = "wecom_bot"
    codes = _CODES
    address = _ADDRESS
    hint = _HINT

    def message(
        self, out: Outgoing, parts: re.Match[str], now_ns: int
    ) -> tuple[str, dict[str, object]]:
        """See `Robot.message`."""
        del now_ns
        mobile = parts["mobile"]
        return parts["url"], _text(out, mobile) if mobile else _markdown(out)


def _markdown(out: Outgoing) -> dict[str, object]:
    said = card(out, _MARKDOWN_BYTES_MAX)
    return {"msgtype": "markdown", "markdown": {"content": said.text}}


def _text(out: Outgoing, mobile: str) -> dict[str, object]:
    content = text_with_link(out, _TEXT_BYTES_MAX)
    return {"msgtype": "text", "text": {"content": content, "mentioned_mobile_list": [mobile]}}


KIND = Kind(
    name="wecom_bot",
    zh="企业微信群",
    en="WeCom group",
    settings=CallerSettings,
    make=WecomBotChannel,
    address=_ADDRESS,
    hint=_HINT,
    budgets=(Budget(limit=18, window="1 min"),),  # 20 by its documents
    rush=True,
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
