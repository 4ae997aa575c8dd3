"""What an HTTP answer to a webhook means.

The status line alone is not believed: several Chinese chat services answer 200 and refuse
in the body. A refusal taken for a success would leave a resident alone.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from alerts.channels.base import Outcome, Verdict
from edge.reading import SECOND_NS

EXCERPT_LENGTH = 200
RETRY_AFTER_S_MAX = 86_400.0

_BY_STATUS = {
    408: (Outcome.TEMPORARY, "request timed out"),
    410: (Outcome.PERMANENT, "gone: the endpoint asks to be disabled"),
    425: (Outcome.TEMPORARY, "too early"),
    429: (Outcome.TEMPORARY, "too many requests"),
}
_BY_CLASS = {
    2: (Outcome.ACCEPTED, ""),
    3: (Outcome.PERMANENT, "redirects are not followed; write the final address"),
    4: (Outcome.PERMANENT, "refused"),
    5: (Outcome.TEMPORARY, "server error"),
}
# Refusals inside a 2xx body that end by themselves; every other code is final.
_PASSING_CODES = {
    -1: "system busy",  # WeCom, DingTalk
    130101: "sending too fast",  # DingTalk bot, 20 a minute, then banned for ten
    45009: "sending too fast",  # WeCom bot, 20 a minute
    11232: "sending too fast",  # Feishu bot, 100 a minute
}
_CODE_KEYS = ("errcode", "code")
_MESSAGE_KEYS = ("errmsg", "msg", "message")
_FINE = frozenset({"", "0", "ok", "success"})


def judge(status: int, headers: dict[str, str], body: bytes, now_ns: int) -> Verdict:
    """What became of the message; `headers` have lower-case names, `body` may be cut short.

    1xx and other statuses that are no final answer are UNKNOWN.
    """
    outcome, meaning = _BY_STATUS.get(status) or _BY_CLASS.get(
        status // 100, (Outcome.UNKNOWN, "not a final answer")
    )
    if outcome is Outcome.ACCEPTED:
        return _refusal(status, body) or Verdict(Outcome.ACCEPTED, f"HTTP {status}")
    reason = f"HTTP {status}: {meaning}" + (f": {_excerpt(body)}" if body else "")
    retry_after_s = None
    if outcome is Outcome.TEMPORARY:
        retry_after_s = _retry_after_s(headers.get("retry-after", ""), now_ns)
    return Verdict(outcome, reason, retry_after_s=retry_after_s)


def _refusal(status: int, body: bytes) -> Verdict | None:
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    code = next((answer[key] for key in _CODE_KEYS if _refuses(answer.get(key))), None)
    if code is None:
        return None
    outcome = Outcome.TEMPORARY if _number(code) in _PASSING_CODES else Outcome.PERMANENT
    said = next((str(answer[key]) for key in _MESSAGE_KEYS if answer.get(key)), "")
    return Verdict(outcome, f"HTTP {status}, but the body refuses: {code} {said[:EXCERPT_LENGTH]}")


def _refuses(code: Any) -> bool:
    if isinstance(code, str):
        return code.strip().lower() not in _FINE
    return isinstance(code, int | float) and not isinstance(code, bool) and code != 0


def _number(code: Any) -> int | None:
    try:
        return int(code)
    except (ValueError, OverflowError):
        return None


def _retry_after_s(text: str, now_ns: int) -> float | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3), cut to a day; None where neither."""
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text), RETRY_AFTER_S_MAX)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait_s = date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now_ns / SECOND_NS
    return min(max(wait_s, 0.0), RETRY_AFTER_S_MAX)


def _excerpt(body: bytes) -> str:
    return visible(body[: 4 * EXCERPT_LENGTH].decode("utf-8", "replace"))[:EXCERPT_LENGTH]


def visible(text: str) -> str:
    """`text` with a blank for every sign that could forge a line of a log."""
    return "".join(c if c.isprintable() else " " for c in text)
