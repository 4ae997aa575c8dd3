"""Answers of services that say in a JSON body whether they took a message.

They answer HTTP 200 to a refusal as well, so only the provider's own word of success is
believed: a 200 with anything else in it (a login page of the network, an empty body) is
UNKNOWN, and a refusal is final unless its code is known to pass by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from alerts.channels import answer
from alerts.channels.base import Outcome, Verdict

_EXCERPT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer as the provider gives it, and what it means for the message."""

    outcome: Outcome
    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Codes:
    """One provider's codes: `key` holds the code, `taken` is success, `passing` will pass.

    `passing` maps a code to the seconds that the provider wants to be left alone (0: it does
    not say). `message` and `message_id` are keys too; codes are compared as text.
    """

    key: str
    message: str
    taken: str = "0"
    passing: Mapping[str, float] = field(default_factory=dict)
    message_id: str = ""

    def code(self, body: bytes) -> str | None:
        """The code in an answer; None where it bears none."""
        said = _table(body)
        return None if said is None or self.key not in said else str(said[self.key])

    def judge(self, status: int, headers: dict[str, str], body: bytes, now_ns: int) -> Verdict:
        """What became of the message; see `answer.judge` for the arguments."""
        if not 200 <= status < 300:  # noqa: PLR2004  (RFC 9110, 15.3)
            return answer.judge(status, headers, body, now_ns)
        said = _table(body)
        code = self.code(body)
        if said is None or code is None:
            return Verdict(Outcome.UNKNOWN, f"HTTP {status}, but no answer of the service in it")
        if code == self.taken:
            provider_id = str(said.get(self.message_id) or "")[:128]
            return Verdict(Outcome.ACCEPTED, f"code {code}", provider_id or None)
        words = str(said.get(self.message, ""))[:_EXCERPT_LENGTH]
        reason = f"refused: {code[:32]} {answer.visible(words)}".strip()
        if code not in self.passing:
            return Verdict(Outcome.PERMANENT, reason)
        return Verdict(Outcome.TEMPORARY, reason, retry_after_s=self.passing[code] or None)


def _table(body: bytes) -> dict[str, object] | None:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
