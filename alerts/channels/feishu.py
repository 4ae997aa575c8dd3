"""Feishu and Lark group robots (飞书群机器人): a card to a group, signed where asked for.

No idempotency id exists, so a try whose answer never came may be seen twice. A robot takes
100 messages a minute and 5 a second (code 11232). Format: Feishu Open Platform, custom bot.
"""

import base64
import hashlib
import hmac
import re

from pydantic import SecretStr

from alerts.budget import Budget
from alerts.channels.base import Outcome, Outgoing
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.markdown import card
from alerts.channels.robot import Robot, SigningSettings
from edge.reading import SECOND_NS

_BYTES_MAX = 18_000  # the robot takes 20 KB a request
_CODES = Codes("code", "msg", passing={"11232": 60.0, "11233": 60.0, "-1": 0.0})

_ADDRESS = re.compile(r"https?://[^\s#?]+/hook/(?P<token>[\w-]{8,64})")
_HINT = "the robot's URL, which ends in /hook/ and a token"


class FeishuChannel(Robot[SigningSettings]):
    """Posts cards to robots; an address is the robot's hook."""

    name = "feishu"
    codes = _CODES
    address = _ADDRESS
    hint = _HINT

    def message(
        self, out: Outgoing, parts: re.Match[str], now_ns: int
    ) -> tuple[str, dict[str, object]]:
        """See `Robot.message`."""
        said = card(out, _BYTES_MAX)
        content = f"{self._settings.keyword} {said.title}".strip()
        title = {"tag": "plain_text", "content": content}
        text = {"tag": "div", "text": {"tag": "lark_md", "content": said.text}}
        shown = {"header": {"title": title, "template": "red"}, "elements": [text]}
        message: dict[str, object] = {"msg_type": "interactive", "card": shown}
        return out.address, message | self._signature(parts["token"], now_ns)

    def _signature(self, token: str, now_ns: int) -> dict[str, object]:
        secret = self._settings.secret(token)
        if secret is None:
            return {}
        at_s = now_ns // SECOND_NS
        return {"timestamp": str(at_s), "sign": sign(secret, at_s)}


def sign(secret: SecretStr, at_s: int) -> str:
    """Feishu's signature of a moment: the HMAC of nothing, keyed by time and secret."""
    key = f"{at_s}\n{secret.get_secret_value()}"
    return base64.b64encode(hmac.digest(key.encode(), b"", hashlib.sha256)).decode()


KIND = Kind(
    name="feishu",
    zh="飞书",
    en="Feishu",
    settings=SigningSettings,
    make=FeishuChannel,
    address=_ADDRESS,
    hint=_HINT,
    budgets=(Budget(limit=90, window="1 min"), Budget(limit=4, window="1 s")),  # 100 and 5
    rush=True,
)

EXAMPLE = "http://127.0.0.1:{port}/open-apis/bot/v2/hook/0123abcd-4567"

RECORDED = (
    Recorded(Outcome.ACCEPTED, '{"code":0,"data":{},"msg":"success"}'),
    Recorded(Outcome.ACCEPTED, '{"StatusCode":0,"code":0,"msg":"success"}'),
    Recorded(Outcome.TEMPORARY, '{"code":11232,"msg":"frequency limited"}'),
    Recorded(Outcome.PERMANENT, '{"code":9499,"msg":"Bad Request","data":{}}'),
    Recorded(Outcome.PERMANENT, '{"code":19021,"msg":"sign match fail"}'),
    Recorded(Outcome.PERMANENT, '{"code":19022,"msg":"Ip Not Allowed"}'),
    Recorded(Outcome.PERMANENT, '{"code":19024,"msg":"Key Words Not Found"}'),
    Recorded(Outcome.PERMANENT, '{"code":19001,"msg":"param invalid"}'),
    Recorded(Outcome.UNKNOWN, ""),
    Recorded(Outcome.UNKNOWN, "<!doctype html><title>portal</title>"),
    Recorded(Outcome.UNKNOWN, "[0]"),
    Recorded(Outcome.PERMANENT, "", 301, {"location": "/elsewhere"}),
    Recorded(Outcome.TEMPORARY, "", 500),
    Recorded(Outcome.PERMANENT, '{"code":9499,"msg":"Bad Request"}', 400),
)  # fmt: skip
