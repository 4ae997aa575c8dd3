"""DingTalk group robots (钉钉群机器人): Markdown to a group, signed with the robot's secret.

The robot keeps no idempotency id, so a try whose answer never came may be seen twice; the
code in the text tells people that it is the same. It allows 20 messages a minute and then
shuts for ten minutes (errcode 130101). Format: DingTalk Open Platform, custom robot access.
"""

import base64
import hashlib
import hmac
import re
from urllib.parse import urlencode

from pydantic import SecretStr

from alerts.budget import Budget
from alerts.channels.base import Outcome, Outgoing
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.markdown import card
from alerts.channels.robot import Robot, SigningSettings

_BYTES_MAX = 20_000
_CODES = Codes("errcode", "errmsg", passing={"-1": 0.0, "130101": 600.0, "410100": 60.0})

_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s#]+\?access_token=[\w-]+)(?:#(?P<mobile>\+?[0-9-]{5,20}))?"
)
_HINT = "the robot's URL with its access_token, and #mobile of whom to mention"


class DingtalkChannel(Robot[SigningSettings]):
    """Posts to robots; an address is the robot's URL and, after #, the mobile to mention."""

    name = "dingtalk"
    codes = _CODES
    address = _ADDRESS
    hint = _HINT

    def message(
        self, out: Outgoing, parts: re.Match[str], now_ns: int
    ) -> tuple[str, dict[str, object]]:
        """See `Robot.message`."""
        said, mobile, keyword = card(out, _BYTES_MAX), parts["mobile"], self._settings.keyword
        mention = f"\n\n@{mobile}" if mobile else ""  # DingTalk alerts only who is in the text
        text = f"#### {keyword} {said.title}\n\n{said.text}{mention}"
        return parts["url"] + self._signature(parts["url"], now_ns), {
            "msgtype": "markdown",
            "markdown": {"title": f"{keyword} {said.title}".strip(), "text": text},
            "at": {"atMobiles": [mobile] if mobile else [], "isAtAll": False},
        }

    def _signature(self, url: str, now_ns: int) -> str:
        secret = self._settings.secret(url.rpartition("access_token=")[2])
        if secret is None:
            return ""
        at_ms = now_ns // 1_000_000
        return "&" + urlencode({"timestamp": at_ms, "sign": sign(secret, at_ms)})


def sign(secret: SecretStr, at_ms: int) -> str:
    """DingTalk's signature of a moment: HMAC-SHA256 in base64, not yet quoted for a URL."""
    key = secret.get_secret_value()
    text = f"{at_ms}\n{key}"
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


KIND = Kind(
    name="dingtalk",
    zh="钉钉",
    en="DingTalk",
    settings=SigningSettings,
    make=DingtalkChannel,
    address=_ADDRESS,
    hint=_HINT,
    budgets=(Budget(limit=18, window="1 min"),),  # 20, then shut for ten minutes: keep clear of it
    rush=True,
    account=lambda address: address.partition("#")[0],
)

EXAMPLE = "http://127.0.0.1:{port}/robot/send?access_token=0123abcd#13800000001"

RECORDED = (
    Recorded(Outcome.ACCEPTED, '{"errcode":0,"errmsg":"ok"}'),
    Recorded(Outcome.TEMPORARY, '{"errcode":-1,"errmsg":"系统繁忙"}'),
    Recorded(Outcome.TEMPORARY, '{"errcode":130101,"errmsg":"send too fast"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":310000,"errmsg":"keywords not in content"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":310000,"errmsg":"sign not match"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":400402,"errmsg":"robot not found"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":300001,"errmsg":"token is not exist"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":90030,"errmsg":"refused"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":40035,"errmsg":"缺少参数 json"}'),
    Recorded(Outcome.UNKNOWN, ""),
    Recorded(Outcome.UNKNOWN, "<html><body>请登录</body></html>"),
    Recorded(Outcome.UNKNOWN, '{"code":0}'),
    Recorded(Outcome.PERMANENT, "", 302, {"location": "https://login.example/"}),
    Recorded(Outcome.TEMPORARY, "busy", 429, {"retry-after": "30"}),
    Recorded(Outcome.TEMPORARY, "bad gateway", 502),
)  # fmt: skip
