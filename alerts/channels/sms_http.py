"""Text messages through an HTTP service signed in Aliyun's manner (阿里云短信, RPC style).

Such services send only templates that they have approved, with variables of at most 35
characters and no links, so a plan's words go into the variables by name. OutId carries our
id and comes back in the provider's records; a try whose answer never came may be seen twice.
Format: Aliyun SMS, SendSms 2017-05-25, and its signature method HMAC-SHA1.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec
from pydantic import Field, SecretStr

from alerts.budget import Budget
from alerts.channels import secret
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.callback import CallbackSettings
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.coded import Codes, Recorded
from alerts.channels.sms_http_door import SmsHttpCallback
from alerts.message import plain
from edge.reading import SECOND_NS

_VARIABLE_UNITS_MAX = 35
_CODES = Codes(
    "Code",
    "Message",
    taken="OK",
    message_id="BizId",
    passing={
        "isp.SYSTEM_ERROR": 0.0,
        "isv.BUSINESS_LIMIT_CONTROL": 60.0,
        "Throttling": 10.0,
        "Throttling.User": 10.0,
        "ServiceUnavailable": 10.0,
        "InternalError": 0.0,
    },
)
_NUMBER = re.compile(r"\+?[0-9]{5,20}")


class SmsHttpSettings(CallerSettings):
    """One account: `secret_file` holds the access key's secret, in one line.

    `variables` says what goes into the template's variables: each is the name of a part of a
    message: tier, place, title, short, code, at. Without `callback` nothing is ever known to be
    delivered, and no answers come in.
    """

    access_key_id: str = Field(pattern=r"^[\w-]{8,64}$")
    secret_file: Path
    sign_name: str = Field(min_length=2, max_length=20)
    template: str = Field(pattern=r"^\w{3,32}$")
    variables: dict[str, str] = Field(
        default_factory=lambda: {"place": "place", "title": "title", "code": "code"}, max_length=10
    )
    url: str = Field(default="https://dysmsapi.aliyuncs.com", pattern=r"^https?://[^\s/]+$")
    callback: CallbackSettings | None = None


class SmsHttpChannel:
    """Sends one template from one account."""

    name = "sms_http"

    def __init__(self, settings: SmsHttpSettings) -> None:
        self._settings = settings
        self._secret = secret.read(settings.secret_file)
        self._caller = Caller(settings)

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Ask once; ACCEPTED only when the service says Code OK."""
        if not _NUMBER.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, f"no phone number: write {KIND.hint}")
        asked = self._parameters(out, now_ns)
        signed = asked | {"Signature": sign("POST", asked, self._secret)}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = Request(f"{self._settings.url}/", urlencode(signed).encode(), headers)
        return await self._caller.call(request, _judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()

    def _parameters(self, out: Outgoing, now_ns: int) -> dict[str, str]:
        settings, at = self._settings, datetime.fromtimestamp(now_ns // SECOND_NS, UTC)
        return {
            "AccessKeyId": settings.access_key_id,
            "Action": "SendSms",
            "Format": "JSON",
            "OutId": out.idempotency_id,
            "PhoneNumbers": out.address,
            "SignName": settings.sign_name,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": f"{out.idempotency_id}-{now_ns}",
            "SignatureVersion": "1.0",
            "TemplateCode": settings.template,
            "TemplateParam": self._variables(out),
            "Timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "Version": "2017-05-25",
        }

    def _variables(self, out: Outgoing) -> str:
        data = out.payload.get("data")
        parts = data if isinstance(data, Mapping) else {}
        filled = {
            name: plain(str(parts.get(part, "")), _VARIABLE_UNITS_MAX)
            for name, part in self._settings.variables.items()
        }
        return msgspec.json.encode(filled).decode()


def _judge(status: int, headers: dict[str, str], body: bytes, now_ns: int) -> Verdict:
    """As the codes say: this service names them in the body of an HTTP error too."""
    if body[:1] == b"{" and status < 500:  # noqa: PLR2004  (RFC 9110, 15.6)
        return _CODES.judge(200, headers, body, now_ns)
    return _CODES.judge(status, headers, body, now_ns)


def sign(method: str, parameters: Mapping[str, str], key: SecretStr) -> str:
    """The signature of a request, in base64, over its parameters in their order."""
    pairs = [f"{_quoted(key)}={_quoted(value)}" for key, value in sorted(parameters.items())]
    text = f"{method}&{_quoted('/')}&{_quoted('&'.join(pairs))}"
    signing = f"{key.get_secret_value()}&".encode()
    return base64.b64encode(hmac.digest(signing, text.encode(), hashlib.sha1)).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _callback(settings: SmsHttpSettings) -> SmsHttpCallback | None:
    return SmsHttpCallback(settings.callback.secret()) if settings.callback else None


KIND = Kind(
    name="sms_http",
    zh="短信平台",
    en="SMS service",
    settings=SmsHttpSettings,
    make=SmsHttpChannel,
    address=_NUMBER,
    hint="a phone number in digits",
    short=True,
    budgets=(Budget(limit=1, window="1 min", kept=0.0), Budget(limit=45, window="1 d")),  # 50 a day
    check=lambda settings: (secret.read(settings.secret_file), _callback(settings)),
    callback=_callback,
)

EXAMPLE = "13800000001"

RECORDED = (
    Recorded(Outcome.ACCEPTED, '{"Code":"OK","Message":"OK","BizId":"9006^0","RequestId":"F6"}'),
    Recorded(Outcome.TEMPORARY, '{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发分钟级流控"}'),
    Recorded(Outcome.TEMPORARY, '{"Code":"isp.SYSTEM_ERROR","Message":"请重试"}'),
    Recorded(Outcome.TEMPORARY, '{"Code":"Throttling.User","Message":"flow control"}', 400),
    Recorded(Outcome.PERMANENT, '{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"非法手机号"}'),
    Recorded(Outcome.PERMANENT, '{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"账户余额不足"}'),
    Recorded(Outcome.PERMANENT, '{"Code":"isv.PARAM_NOT_SUPPORT_URL","Message":"不支持URL"}'),
    Recorded(Outcome.PERMANENT, '{"Code":"isv.SMS_TEMPLATE_ILLEGAL","Message":"模板不合法"}'),
    Recorded(Outcome.PERMANENT, '{"Code":"isv.BLACK_KEY_CONTROL_LIMIT","Message":"黑名单"}'),
    Recorded(Outcome.PERMANENT, '{"Code":"SignatureDoesNotMatch","Message":"no match"}', 400),
    Recorded(Outcome.PERMANENT, '{"Code":"InvalidAccessKeyId.NotFound","Message":""}', 404),
    Recorded(Outcome.UNKNOWN, ""),
    Recorded(Outcome.UNKNOWN, "<html>login</html>"),
    Recorded(Outcome.TEMPORARY, "", 503),
    Recorded(Outcome.PERMANENT, "", 302, {"location": "https://login.example/"}),
)  # fmt: skip
