"""WeCom applications (企业微信应用消息): a message to one member, known by their user id.

WeCom drops a repeat of the same message for some hours, so a try whose answer never came
can be made again. errcode 0 is no success while the member is among `invaliduser`. Format:
WeCom developer centre, sending application messages.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from pydantic import Field

from alerts.channels import secret
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.markdown import text_with_link

_BYTES_MAX = 2_048
_REPEAT_S = 4 * 3_600  # WeCom's own maximum
_STALE_TOKEN = frozenset({"40014", "42001", "40001"})
_CODES = Codes(
    "errcode", "errmsg", passing={"-1": 0.0, "45009": 60.0, "45033": 10.0}, message_id="msgid"
)

_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class WecomAppSettings(CallerSettings):
    """One application: `secret_file` holds its secret, in one line."""

    corp_id: str = Field(pattern=r"^[A-Za-z0-9]{4,64}$")
    agent_id: int = Field(ge=1)
    secret_file: Path
    url: str = Field(default="https://qyapi.weixin.qq.com", pattern=r"^https?://[^\s/]+$")


class WecomAppChannel:
    """Sends as one application; its access token is fetched when needed and kept."""

    name = "wecom_app"

    def __init__(self, settings: WecomAppSettings) -> None:
        self._settings = settings
        self._secret = secret.read(settings.secret_file)
        self._caller = Caller(settings)
        self._token = ""

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Send once; ACCEPTED only when WeCom has taken it for this very member."""
        if not _ADDRESS.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, f"no member's id: write {KIND.hint}")
        for _ in range(2):  # an access token may have ended before its time
            if not self._token and (refused := await self._log_in(now_ns)):
                return refused
            verdict = await self._send(out, now_ns)
            if self._token:
                return verdict
        return verdict

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()

    async def _log_in(self, now_ns: int) -> Verdict | None:
        """Fetch a token; what refused it, if it was."""
        who = {"corpid": self._settings.corp_id, "corpsecret": self._secret.get_secret_value()}
        url = f"{self._settings.url}/cgi-bin/gettoken?{urlencode(who)}"
        verdict = await self._caller.call(Request(url, method="GET"), self._take_token, now_ns)
        if self._token:
            return None
        # No message was on its way yet, so whatever became of this call, it may be tried again.
        known = verdict.outcome is Outcome.PERMANENT
        outcome = Outcome.PERMANENT if known else Outcome.TEMPORARY
        return Verdict(outcome, f"no access token: {verdict.reason}", None, verdict.retry_after_s)

    def _take_token(
        self, status: int, headers: dict[str, str], body: bytes, now_ns: int
    ) -> Verdict:
        verdict = _CODES.judge(status, headers, body, now_ns)
        if verdict.outcome is Outcome.ACCEPTED:
            self._token = str(msgspec.json.decode(body).get("access_token") or "")
        return verdict

    async def _send(self, out: Outgoing, now_ns: int) -> Verdict:
        url = f"{self._settings.url}/cgi-bin/message/send?access_token={self._token}"
        body = msgspec.json.encode(self._message(out))
        request = Request(url, body, {"content-type": "application/json"})
        return await self._caller.call(request, self._judge(out.address), now_ns)

    def _judge(self, member: str) -> Callable[[int, dict[str, str], bytes, int], Verdict]:
        def judge(status: int, headers: dict[str, str], body: bytes, now_ns: int) -> Verdict:
            verdict = _CODES.judge(status, headers, body, now_ns)
            if verdict.outcome is Outcome.ACCEPTED and member in _invalid(body):
                return Verdict(Outcome.PERMANENT, f"{member} is no member of this application")
            if _CODES.code(body) in _STALE_TOKEN:
                self._token = ""
            return verdict

        return judge

    def _message(self, out: Outgoing) -> dict[str, object]:
        return {
            "touser": out.address,
            "msgtype": "text",
            "agentid": self._settings.agent_id,
            "text": {"content": text_with_link(out, _BYTES_MAX)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": _REPEAT_S,
        }


def _invalid(body: bytes) -> list[str]:
    said = msgspec.json.decode(body)
    names = f"{said.get('invaliduser') or ''}|{said.get('unlicenseduser') or ''}"
    return names.split("|")


KIND = Kind(
    name="wecom_app",
    zh="企业微信",
    en="WeCom",
    settings=WecomAppSettings,
    make=WecomAppChannel,
    address=_ADDRESS,
    hint="the member's user id in WeCom",
    check=lambda settings: secret.read(settings.secret_file),
)

EXAMPLE = "wang.fang"

RECORDED = (
    Recorded(Outcome.ACCEPTED, '{"errcode":0,"errmsg":"ok","invaliduser":"","msgid":"m1"}'),
    Recorded(Outcome.ACCEPTED, '{"errcode":0,"errmsg":"ok","invaliduser":"li","msgid":"m2"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":0,"errmsg":"ok","invaliduser":"li|wang.fang"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":0,"errmsg":"ok","unlicenseduser":"wang.fang"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":81013,"errmsg":"user & party & tag all invalid"}'),
    Recorded(Outcome.PERMANENT, '{"errcode":60020,"errmsg":"not allow to access from your ip"}'),
    Recorded(Outcome.TEMPORARY, '{"errcode":45009,"errmsg":"api freq out of limit"}'),
    Recorded(Outcome.TEMPORARY, '{"errcode":45033,"errmsg":"api concurrent out of limit"}'),
    Recorded(Outcome.TEMPORARY, '{"errcode":-1,"errmsg":"system busy"}'),
    Recorded(Outcome.UNKNOWN, ""),
    Recorded(Outcome.UNKNOWN, "<html>login</html>"),
    Recorded(Outcome.TEMPORARY, "", 502),
)  # fmt: skip
