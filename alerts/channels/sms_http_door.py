"""What a service in Aliyun's manner pushes to our door: reports on texts, and people's answers.

Each call is a JSON array; the service wants to hear code 0, or it calls again.
Format: Aliyun SMS, HTTP batch push of SmsReport and SmsUp.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from alerts.channels import answer
from alerts.channels.base import Inbound, Outcome, Receipt
from alerts.channels.callback import NEWS_MAX, Call, Heard, Refusal, Refused, behind
from alerts.channels.sms import national

T = TypeVar("T")
_YES = '{"code":0,"msg":"OK"}'
_SAID_LENGTH = 200
_ID_LENGTH = 100


class _Report(Struct):
    """What became of one text; `out_id` is the id that we gave it."""

    out_id: str
    success: bool
    err_code: str = ""
    err_msg: str = ""

    def news(self, now_ns: int) -> Receipt:
        """Delivered, or refused for good: the service has done all the tries there were."""
        outcome = Outcome.DELIVERED if self.success else Outcome.PERMANENT
        said = answer.visible(f"{self.err_code} {self.err_msg}".strip())[:_SAID_LENGTH]
        return Receipt(self.out_id[:_ID_LENGTH], outcome, said, now_ns, f"report/{outcome}")


class _Text(Struct):
    """What a person wrote back; `sequence_id` is the service's own name for it."""

    phone_number: str
    content: str
    sequence_id: str | int

    def news(self, now_ns: int) -> Inbound:
        """The text as a channel's."""
        known, number = str(self.sequence_id)[:_ID_LENGTH], national(self.phone_number)
        return Inbound(known, number, self.content, now_ns)


_SORTS: Mapping[str, type[_Report | _Text]] = {"report": _Report, "up": _Text}


class SmsHttpCallback:
    """Reads `.../SECRET/report` and `.../SECRET/up`, the two addresses to give to the service."""

    def __init__(self, own: str) -> None:
        self._own = own

    def read(self, call: Call, now_ns: int) -> Heard:
        """See `Callback.read`; what cannot be read of a call keeps nobody else's news back."""
        sort = _SORTS.get(behind(self._own, call))
        if sort is None:
            raise Refused(Refusal.MALFORMED, "neither report nor up")
        items = _decoded(call.body, list[Raw])
        if items is None or len(items) > NEWS_MAX:
            raise Refused(Refusal.MALFORMED, f"no JSON array of at most {NEWS_MAX}")
        read = [(item, _decoded(item, sort)) for item in items]
        return Heard(
            news=tuple(found.news(now_ns) for _, found in read if found is not None),
            answer=_YES,
            unread=tuple(bytes(item) for item, found in read if found is None),
        )


def _decoded(raw: bytes | Raw, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
