"""The services that carry messages to people, played on loopback by their own rules.

Each carrier answers as its documents say: it checks the form of a request, its signature
and its rate, shuts for as long as the real one does, and can be told what to answer next.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

from edge.reading import SECOND_NS

KEPT_MAX = 10_000
_HEAD_BYTES_MAX = 16 * 1024
_BODY_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in; `raw_query` is what `query` was read from, as UTF-8."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw_query: str = ""

    def json(self) -> dict[str, object]:
        """The body as a JSON object; empty where it is none."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


@dataclass(frozen=True, slots=True)
class Said:
    """What a carrier answers: `hang` says nothing, `drop` closes without a word."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    drop: bool = False


Rules = Callable[[Asked, int], Said]
"""A carrier's answer to a request at a time; it may keep books of its own."""


class Carrier:
    """Listens on loopback and answers by `script` first, then by its `rules`.

    The last 10,000 requests are in `asked`. `now_ns` tells the time. What really reached
    people, the rules' own `taken` says.
    """

    def __init__(self, rules: Rules, now_ns: Callable[[], int]) -> None:
        self.script: deque[Said] = deque()
        self.asked: deque[Asked] = deque(maxlen=KEPT_MAX)
        self.port = 0
        self._rules = rules
        self._now_ns = now_ns

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Listen on a free port of loopback, and yield it."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD_BYTES_MAX)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self.port
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _request(reader)
            self.asked.append(asked)
            said = self.script.popleft() if self.script else None
            said = said or self._rules(asked, self._now_ns())
            if said.hang:
                await reader.read()  # until the caller has lost patience
            elif not said.drop:
                writer.write(_answer(said))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the caller's affair: it sees a broken connection
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    length = min(int(headers.get("content-length", "0")), _BODY_BYTES_MAX)
    url = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    body = await reader.readexactly(length)
    return Asked(method, url.path, query, headers, body, url.query)


def _answer(said: Said) -> bytes:
    body = said.body.encode()
    lines = [f"HTTP/1.1 {said.status} X", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in said.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Rate:
    """`limit` within `window_s`, and silence for `ban_s` to whoever asks for more."""

    def __init__(self, limit: int, window_s: float, ban_s: float = 0.0) -> None:
        self.bans = 0
        self._limit = limit
        self._window_ns = int(window_s * SECOND_NS)
        self._ban_ns = int(ban_s * SECOND_NS)
        self._times: dict[str, deque[int]] = {}
        self._until_ns: dict[str, int] = {}

    def takes(self, who: str, now_ns: int) -> bool:
        """Whether one more of `who` is taken at `now_ns`."""
        if now_ns < self._until_ns.get(who, 0):
            return False
        times = self._times.setdefault(who, deque())
        while times and times[0] <= now_ns - self._window_ns:
            times.popleft()
        if len(times) >= self._limit:
            self.bans += 1
            self._until_ns[who] = now_ns + self._ban_ns
            return False
        times.append(now_ns)
        return True


class Dingtalk:
    """DingTalk's robots: 20 a minute each, then ten minutes of errcode 130101."""

    def __init__(self, secret: str | None = None, keyword: str = "") -> None:
        self.rate = Rate(20, 60, ban_s=600)
        self.taken: list[dict[str, object]] = []
        self._secret = secret
        self._keyword = keyword

    def __call__(self, asked: Asked, now_ns: int) -> Said:
        """Answer as the robot would."""
        token = asked.query.get("access_token", "")
        if not token:
            return _coded(300001, "token is not exist")
        if not self._is_signed(asked, now_ns):
            return _coded(310000, "sign not match")
        said = asked.json()
        if self._keyword not in json.dumps(said, ensure_ascii=False):
            return _coded(310000, "keywords not in content")
        if not self.rate.takes(token, now_ns):
            return _coded(130101, "send too fast, exceed 20 times per minute")
        self.taken.append(said)
        return _coded(0, "ok")

    def _is_signed(self, asked: Asked, now_ns: int) -> bool:
        if self._secret is None:
            return True
        at = asked.query.get("timestamp", "0")
        good = base64.b64encode(
            hmac.digest(self._secret.encode(), f"{at}\n{self._secret}".encode(), hashlib.sha256)
        ).decode()
        fresh = abs(now_ns // 1_000_000 - int(at)) <= 3_600_000  # noqa: PLR2004  (an hour in ms)
        return fresh and hmac.compare_digest(good, asked.query.get("sign", ""))


class Feishu:
    """Feishu's robots: 100 a minute and 5 a second each, code 11232 beyond."""

    def __init__(self, secret: str | None = None) -> None:
        self.minute = Rate(100, 60)
        self.second = Rate(5, 1)
        self.taken: list[dict[str, object]] = []
        self._secret = secret

    def __call__(self, asked: Asked, now_ns: int) -> Said:
        """Answer as the robot would."""
        said, token = asked.json(), asked.path.rpartition("/")[2]
        if "msg_type" not in said:
            return Said('{"code":9499,"msg":"Bad Request","data":{}}')
        if not self._is_signed(said, now_ns):
            return Said(
                '{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}'
            )
        if not (self.second.takes(token, now_ns) and self.minute.takes(token, now_ns)):
            return Said('{"code":11232,"msg":"frequency limited"}')
        self.taken.append(said)
        return Said('{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}')

    def _is_signed(self, said: dict[str, object], now_ns: int) -> bool:
        if self._secret is None:
            return True
        at = str(said.get("timestamp", "0"))
        key = f"{at}\n{self._secret}".encode()
        good = base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()
        fresh = abs(now_ns // SECOND_NS - int(at)) <= 3_600  # noqa: PLR2004  (an hour)
        return fresh and hmac.compare_digest(good, str(said.get("sign", "")))


class WecomBot:
    """WeCom's robots: 20 a minute each, errcode 45009 beyond."""

    def __init__(self) -> None:
        self.rate = Rate(20, 60)
        self.taken: list[dict[str, object]] = []

    def __call__(self, asked: Asked, now_ns: int) -> Said:
        """Answer as the robot would."""
        said, key = asked.json(), asked.query.get("key", "")
        content = said.get(str(said.get("msgtype")), {})
        text = content.get("content", "") if isinstance(content, dict) else ""
        limit = {"text": 2_048, "markdown": 4_096}.get(str(said.get("msgtype")))
        if not key:
            return _coded(93000, "invalid webhook url")
        if limit is None:
            return _coded(40008, "invalid message type")
        if not 0 < len(str(text).encode()) <= limit:
            return _coded(40058, f"content exceed max length {limit}")
        if not self.rate.takes(key, now_ns):
            return _coded(45009, "api freq out of limit")
        self.taken.append(said)
        return _coded(0, "ok")


class WecomApp:
    """One WeCom application: tokens that end, members, and repeats that are dropped."""

    def __init__(self, members: tuple[str, ...]) -> None:
        self.taken: list[dict[str, object]] = []
        self.token = ""
        self._members = members
        self._logins = 0

    def __call__(self, asked: Asked, now_ns: int) -> Said:
        """Answer as the application's door would; a changed `token` ends the old one."""
        del now_ns
        if asked.path.endswith("/gettoken"):
            self._logins += 1
            self.token = f"token-{self._logins}"
            body = {"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": 7200}
            return Said(json.dumps(body))
        if asked.query.get("access_token") != self.token:
            return _coded(42001, "access_token expired")
        said = asked.json()
        if said.get("touser") not in self._members:
            return _coded(81013, "user & party & tag all invalid")
        if said not in self.taken:
            self.taken.append(said)
        return Said('{"errcode":0,"errmsg":"ok","invaliduser":"","msgid":"m1"}')


class SmsService:
    """An SMS service in Aliyun's manner: signed requests, and one text a number and minute."""

    def __init__(self, secret: str) -> None:
        self.rate = Rate(1, 60)
        self.taken: list[dict[str, str]] = []
        self._secret = secret

    def __call__(self, asked: Asked, now_ns: int) -> Said:
        """Answer as the service would."""
        said = {name: values[-1] for name, values in parse_qs(asked.body.decode()).items()}
        signature = said.pop("Signature", "")
        if not hmac.compare_digest(self._signature(said), signature):
            return Said('{"Code":"SignatureDoesNotMatch","Message":"no match"}', 400)
        if any("http" in value for value in json.loads(said["TemplateParam"]).values()):
            return Said('{"Code":"isv.PARAM_NOT_SUPPORT_URL","Message":"不支持URL"}')
        if not self.rate.takes(said["PhoneNumbers"], now_ns):
            return Said('{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发分钟级流控Permits:1"}')
        self.taken.append(said)
        return Said('{"Code":"OK","Message":"OK","BizId":"9006^0","RequestId":"F6"}')

    def _signature(self, said: Mapping[str, str]) -> str:
        query = "&".join(
            f"{quote(key, safe='-_.~')}={quote(said[key], safe='-_.~')}" for key in sorted(said)
        )
        text = f"POST&%2F&{quote(query, safe='-_.~')}".encode()
        key = f"{self._secret}&".encode()
        return base64.b64encode(hmac.digest(key, text, hashlib.sha1)).decode()


def _coded(code: int, message: str) -> Said:
    return Said(json.dumps({"errcode": code, "errmsg": message}, ensure_ascii=False))
