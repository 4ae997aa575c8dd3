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

import msgspec
from pydantic import Field, SecretStr

from alerts.budget import Budget
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.markdown import Card, card

_BYTES_MAX = 20_000
_CODES = Codes("errcode", "errmsg", passing={"-1": 0.0, "130101": 600.0, "410100": 60.0})

_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s#]+\?access_token=[\w-]+)(?:#(?P<mobile>\+?[0-9-]{5,20}))?"
)


class DingtalkSettings(CallerSettings):
    """`secrets` holds each signing robot's secret (SEC...) by the end of its access token.

    A robot that is not in it must be secured by a keyword (`keyword` is put into each title)
    or by our address.
    """

    secrets: dict[str, SecretStr] = Field(default_factory=dict, max_length=100)
    keyword: str = Field(default="守望", max_length=20)


class DingtalkChannel:
    """Posts to robots; an address is the robot's URL and, after #, the mobile to mention."""

    name = "dingtalk"

    def __init__(self, settings: DingtalkSettings) -> None:
        self._caller = Caller(settings)
        self._secrets = settings.secrets
        self._keyword = settings.keyword

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Post once; ACCEPTED only when DingTalk says errcode 0."""
        parts = _ADDRESS.fullmatch(out.address)
        if parts is None:
            return Verdict(Outcome.PERMANENT, f"no robot's address: write {KIND.hint}")
        body = msgspec.json.encode(self._message(card(out, _BYTES_MAX), parts["mobile"]))
        url = parts["url"] + self._signature(parts["url"], now_ns)
        request = Request(url, body, {"content-type": "application/json"})
        return await self._caller.call(request, _CODES.judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()

    def _message(self, said: Card, mobile: str | None) -> dict[str, object]:
        mention = f"\n\n@{mobile}" if mobile else ""  # DingTalk alerts only who is in the text
        return {
            "msgtype": "markdown",
            "markdown": {
                "title": f"{self._keyword} {said.title}".strip(),
                "text": f"#### {self._keyword} {said.title}\n\n{said.text}{mention}",
            },
            "at": {"atMobiles": [mobile] if mobile else [], "isAtAll": False},
        }

    def _signature(self, url: str, now_ns: int) -> str:
        token = url.rpartition("access_token=")[2]
        found = (secret for end, secret in self._secrets.items() if token.endswith(end))
        secret = next(found, None)
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
    settings=DingtalkSettings,
    make=DingtalkChannel,
    address=_ADDRESS,
    hint="the robot's URL with its access_token, and #mobile of whom to mention",
    budgets=(Budget(limit=18, window="1 min"),),  # 20, then shut for ten minutes: keep clear of it
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
